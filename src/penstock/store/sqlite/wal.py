"""How long the database's log is, and whether what was written back of it is on the disk."""

import os
import sys
from mmap import PROT_READ, mmap
from pathlib import Path

# Of the index beside the log, https://www.sqlite.org/walformat.html, 2.1, in the machine's order of bytes.
_PAGE_BYTES, _FRAMES, _WRITTEN_BACK = slice(14, 16), slice(16, 20), slice(96, 100)
_INDEX_BYTES = 136
_FRAME_HEADER_BYTES = 24


class Wal:
    """The log of a database that this process has open; SQLite's frames are pages as some commit has changed them.

    No statement tells how long it is without writing it back; its index does. ``close`` it after the last connection:
    who closes any descriptor of a file drops every lock that the process has on it, SQLite's too (fcntl(2)).
    """

    def __init__(self, database: Path) -> None:
        self._database = os.open(database, os.O_RDONLY)
        self._index_file = os.open(f"{database}-shm", os.O_RDONLY)
        self._index = mmap(self._index_file, _INDEX_BYTES, prot=PROT_READ)

    def frames(self) -> int:
        """Returns how many frames are committed."""
        return self._number(_FRAMES)

    def pending(self) -> int:
        """Returns how many of them are not in the database yet."""
        return self._number(_FRAMES) - self._number(_WRITTEN_BACK)

    def bytes(self) -> int:
        """Returns how long they are together."""
        return self.frames() * (self._number(_PAGE_BYTES) + _FRAME_HEADER_BYTES)

    def sync_database(self) -> None:
        """Promises that what was written back is on the disk; OSError. Blocking."""
        os.fdatasync(self._database)

    def close(self) -> None:
        """Lets the files go."""
        self._index.close()
        os.close(self._index_file)
        os.close(self._database)

    def _number(self, place: slice) -> int:
        return int.from_bytes(self._index[place], sys.byteorder)
