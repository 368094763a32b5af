"""How the file of a body tells its own damage: the data, a CRC32C for each block of it, and a footer.

The footer is the end of the file, big-endian: format (4 bytes), bytes in a block (4), bytes of data (8), CRC32C of the
table and of what stands before (4), ``PSTKBODY``. The table before it has four bytes a block.
"""

import os
import struct
from array import array
from sys import byteorder
from typing import NamedTuple

from awscrt.checksums import crc32c

from penstock.errors import BodyDamaged

BLOCK_BYTES = 256 * 1024
"""Ranges read whole blocks, so a smaller one costs less there, and a larger one less table."""

_FORMAT = 1
_MAGIC = b"PSTKBODY"
_HEAD = struct.Struct(">IIQ")
_END = struct.Struct(">I8s")
_FOOTER_BYTES = _HEAD.size + _END.size


class Blocks(NamedTuple):
    """What a body was when it was written: its length, and the checksum of each block of ``size`` bytes."""

    length: int
    size: int
    sums: "array[int]"


class Summing:
    """The checksums of a body that is being written."""

    def __init__(self) -> None:
        self.length = 0
        self._sums = array("I")
        self._sum = 0

    def update(self, data: memoryview) -> None:
        """Takes more of the body."""
        while data:
            room = BLOCK_BYTES - self.length % BLOCK_BYTES
            piece, data = data[:room], data[room:]
            self._sum = crc32c(piece, self._sum)
            self.length += len(piece)
            if len(piece) == room:
                self._sums.append(self._sum)
                self._sum = 0

    def ending(self) -> bytes:
        """Returns what comes behind the data: table and footer."""
        sums = self._sums[:]
        if self.length % BLOCK_BYTES:
            sums.append(self._sum)
        table = _swapped(sums).tobytes()
        head = _HEAD.pack(_FORMAT, BLOCK_BYTES, self.length)
        return table + head + _END.pack(crc32c(head, crc32c(table)), _MAGIC)


def read_blocks(file: int) -> Blocks | None:
    """Returns what the end of the open ``file`` tells, None when it does not end as a body with blocks does.

    BodyDamaged when it does, and is not whole.
    """
    total = os.fstat(file).st_size
    footer = os.pread(file, _FOOTER_BYTES, max(0, total - _FOOTER_BYTES))
    if len(footer) < _FOOTER_BYTES or not footer.endswith(_MAGIC):
        return None
    head = footer[: _HEAD.size]
    format, size, length = _HEAD.unpack(head)
    count = -(-length // size) if size else 0
    if format != _FORMAT or not size or length + 4 * count + _FOOTER_BYTES != total:
        raise BodyDamaged("its footer does not fit its length")
    table = os.pread(file, 4 * count, length)
    if _END.unpack(footer[_HEAD.size :])[0] != crc32c(head, crc32c(table)):
        raise BodyDamaged("its table of checksums is not what was written")
    return Blocks(length, size, _swapped(array("I", table)))


def _swapped(sums: "array[int]") -> "array[int]":
    """Returns the numbers with the bytes of each as they are in a file, or back."""
    if byteorder == "little":
        sums.byteswap()
    return sums
