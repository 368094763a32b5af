"""What a secret's values are encrypted with: the customer's key that it names, else the server's own.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

import base64
from typing import NamedTuple

import orjson

from penstock.server import Call
from penstock.services.customer_keys import CustomerKeys, KeyRefusal, KeyUser, is_sealed, seal, unseal
from penstock.services.secretsmanager.errors import cannot_decrypt, cannot_encrypt
from penstock.services.secretsmanager.secrets.secret import Secret
from penstock.services.secretsmanager.state import SecretsState
from penstock.store import ReadTx, Tx

Value = dict[str, str | bytes]
"""``SecretString`` or ``SecretBinary``."""


class Cipher(NamedTuple):
    """Encrypts and decrypts values on behalf of a caller, who must be allowed to use the secret's key."""

    keys: CustomerKeys
    user: KeyUser

    @classmethod
    def of(cls, state: SecretsState, call: Call) -> "Cipher":
        """Returns what encrypts for whoever makes the call."""
        return cls(state.keys, KeyUser.of(call))

    def seal(self, tx: Tx, secret: Secret, version: str, value: Value) -> str:
        """Returns the value of a version as it is stored; AwsError."""
        text = orjson.dumps(
            {
                name: base64.b64encode(part).decode() if isinstance(part, bytes) else part
                for name, part in value.items()
            }
        ).decode()
        key = secret.settings.get("KmsKeyId")
        if not key:
            return tx.sealer.seal(text, _owner(secret, version))
        account, region = secret.place
        user = self.user._replace(account=account, region=region)
        try:
            return seal(self.keys, tx, user, key, _context(secret, version), text)
        except KeyRefusal as refusal:
            raise cannot_encrypt(refusal) from None

    def open(self, tx: ReadTx, secret: Secret, version: str, stored: str) -> Value:
        """Returns the value as it was given; AwsError."""
        value: dict[str, str] = orjson.loads(self._text(tx, secret, version, stored))
        return {
            name: base64.b64decode(part) if name == "SecretBinary" else part for name, part in value.items()
        }

    def _text(self, tx: ReadTx, secret: Secret, version: str, stored: str) -> str:
        if not is_sealed(stored):
            return tx.sealer.unseal(stored, _owner(secret, version))
        user = self.user._replace(region=secret.place[1])
        try:
            return unseal(self.keys, tx, user, stored, _context(secret, version))
        except KeyRefusal as refusal:
            raise cannot_decrypt(refusal) from None


def _owner(secret: Secret, version: str) -> str:
    return f"{secret.arn}:{version}"


def _context(secret: Secret, version: str) -> dict[str, str]:
    return {"SecretARN": secret.arn, "SecretVersionId": version}
