"""Keys, as the services use them that encrypt on somebody's behalf: within their transaction, weighed as over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from penstock.access import Keys, Policy, decide, parse_policy
from penstock.errors import AwsError
from penstock.server import Call, Circumstances
from penstock.services.customer_keys import DataKey, EncryptionContext, KeyRefusal, KeyUser
from penstock.services.kms.arns import KeyName, key_name
from penstock.services.kms.errors import invalid_usage, no_alias, no_key, unknown_ciphertext
from penstock.services.kms.keys.authorize import (
    aliases_of,
    brought_by,
    condition_keys,
    context_conditions,
    implied,
    request_alias,
)
from penstock.services.kms.keys.ciphertext import NONCE_BYTES, decrypted, encrypted, read_ciphertext
from penstock.services.kms.keys.key import Key, find_key, find_named, get_key
from penstock.services.kms.keys.making import is_of_service, make_aws_managed, service_of
from penstock.services.kms.keys.material import catch_up, current, opened
from penstock.services.kms.keys.policies import aws_managed_policy, policy_of
from penstock.services.kms.keys.specs import ENCRYPT
from penstock.store import ReadTx, Tx

_DATA_KEY_BYTES = 32
_NEVER_LEAVES: Keys = {"aws:SecureTransport": "true"}  # what a service asks crosses no network


class Keeper:
    """The ``KeyKeeper`` that KMS is.

    A service's request does not leave the server: who allows a key's use under ``aws:SourceIp`` only does not allow
    it to services, as at AWS.
    """

    def weigh(self, tx: ReadTx, user: KeyUser, name: str, action: str, context: EncryptionContext) -> None:
        """Returns when the user may do ``kms:action``; the key that AWS keeps for a service may be made later."""
        with _told():
            wanted = _named(tx, user, action, name)
            if is_of_service(wanted) and find_named(tx, wanted) is None:
                policy = parse_policy(aws_managed_policy(wanted.place, service_of(wanted)), kind="key")
                _check(tx, user, action, _Asked(wanted.arn, wanted, context, policy, {}))
            else:
                _usable(_admitted(tx, user, action, wanted, context), action)

    def generate_data_key(self, tx: Tx, user: KeyUser, name: str, context: EncryptionContext) -> DataKey:
        """Returns a new data key; KeyRefusal."""
        with _told():
            key = _to_encrypt(tx, user, "GenerateDataKey", name, context)
            secret = tx.ids.bytes(_DATA_KEY_BYTES)
            return DataKey(secret, _encrypted(tx, key, secret, context), key.arn)

    def encrypt(
        self, tx: Tx, user: KeyUser, name: str, context: EncryptionContext, plaintext: bytes
    ) -> bytes:
        """Returns the ciphertext; KeyRefusal."""
        with _told():
            return _encrypted(tx, _to_encrypt(tx, user, "Encrypt", name, context), plaintext, context)

    def decrypt(self, tx: ReadTx, user: KeyUser, blob: bytes, context: EncryptionContext) -> bytes:
        """Returns what was encrypted; KeyRefusal."""
        with _told():
            ciphertext = read_ciphertext(blob)
            there = find_key(tx, ciphertext.key_id)
            if there is None or there.place[1] != user.region:
                raise unknown_ciphertext(user.principal.arn or user.principal.service, "kms:Decrypt")
            key = _admitted(tx, user, "Decrypt", KeyName(there.place, f"key/{there.id}"), context)
            return decrypted(ciphertext, opened(tx, _usable(key, "Decrypt"), ciphertext.number), context)

    def decrypt_granted(self, tx: ReadTx, blob: bytes, context: EncryptionContext) -> bytes:
        """Returns what was encrypted, whatever policies say, as long as the key may be used; KeyRefusal."""
        with _told():
            ciphertext = read_ciphertext(blob)
            key = find_key(tx, ciphertext.key_id)
            if key is None:
                raise no_key(ciphertext.key_id)
            return decrypted(ciphertext, opened(tx, _usable(key, "Decrypt"), ciphertext.number), context)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise KeyRefusal(error.code, error.message, status=error.status) from None


def _to_encrypt(tx: Tx, user: KeyUser, action: str, name: str, context: EncryptionContext) -> Key:
    """Returns the key that is to encrypt: made if it is AWS's for the service, rotated if that was due."""
    wanted = _named(tx, user, action, name)
    if is_of_service(wanted) and wanted.place[0] == user.account:
        make_aws_managed(tx, wanted)
    key = _usable(_admitted(tx, user, action, wanted, context), action)
    while key.is_due(tx.now_ms):
        catch_up(tx, key)
        key = get_key(tx, key.id, key.place)
    return key


def _encrypted(tx: Tx, key: Key, plaintext: bytes, context: EncryptionContext) -> bytes:
    return encrypted(key, current(tx, key), tx.ids.bytes(NONCE_BYTES), plaintext, context)


def _usable(key: Key, action: str) -> Key:
    key.check_usable(ENCRYPT, action)
    if not key.is_symmetric:
        raise invalid_usage(key.arn, f"{key.usage} with {key.spec}", action)
    return key


def _named(tx: ReadTx, user: KeyUser, action: str, name: str) -> KeyName:
    return key_name(_call(tx, user, action), name)


def _admitted(tx: ReadTx, user: KeyUser, action: str, name: KeyName, context: EncryptionContext) -> Key:
    """Returns the key that is called so, which the user may use so; AwsError."""
    key = find_named(tx, name)
    if key is None:
        raise no_alias(name.arn) if name.is_alias else no_key(name.arn)
    brought: Keys = {**brought_by(key), **aliases_of(key).find(tx)}
    _check(tx, user, action, _Asked(key.arn, name, context, policy_of(tx, key.id), brought))
    return key


class _Asked(NamedTuple):
    """What is asked of a key's policy: the key is called ``name``, and brings the condition keys ``brought``."""

    key_arn: str
    name: KeyName
    context: EncryptionContext
    policy: Policy
    brought: Keys


def _check(tx: ReadTx, user: KeyUser, action: str, asked: _Asked) -> None:
    """Returns when the user may do ``kms:action``; AwsError ``AccessDeniedException``."""
    call = _call(tx, user, action)
    keys: Keys = {
        **implied(call, action),
        **request_alias(action, asked.name),
        **context_conditions(asked.context),
        **_NEVER_LEAVES,
    }
    circumstances = Circumstances(call, condition_keys, {}, lambda: keys, asked.brought)
    account = asked.name.place[0]
    decision = decide(user.principal, f"kms:{action}", asked.key_arn, circumstances, asked.policy, account)
    if not decision.allowed:
        raise AwsError("AccessDeniedException", decision.reason, status=400)


def _call(tx: ReadTx, user: KeyUser, action: str) -> Call:
    return Call(
        service="kms",
        operation=action,
        account=user.account,
        region=user.region,
        principal=user.principal,
        request_id="",
        now_ms=tx.now_ms,
        source_ip="127.0.0.1",
        endpoint="",
        via=f"{user.service}.amazonaws.com",
    )
