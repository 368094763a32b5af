"""Values that lie sealed in the store: whoever has the database and not the key file cannot read them.

A sealed value is ``penstock:1:<id of the key>:<base64 of nonce and AES-256-GCM text>``. What does not begin so was
stored before values were sealed, and is read as it is.
"""

import base64
import hashlib
import hmac
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.clock import Ids
from penstock.errors import SealError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32

_PREFIX = "penstock:1:"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class Sealer:
    """Seals texts and opens them again, each bound to the name of what it belongs to."""

    def __init__(self, key: bytes, ids: Ids) -> None:
        self._key = key
        self._ids = ids
        self.key_id = key_id(key)

    def seal(self, text: str, owner: str) -> str:
        """Returns ``text`` sealed; ``unseal`` opens it for the same ``owner`` only."""
        nonce = self._ids.bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), owner.encode())
        return f"{_PREFIX}{self.key_id}:{base64.b64encode(nonce + sealed).decode()}"

    def unseal(self, stored: str, owner: str) -> str:
        """Returns the text; SealError when it was sealed with another key, for another owner, or was changed."""
        if not stored.startswith(_PREFIX):
            return stored
        from cryptography.exceptions import InvalidTag

        made_with, _, sealed = stored.removeprefix(_PREFIX).partition(":")
        if made_with != self.key_id:
            raise SealError(
                f"{owner} is sealed with the key {made_with}, not with this server's {self.key_id}"
            )
        try:
            data = base64.b64decode(sealed)
            return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealError(f"what is stored of {owner} is not what was sealed") from None

    def under(self, key: bytes) -> "Sealer":
        """Returns what seals with ``key`` instead."""
        return Sealer(key, self._ids)

    def derived_key(self, purpose: str) -> bytes:
        """Returns a key of its own for ``purpose``, which tells nothing of this one."""
        return hmac.digest(self._key, f"penstock derived key: {purpose}".encode(), "sha256")

    @cached_property
    def _cipher(self) -> "AESGCM":
        # Imported when a value is sealed or opened: it takes longer than many servers' whole first request.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)


def unsealed_bytes(stored: str) -> int:
    """Returns how many bytes the text has that was sealed, without opening it."""
    encoded = stored[stored.rfind(":") + 1 :]
    return len(encoded) // 4 * 3 - encoded.count("=", -2) - _NONCE_BYTES - _TAG_BYTES


def key_id(key: bytes) -> str:
    """Returns what names ``key`` and tells nothing of it."""
    return hashlib.sha256(b"penstock key " + key).hexdigest()[:16]
