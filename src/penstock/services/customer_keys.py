"""KMS's keys, as the services see them that encrypt on somebody's behalf.

What is encrypted so is opened only by whom the key lets in, through the service that encrypted it, under the same
encryption context. Everything is done within the transaction that stores or reads what is encrypted, so that nothing
is stored under a key that its owner has just taken away.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/service-integration.html
"""

import base64
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from penstock.access import Principal
from penstock.errors import AwsError
from penstock.server import Call
from penstock.store import ReadTx, Tx

EncryptionContext = Mapping[str, str]

_PREFIX = "penstock:kms:1:"


class KeyUser(NamedTuple):
    """On whose behalf a service uses keys. What is not an ARN names a key or alias of ``account`` in ``region``."""

    principal: Principal
    service: str
    account: str
    region: str

    @classmethod
    def of(cls, call: Call) -> "KeyUser":
        """Returns who makes the call, through the service that is called."""
        return cls(call.principal, call.service, call.account, call.region)


class DataKey(NamedTuple):
    """A new key: 32 bytes as they are, the same encrypted with the key whose ARN is ``key_arn``."""

    secret: bytes
    blob: bytes
    key_arn: str


class KeyRefusal(AwsError):
    """KMS did not let a key be used, in its own words: AccessDeniedException, DisabledException and the like."""


class KeyKeeper(Protocol):
    """The service that keeps keys. Each is weighed as KMS's operation is that it is named for; KeyRefusal."""

    def weigh(self, tx: ReadTx, user: KeyUser, name: str, action: str, context: EncryptionContext) -> None:
        """Returns when the user may do ``kms:action`` with the key that is called so, and the key is fit for it."""

    def generate_data_key(self, tx: Tx, user: KeyUser, name: str, context: EncryptionContext) -> DataKey:
        """Returns a new data key, encrypted with the key that is called so."""

    def encrypt(
        self, tx: Tx, user: KeyUser, name: str, context: EncryptionContext, plaintext: bytes
    ) -> bytes:
        """Returns the ciphertext of 4,096 bytes at most."""

    def decrypt(self, tx: ReadTx, user: KeyUser, blob: bytes, context: EncryptionContext) -> bytes:
        """Returns what was encrypted, a data key or a plaintext."""

    def decrypt_granted(self, tx: ReadTx, blob: bytes, context: EncryptionContext) -> bytes:
        """Returns the same for a service that was given the right when the key was chosen, by ``kms:CreateGrant``.

        It ends when the key is disabled or deleted.
        """


class CustomerKeys:
    """The place where the one service that keeps keys is found by the others, whichever was made first."""

    keeper: KeyKeeper


def seal(keys: CustomerKeys, tx: Tx, user: KeyUser, name: str, context: EncryptionContext, text: str) -> str:
    """Returns ``text`` sealed with a data key of its own, which lies beside it, encrypted; KeyRefusal."""
    return sealed_by(keys, tx, user, name, context, text)[0]


def sealed_by(
    keys: CustomerKeys, tx: Tx, user: KeyUser, name: str, context: EncryptionContext, text: str
) -> tuple[str, str]:
    """Returns the same, and the ARN of the key that did it."""
    made = keys.keeper.generate_data_key(tx, user, name, context)
    blob = base64.b64encode(made.blob).decode()
    return f"{_PREFIX}{blob}:{tx.sealer.under(made.secret).seal(text, _owner(context))}", made.key_arn


def unseal(keys: CustomerKeys, tx: ReadTx, user: KeyUser, stored: str, context: EncryptionContext) -> str:
    """Returns the text that was sealed under the same context; KeyRefusal."""
    blob, sealed = _parts(stored)
    secret = keys.keeper.decrypt(tx, user, blob, context)
    return tx.sealer.under(secret).unseal(sealed, _owner(context))


def unseal_granted(keys: CustomerKeys, tx: ReadTx, stored: str, context: EncryptionContext) -> str:
    """Returns the text for a service that was given the right when the key was chosen; KeyRefusal."""
    blob, sealed = _parts(stored)
    secret = keys.keeper.decrypt_granted(tx, blob, context)
    return tx.sealer.under(secret).unseal(sealed, _owner(context))


def is_sealed(stored: str) -> bool:
    """Returns whether ``seal`` made it."""
    return stored.startswith(_PREFIX)


def _parts(stored: str) -> tuple[bytes, str]:
    blob, _, sealed = stored.removeprefix(_PREFIX).partition(":")
    return base64.b64decode(blob), sealed


def _owner(context: EncryptionContext) -> str:
    return ";".join(f"{name}={context[name]}" for name in sorted(context))
