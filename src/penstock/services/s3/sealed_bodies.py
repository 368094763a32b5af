"""Bodies that are encrypted where they lie: in pieces, so that a range is read without the rest.

A file has a key of its own, derived of its version's data key and its reference; each piece of 64 KiB is sealed by
itself under its number, so that none can be changed, left out or put elsewhere unnoticed. A row is one piece.
"""

import hmac
import io
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from penstock.errors import BodyDamaged
from penstock.services.s3.limits import KIB
from penstock.store import BodyStore, StagedBody

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_PIECE = 64 * KIB
_TAG = 16
_NONCE = 12
_ROW = "row"


def sealed_length(length: int) -> int:
    """Returns how many bytes the file of so long a body has."""
    return length + -(-length // _PIECE) * _TAG


def seal_row(secret: bytes, data: bytes) -> bytes:
    """Returns a body that is a row, sealed; ``secret`` seals one only."""
    return _cipher(secret, _ROW).encrypt(_nonce(0), data, None)


def open_row(secret: bytes, sealed: bytes) -> bytes:
    """Returns the body; BodyDamaged when it is not what was sealed."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(secret, _ROW).decrypt(_nonce(0), sealed, None)
    except InvalidTag:
        raise BodyDamaged("an encrypted body is not what was sealed") from None


class SealedBodies:
    """A ``BodyStore`` over another one, whose bodies are sealed under ``secret``."""

    def __init__(self, bodies: BodyStore, secret: bytes) -> None:
        self._bodies = bodies
        self._secret = secret
        self.complete = bodies.complete

    def stage(self) -> "SealingBody":
        """Returns a new, empty body that no one can see yet."""
        body = self._bodies.stage()
        return SealingBody(body, _cipher(self._secret, body.ref))

    def open(self, ref: str) -> "SealedFile":
        """Returns the body ``ref`` as it was before it was sealed; BodyDamaged."""
        return SealedFile(self._bodies.open(ref), _cipher(self._secret, ref), ref)

    def remove(self, refs: Iterable[str]) -> None:
        """Removes bodies that no row names any more."""
        self._bodies.remove(refs)

    def sweep(self, known: Callable[[list[str]], set[str]]) -> int:
        """Removes every body that ``known`` does not return; returns how many."""
        return self._bodies.sweep(known)


class SealingBody:
    """A ``StagedBody`` that seals what it is given."""

    def __init__(self, body: StagedBody, cipher: "AESGCM") -> None:
        self.ref = body.ref
        self.discard = body.discard
        self._body = body
        self._cipher = cipher
        self._rest = bytearray()
        self._number = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends all of ``data``."""
        self._rest += data
        whole = len(self._rest) - len(self._rest) % _PIECE
        with memoryview(self._rest) as view:
            for start in range(0, whole, _PIECE):
                self._append(view[start : start + _PIECE])
        del self._rest[:whole]

    def seal(self) -> None:
        """Promises that the body is durable under its reference."""
        if self._rest:
            self._append(self._rest)
            self._rest = bytearray()
        self._body.seal()

    def _append(self, piece: memoryview | bytearray) -> None:
        self._body.write(self._cipher.encrypt(_nonce(self._number), piece, None))
        self._number += 1


class SealedFile(io.RawIOBase):
    """A sealed body as it was before, seekable; BodyDamaged from any read of what is not what was sealed."""

    def __init__(self, file: io.RawIOBase, cipher: "AESGCM", ref: str) -> None:
        self._file = file
        self._cipher = cipher
        self._ref = ref
        total = file.seek(0, os.SEEK_END)
        self._length = total - -(-total // (_PIECE + _TAG)) * _TAG
        self._position = 0

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Returns the new position: ``offset`` bytes from the start, from here, or from the end of the data."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._length}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Returns the next ``size`` bytes, fewer only at the end of the data; negative: all that are left."""
        left = max(0, self._length - self._position)
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        first, skipped = divmod(self._position, _PIECE)
        count = -(-(skipped + wanted) // _PIECE)
        self._file.seek(first * (_PIECE + _TAG))
        sealed = memoryview(self._file.read(count * (_PIECE + _TAG)) or b"")
        pieces = [self._opened(first + number, sealed) for number, sealed in enumerate(_cut(sealed))]
        self._position += wanted
        return b"".join(pieces)[skipped : skipped + wanted]

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()
        super().close()

    def _opened(self, number: int, sealed: memoryview) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(_nonce(number), sealed, None)
        except InvalidTag:
            raise BodyDamaged(f"the body {self._ref}: piece {number} is not what was sealed") from None


def _cut(sealed: memoryview) -> Iterable[memoryview]:
    size = _PIECE + _TAG
    return (sealed[start : start + size] for start in range(0, len(sealed), size))


def _cipher(secret: bytes, what: str) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(hmac.digest(secret, f"penstock body: {what}".encode(), "sha256"))


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE)
