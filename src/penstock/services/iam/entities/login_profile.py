"""A user's password, of which a hash is kept. There is no console: nobody signs in with it."""

import base64
import hashlib
from dataclasses import dataclass
from hmac import compare_digest

import orjson

from penstock.clock import Ids
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_SALT_BYTES = 16
_COST, _BLOCK, _LANES = 2**14, 8, 1  # 16 MiB and some 50 ms each


@dataclass(frozen=True, slots=True)
class LoginProfile:
    """One row of ``iam_login_profile``; ``former`` are the hashes before ``hash``, the latest first."""

    user_id: str
    hash: str
    former: tuple[str, ...]
    reset_required: bool
    created_ms: int
    changed_ms: int


def find_login_profile(tx: ReadTx, user_id: str) -> LoginProfile | None:
    """Returns the user's login profile, or None."""
    row = tx.one(Q.find_login_profile, user_id)
    if row is None:
        return None
    user, digest, former, reset_required, created_ms, changed_ms = row
    return LoginProfile(
        user, digest, tuple(orjson.loads(former)), bool(reset_required), created_ms, changed_ms
    )


def new_salt(ids: Ids) -> bytes:
    """Returns what makes the hash of a password differ from that of the same one elsewhere."""
    return ids.bytes(_SALT_BYTES)


def hashed(password: str, salt: bytes) -> str:
    """Returns what is kept of the password; it takes long, and belongs into a thread."""
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES)
    return f"scrypt:1:{base64.b64encode(salt).decode()}:{base64.b64encode(digest).decode()}"


def is_of(kept: str, password: str) -> bool:
    """Returns whether a hash is of the password; it takes as long as ``hashed``."""
    salt = base64.b64decode(kept.split(":")[2])
    return compare_digest(kept, hashed(password, salt))
