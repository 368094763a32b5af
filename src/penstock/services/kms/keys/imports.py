"""Material that its owner brings along, wrapped with a public key that is good for a day.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html
"""

import base64
import hashlib
import hmac
from typing import NamedTuple

import orjson

from penstock.errors import SealError
from penstock.services.kms.errors import expired_import_token, incorrect_material, invalid_import_token
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import FIRST, Material, add_material
from penstock.services.kms.keys.secrets import random_bytes
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

TOKEN_MS = 86_400_000

_DIGEST = "MaterialDigest"
_PREFIX = "penstock:1:"


class Token(NamedTuple):
    """What an import token holds, sealed: with which private key, and how, the material is unwrapped."""

    private: bytes
    algorithm: str


def seal_token(tx: ReadTx, key: Key, token: Token, until_ms: int) -> bytes:
    """Returns the token, good for this key and until then."""
    private = base64.b64encode(token.private).decode()
    text = orjson.dumps([private, token.algorithm, until_ms]).decode()
    return tx.sealer.seal(text, _owner(key)).encode()


def open_token(tx: ReadTx, key: Key, blob: bytes) -> Token:
    """Returns what the token holds; AwsError."""
    try:
        text = blob.decode("ascii")
        if not text.startswith(_PREFIX):
            raise invalid_import_token()
        private, algorithm, until_ms = orjson.loads(tx.sealer.unseal(text, _owner(key)))
    except (SealError, UnicodeDecodeError):
        raise invalid_import_token() from None
    if until_ms <= tx.now_ms:
        raise expired_import_token()
    return Token(base64.b64decode(private), algorithm)


def keep_imported(tx: Tx, key: Key, secret: bytes, expires_ms: int | None) -> None:
    """Puts the material into use; AwsError when the key needs other, or had other before."""
    digest, known = hashlib.sha256(secret).hexdigest(), key.settings.get(_DIGEST)
    fits = len(secret) == random_bytes(key.spec)
    if not fits or (known is not None and not hmac.compare_digest(known, digest)):
        raise incorrect_material()
    tx.run(Q.delete_materials, key.id)
    add_material(tx, key, Material(FIRST, secret), on_demand=False, at_ms=tx.now_ms)
    settings = orjson.dumps({**key.settings, _DIGEST: digest}).decode()
    tx.run(Q.put_import, 1, expires_ms, settings, key.id)


def forget_imported(tx: Tx, key: Key) -> None:
    """Takes the material away; the same may be imported again, and no other."""
    tx.run(Q.delete_materials, key.id)
    tx.run(Q.put_import, 0, None, orjson.dumps(dict(key.settings)).decode(), key.id)


def _owner(key: Key) -> str:
    return f"{key.arn}:import"
