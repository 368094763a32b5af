"""Objects in S3 as items: unpacked, cut into lines, and read as DynamoDB's JSON or as CSV.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
"""

import csv
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import orjson

from penstock.errors import PenstockError
from penstock.services.dynamodb.transfers.json_items import read_item
from penstock.services.dynamodb.values import Item

MAX_LINE_BYTES = 4 * 1024 * 1024
"""What is longer cannot be an item, in whatever way it is written."""

_GZIP = 16 + zlib.MAX_WBITS
_UNPACKED_BYTES = 256 * 1024  # at once, so that what grows a thousandfold does so by pieces


class Unreadable(PenstockError):
    """What is left of an object cannot be read."""


class Format(Protocol):
    """How a line becomes an item; one for each object."""

    def item(self, line: bytes) -> Item | None:
        """Returns the item, as the wire would give it; None for a line that holds none; ValueError."""


class JsonFormat:
    """``{"Item": {...}}`` on each line."""

    def item(self, line: bytes) -> Item | None:
        if not line.strip():
            return None
        found = orjson.loads(line)
        if not isinstance(found, dict) or found.keys() != {"Item"}:
            raise ValueError("a line is to hold an Item, and nothing else")
        return read_item(found["Item"])


class CsvFormat:
    """Values by the names of a head, which is the first line unless the request gives it.

    All are strings but those of keys, whose types the table defines; empty ones are left out.
    """

    def __init__(self, options: Mapping[str, Any], types: Mapping[str, str]) -> None:
        self._delimiter = options.get("Delimiter") or ","
        self._head: list[str] | None = options.get("HeaderList")
        self._types = types

    def item(self, line: bytes) -> Item | None:
        text = line.decode("utf-8").rstrip("\r\n")
        if not text:
            return None
        try:
            [values] = csv.reader([text], delimiter=self._delimiter, strict=True)
        except csv.Error as error:
            raise ValueError(str(error)) from None
        if self._head is None:
            self._head = values
            return None
        if len(values) != len(self._head):
            raise ValueError("a line is to have as many values as the head has names")
        named = zip(self._head, values, strict=True)
        return read_item({name: {self._types.get(name, "S"): value} for name, value in named if value})


class Lines:
    """Cuts what comes of one object into lines, unpacked when it is packed; in a thread, for it takes a while."""

    def __init__(self, *, packed: bool) -> None:
        self._unpacker = zlib.decompressobj(_GZIP) if packed else None
        self._rest = b""
        self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields the lines that are whole now; Unreadable."""
        for piece in self._unpacked(data):
            lines = (self._rest + piece).split(b"\n")
            self._rest = lines.pop()
            if len(self._rest) > MAX_LINE_BYTES:
                raise Unreadable("a line is too long")
            yield from lines

    def end(self) -> Iterator[bytes]:
        """Yields the last line, which nothing ends; Unreadable when the object ends too early."""
        if self._unpacker is not None and not self._unpacker.eof and self._ended:
            raise Unreadable("the compressed object ends too early")
        if self._rest:
            yield self._rest

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        if self._unpacker is None:
            yield data
            return
        while data:
            self._ended = True
            try:
                piece = self._unpacker.decompress(data, _UNPACKED_BYTES)
            except zlib.error as error:
                raise Unreadable(f"the object is not compressed with gzip: {error}") from None
            if piece:
                yield piece
            data = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                data = self._unpacker.unused_data  # another member follows
                if data:
                    self._unpacker = zlib.decompressobj(_GZIP)
