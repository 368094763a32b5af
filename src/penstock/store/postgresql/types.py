"""Values on their way to PostgreSQL and back, so that a room gets what SQLite would give it.

Integers have 64 bits, truth is 0 or 1, a sum is an integer. PostgreSQL's text cannot hold a NUL: 00 is written as
01 01, and 01 as 01 02, which keeps the order of the bytes.
"""

from psycopg import Connection
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader

_ESCAPE = b"\x01"


def adapt(connection: Connection) -> None:
    """Makes ``connection`` speak so."""
    adapters = connection.adapters
    adapters.register_dumper(int, Int8BinaryDumper)
    adapters.register_dumper(bool, Int8BinaryDumper)
    adapters.register_dumper(str, _TextDumper)
    adapters.register_loader("text", _TextLoader)
    adapters.register_loader("numeric", _IntegerLoader)


class _TextDumper(Dumper):
    format = Format.BINARY
    oid = types["text"].oid

    def dump(self, obj: str) -> Buffer:
        data = obj.encode()
        if b"\x00" in data or _ESCAPE in data:
            return data.replace(_ESCAPE, b"\x01\x02").replace(b"\x00", b"\x01\x01")
        return data


class _TextLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        raw = bytes(data)
        if _ESCAPE in raw:
            raw = raw.replace(b"\x01\x01", b"\x00").replace(b"\x01\x02", _ESCAPE)
        return raw.decode()


class _IntegerLoader(Loader):
    format = Format.BINARY

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._numeric = NumericBinaryLoader(oid, context)

    def load(self, data: Buffer) -> int:
        return int(self._numeric.load(data))
