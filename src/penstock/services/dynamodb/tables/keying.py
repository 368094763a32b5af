"""Tables under a key of KMS: their items lie sealed with a table key, which lies beside them, encrypted.

A caller's right to the key holds for five minutes once it was looked at, as at AWS; the table key stays the same when
the key of KMS is another.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html,
https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
"""

import base64
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock.access import Principal
from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.customer_keys import (
    EncryptionContext,
    KeyRefusal,
    KeyUser,
    is_sealed,
    sealed_by,
    unseal,
    unseal_granted,
)
from penstock.services.dynamodb.arns import Key
from penstock.services.dynamodb.errors import inaccessible, invalid
from penstock.services.dynamodb.state import TableKeys
from penstock.services.dynamodb.tables.table import Sealing, Table
from penstock.store import ReadTx, Tx

if TYPE_CHECKING:
    pass

_MANAGED = "alias/aws/dynamodb"
_CIPHER = "dynamodb.cipher"
_SECRET_BYTES = 32
_NONCE_BYTES = 12
_LASTS_MS = 300_000
_MAX_OPENED = 10_000  # a bound on memory: past it everybody is looked at anew
_NAMES = ("SSEDescription", "sealing")


class Cipher:
    """Seals the items of one table, and opens them; what was stored before there was a key is opened as it is."""

    def __init__(self, secret: bytes, uid: str) -> None:
        # Imported when a table has a key: it takes longer than many servers' whole first request.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aead: AESGCM = AESGCM(secret)
        self._owner = uid.encode()

    def seal(self, ids: Ids, data: bytes) -> bytes:
        """Returns an item's bytes as they are stored."""
        nonce = ids.bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data, self._owner)

    def open(self, stored: bytes) -> bytes:
        """Returns the item's bytes."""
        return self._aead.decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], self._owner)


class Opener(NamedTuple):
    """On whose behalf tables are opened; None: DynamoDB's own, which was given the right when the key was chosen."""

    keys: TableKeys
    principal: Principal | None

    def open(self, tx: ReadTx, table: Table) -> None:
        """Returns when the table's items can be read and written, in this transaction and for a while; AwsError."""
        sealing = table.sealing
        if sealing is None:
            return
        try:
            if is_sealed(sealing.secret):
                self._weigh(tx, table, sealing)
            tx.cached(_CIPHER, sealing.uid, partial(_cipher, self.keys, table.key, sealing))
        except KeyRefusal as refusal:
            raise inaccessible(refusal) from None

    def _weigh(self, tx: ReadTx, table: Table, sealing: Sealing) -> None:
        # The whole principal: sessions of one name may differ in what they may.
        opened, who = self.keys.opened, (sealing.secret, self.principal)
        if opened.get(who, 0) > tx.now_ms:
            return
        customer, context = self.keys.customer, context_of(table.key)
        if self.principal is None:
            unseal_granted(customer, tx, sealing.secret, context)
        else:
            account, region, _ = table.key
            user = KeyUser(self.principal, "dynamodb", account, region)
            unseal(customer, tx, user, sealing.secret, context)
        if len(opened) >= _MAX_OPENED:
            opened.clear()
        opened[who] = tx.now_ms + _LASTS_MS


def cipher_of(tx: ReadTx, table: Table) -> Cipher | None:
    """Returns what seals the table's items, None when nothing does; the transaction has opened it."""
    if table.sealing is None:
        return None
    return tx.cached(_CIPHER, table.sealing.uid, _shut)


def wanted_key(params: Params) -> str | None:
    """Returns the key that an ``SSESpecification`` names, None when it wants none; ValidationException."""
    specification = params.get("SSESpecification") or {}
    key: str | None = specification.get("KMSMasterKeyId") or None
    if not specification.get("Enabled"):
        if key or specification.get("SSEType"):
            raise invalid("SSEType and KMSMasterKeyId can only be specified when SSE is enabled")
        return None
    if specification.get("SSEType") == "AES256":
        raise invalid("SSEType AES256 is not supported.")
    return key or _MANAGED


def new_sealing(tx: Tx, keys: TableKeys, call: Call, key: Key, kms_key: str) -> dict[str, Any]:
    """Returns the settings of a table with a new table key; AwsError."""
    return _settings(tx, keys, call, key, (tx.ids.hex(16), kms_key), tx.ids.bytes(_SECRET_BYTES))


def changed_sealing(tx: Tx, keys: TableKeys, call: Call, table: Table, kms_key: str | None) -> dict[str, Any]:
    """Returns the table's settings under another key; None: the server's own, which asks nobody. AwsError."""
    sealing = table.sealing
    settings = {name: value for name, value in table.settings.items() if name not in _NAMES}
    if sealing is None:
        if kms_key is None:
            return settings
        raise invalid("SSESpecification cannot be used so: a table gets its key when it is created here.")
    secret = _opened(tx, keys, call, table.key, sealing)
    if kms_key is None:
        kept = tx.sealer.seal(base64.b64encode(secret).decode(), sealing.uid)
        return {**settings, "sealing": {"uid": sealing.uid, "secret": kept}}
    return {**settings, **_settings(tx, keys, call, table.key, (sealing.uid, kms_key), secret)}


def check_plain(table: Table, what: str) -> None:
    """Returns when the table has no key; ValidationException naming ``what`` such tables have not here."""
    if table.sealing is not None:
        raise invalid(f"{what} cannot be used: tables with an SSESpecification have none here.")


def refusal_of(tx: ReadTx, keys: TableKeys, table: Table) -> int | None:
    """Returns since when the table's key is known to be out of reach; None while it is not."""
    sealing = table.sealing
    if sealing is None or not is_sealed(sealing.secret):
        return None
    try:
        unseal_granted(keys.customer, tx, sealing.secret, context_of(table.key))
    except KeyRefusal:
        return keys.missed.setdefault(sealing.uid, tx.now_ms)
    keys.missed.pop(sealing.uid, None)
    return None


def context_of(key: Key) -> EncryptionContext:
    """Returns the encryption context of a table."""
    return {"aws:dynamodb:tableName": key[2], "aws:dynamodb:subscriberId": key[0]}


def _settings(
    tx: Tx, keys: TableKeys, call: Call, key: Key, named: tuple[str, str], secret: bytes
) -> dict[str, Any]:
    uid, kms_key = named
    user, text = KeyUser.of(call), base64.b64encode(secret).decode()
    try:
        keys.customer.keeper.weigh(tx, user, kms_key, "CreateGrant", {})
        sealed, arn = sealed_by(keys.customer, tx, user, kms_key, context_of(key), text)
    except KeyRefusal as refusal:
        raise inaccessible(refusal) from None
    shown = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    return {"sealing": {"uid": uid, "secret": sealed}, "SSEDescription": shown}


def _opened(tx: ReadTx, keys: TableKeys, call: Call, key: Key, sealing: Sealing) -> bytes:
    if not is_sealed(sealing.secret):
        return base64.b64decode(tx.sealer.unseal(sealing.secret, sealing.uid))
    try:
        text = unseal(keys.customer, tx, KeyUser.of(call), sealing.secret, context_of(key))
    except KeyRefusal as refusal:
        raise inaccessible(refusal) from None
    return base64.b64decode(text)


def _cipher(keys: TableKeys, key: Key, sealing: Sealing, tx: ReadTx, uid: str) -> Cipher:
    if is_sealed(sealing.secret):
        text = unseal_granted(keys.customer, tx, sealing.secret, context_of(key))
    else:
        text = tx.sealer.unseal(sealing.secret, uid)
    return Cipher(base64.b64decode(text), uid)


def _shut(tx: ReadTx, uid: str) -> Cipher:
    # The caches began anew between two steps of one request: whoever tries again opens the table again.
    raise AwsError("InternalServerError", "The table's key has to be read again.", status=500)
