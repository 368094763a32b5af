"""A body's file as it is read: what comes out of it is what was written, or nothing."""

import io
import os
from pathlib import Path

from awscrt.checksums import crc32c

from penstock.errors import BodyDamaged
from penstock.store.bodies.blocks import BLOCK_BYTES, Blocks, Summing, read_blocks


class CheckedFile(io.RawIOBase):
    """The data of one body, seekable. Every block that is read is compared with its checksum.

    BodyDamaged, here and at every read, when the file is not there or not what was written. One that was written before
    there were checksums, and need not have any (``required``), is read as it is. It ends itself when it is let go.
    """

    def __init__(self, path: Path, *, required: bool) -> None:
        self._file = -1
        self.name = path.name
        try:
            self._file = os.open(path, os.O_RDONLY)
            self.blocks = read_blocks(self._file)
        except FileNotFoundError:
            raise BodyDamaged(f"the body {path.name} is not there") from None
        except BodyDamaged as damage:
            raise BodyDamaged(f"the body {path.name}: {damage}") from None
        if self.blocks is None and required:
            raise BodyDamaged(f"the body {path.name} has lost its end")
        self.length = self.blocks.length if self.blocks else os.fstat(self._file).st_size
        self._position = 0

    def readable(self) -> bool:
        """Returns True."""
        return True

    def seekable(self) -> bool:
        """Returns True."""
        return True

    def tell(self) -> int:
        """Returns where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Returns the new position: ``offset`` bytes from the start, from here, or from the end of the data."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Returns the next ``size`` bytes, fewer only at the end of the data; negative: all that are left."""
        left = max(0, self.length - self._position)
        wanted = left if size < 0 else min(size, left)
        data = self._verified(self._position, wanted) if self.blocks else self._pread(self._position, wanted)
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        """Returns all that is left."""
        return self.read()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills ``buffer`` as far as the data go and returns how far that is."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def verify(self) -> None:
        """Reads all that is left; BodyDamaged also when there are no checksums to compare it with."""
        if self.blocks is None:
            raise BodyDamaged(f"the body {self.name} has lost its end")
        while self.read(4 * BLOCK_BYTES):
            pass

    def close(self) -> None:
        """Lets the file go."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()

    def _verified(self, start: int, wanted: int) -> bytes:
        if not wanted:
            return b""
        blocks = self.blocks
        assert blocks is not None
        first = start - start % blocks.size
        end = min(start + wanted + -(start + wanted) % blocks.size, blocks.length)
        data = self._pread(first, end - first)
        self._verify(blocks, first, memoryview(data))
        return data if len(data) == wanted else data[start - first : start - first + wanted]

    def _verify(self, blocks: Blocks, start: int, data: memoryview) -> None:
        for offset in range(0, len(data), blocks.size):
            number = (start + offset) // blocks.size
            found = crc32c(data[offset : offset + blocks.size])
            if found != blocks.sums[number]:
                raise BodyDamaged(f"the body {self.name}: block {number} is not what was written")

    def _pread(self, start: int, wanted: int) -> bytes:
        try:
            data = os.pread(self._file, wanted, start)
        except OSError as error:
            raise BodyDamaged(f"the body {self.name} cannot be read: {error.strerror}") from error
        if len(data) != wanted:
            raise BodyDamaged(f"the body {self.name} is shorter than it was")
        return data


def ending_of(file: CheckedFile) -> bytes:
    """Returns the table and footer that belong behind a body that was written before there were any."""
    summing = Summing()
    while data := file.read(4 * BLOCK_BYTES):
        summing.update(memoryview(data))
    return summing.ending()
