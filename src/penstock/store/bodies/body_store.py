"""Bodies too large for a row: kept apart from the database, durable before the transaction that names them."""

from collections.abc import Callable, Iterable
from io import RawIOBase
from typing import Protocol


class StagedBody(Protocol):
    """A body being written; ends with ``seal`` or ``discard``. Blocking I/O: call its methods in a thread.

    NoRoom when the disk is full. What raises is to be discarded; so is a sealed body that nobody will name.
    """

    ref: str

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends all of ``data``."""

    def seal(self) -> None:
        """Promises that the body is durable under its reference."""

    def discard(self) -> None:
        """Forgets what was written, sealed or not."""


class BodyStore(Protocol):
    """Immutable bodies, each named by a reference of hexadecimal digits. Blocking I/O throughout.

    A body that no row names, of a crash between its seal and the commit, stays until the next ``sweep``.
    """

    def stage(self) -> StagedBody:
        """Returns a new, empty body that no one can see yet."""

    def open(self, ref: str) -> RawIOBase:
        """Returns the sealed body ``ref``, unbuffered and seekable; it can be read to its end even when removed.

        BodyDamaged, at once or from any read, when it is not there or not what was written.
        """

    def complete(self, ref: str) -> None:
        """Gives a body of an earlier release, which has no checksums yet, those of its bytes as they are now."""

    def remove(self, refs: Iterable[str]) -> None:
        """Removes bodies that no row names any more."""

    def sweep(self, known: Callable[[list[str]], set[str]]) -> int:
        """Removes every body that ``known`` does not return, and all that are not sealed; returns how many.

        Call it before any is staged.
        """
