"""What SecureStrings are encrypted with: the customer's key that they name, else the server's own.

A standard parameter is encrypted with the key itself, an advanced one with a data key.

Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
"""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.server import Call
from penstock.services.customer_keys import CustomerKeys, KeyRefusal, KeyUser, is_sealed, seal, unseal
from penstock.services.ssm.errors import key_refused
from penstock.services.ssm.parameters.names import Key, parameter_arn
from penstock.services.ssm.parameters.parameter import DEFAULT_KEY, SECURE, Parameter, Version
from penstock.services.ssm.state import SsmState
from penstock.store import ReadTx, Tx

_SEALED_BY_SERVER = "penstock:1:"


class Cipher(NamedTuple):
    """Encrypts and decrypts values on behalf of a caller, who must be allowed to use the parameter's key."""

    keys: CustomerKeys
    user: KeyUser

    @classmethod
    def of(cls, ssm: SsmState, call: Call) -> "Cipher":
        """Returns what encrypts for whoever makes the call."""
        return cls(ssm.keys, KeyUser.of(call))

    def seal(self, tx: Tx, key: Key, settings: Mapping[str, Any], value: str) -> str:
        """Returns ``value`` as it is stored; AwsError."""
        if settings["Type"] != SECURE:
            return value
        name = settings["KeyId"]
        if name == DEFAULT_KEY:
            return tx.sealer.seal(value, parameter_arn(key))
        try:
            if settings["Tier"] == "Standard":
                blob = self.keys.keeper.encrypt(tx, self.user, name, _context(key), value.encode())
                return base64.b64encode(blob).decode()
            return seal(self.keys, tx, self.user, name, _context(key), value)
        except KeyRefusal as refusal:
            raise key_refused(refusal) from None

    def shown(self, tx: ReadTx, parameter: Parameter, version: Version, *, decrypted: bool) -> str:
        """Returns the value of the version, a SecureString's as it is stored unless ``decrypted``; AwsError."""
        if not (version.is_secure and decrypted):
            return version.value
        if version.value.startswith(_SEALED_BY_SERVER):
            return tx.sealer.unseal(version.value, parameter.arn)
        context = _context(parameter.key)
        try:
            if is_sealed(version.value):
                return unseal(self.keys, tx, self.user, version.value, context)
            blob = base64.b64decode(version.value)
            return self.keys.keeper.decrypt(tx, self.user, blob, context).decode()
        except KeyRefusal as refusal:
            raise key_refused(refusal) from None


def _context(key: Key) -> dict[str, str]:
    return {"PARAMETER_ARN": parameter_arn(key)}
