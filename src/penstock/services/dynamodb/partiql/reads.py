"""SELECT: of one partition after another when the condition names them, else of everything.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.server import Params
from penstock.server.page_token import page_token, read_page_token
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions import KeyAttribute, KeyCondition, KeyRange
from penstock.services.dynamodb.items.store import Stored, find_item
from penstock.services.dynamodb.partiql.language import Select
from penstock.services.dynamodb.partiql.writes import key_of
from penstock.services.dynamodb.reading.pages import Page, Reader
from penstock.services.dynamodb.reading.query import range_of
from penstock.services.dynamodb.reading.request import Wish, source_of
from penstock.services.dynamodb.reading.source import Range, Source
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item, Value, check_item, key_bytes
from penstock.store import ReadTx, Store

MAX_PARTITIONS = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """What a SELECT reads: ranges of a table or an index, one after the other, in one direction."""

    select: Select
    source: Source
    wish: Wish
    ranges: list[Range]
    forward: bool

    async def page(self, store: Store, limit: int | None, place: "Place") -> "tuple[Page, Place | None]":
        """Returns a page from that place, and the place behind it; None when there is nothing behind it."""
        whole = Page(limit)
        while True:
            page = await self._part(store, None if limit is None else limit - whole.scanned, place)
            whole.items += [self.select.wanted.of(item) for item in page.items]
            whole.scanned += page.scanned
            whole.bytes += page.bytes
            whole.fetched_bytes += page.fetched_bytes
            if page.last is not None:
                return whole, Place(place.number, self.source.key_of(page.last))
            place = Place(place.number + 1, None)
            if place.number == len(self.ranges):
                return whole, None
            if whole.scanned == limit or whole.bytes >= limits.MAX_PAGE_BYTES:
                return whole, place

    async def _part(self, store: Store, limit: int | None, place: "Place") -> Page:
        range = self.ranges[place.number]
        if place.key is not None:
            range = self.source.behind(range, place.key, self.forward)
        return await Reader(self.source, self.wish, range, self.forward).page(store, limit)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind ``key`` in the range of that number."""

    number: int
    key: Item | None


def selection_of(table: Table, select: Select, params: Params) -> Selection:
    """Returns what is to be read; ValidationException."""
    whole = "ALL_PROJECTED_ATTRIBUTES" if select.index else "ALL_ATTRIBUTES"
    filter = select.where.condition if select.where else None
    wish = Wish(filter, frozenset(), None, "SPECIFIC_ATTRIBUTES" if select.wanted.paths else whole)
    source = source_of(table, {**params, "IndexName": select.index}, wish)
    keys = source.index.keys if source.index else table.keys
    partitions = select.where.partitions(keys.hash.name) if select.where else None
    forward = _in_order(select, partitions, keys.hash.name, keys.range.name if keys.range else None)
    ranges = [source.segment(0, 1)]
    if partitions is not None:
        found = KeyRange()
        if keys.range is not None and select.where is not None:
            found = select.where.range(KeyAttribute(*keys.range))
        fitting = [value for value in partitions if value.get(keys.hash.type)]
        ranges = [range_of(source, KeyCondition(value, found)) for value in fitting]
    return Selection(select, source, wish, ranges or [Range((), ())], forward)


def read_one(tx: ReadTx, table: Table, select: Select) -> Stored | None:
    """Returns the item that a SELECT by its whole key finds; None when there is none of which the condition is true."""
    stored = find_item(tx, table, table.keys.place_of_key(key_of(select.where, table.keys)))
    assert select.where is not None  # it has named the key
    return stored if stored and select.where.condition.holds(stored.item) else None


def write_token(place: Place, params: Params) -> str:
    """Returns the NextToken of that place, for this statement alone."""
    key = None if place.key is None else {name: _written(value) for name, value in place.key.items()}
    return page_token(orjson.dumps([_digest(params), place.number, key]).decode())


def read_token(params: Params, ranges: int) -> Place:
    """Returns the place that the request's NextToken names, else the beginning; ValidationException."""
    if not params.get("NextToken"):
        return Place(0, None)
    text = read_page_token(params["NextToken"])
    try:
        digest, number, key = orjson.loads(text or "")
        if digest != _digest(params) or not isinstance(number, int) or not 0 <= number < ranges:
            raise _foreign_token()
        return Place(number, None if key is None else check_item({n: _read(v) for n, v in key.items()}))
    except (ValueError, TypeError, AttributeError, KeyError):
        raise _foreign_token() from None


def _in_order(select: Select, partitions: list[Value] | None, hash_name: str, range_name: str | None) -> bool:
    """Returns whether sort keys ascend, and brings the partitions into the order; ValidationException."""
    if partitions is not None and len(partitions) > MAX_PARTITIONS:
        raise invalid("Too many decomposed read operations for a given query.")
    if select.order is None:
        return True
    if select.where is None:
        raise invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    if partitions is None:
        raise invalid(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        )
    name, descends = select.order
    if name not in (hash_name, range_name):
        raise invalid("Variables in ORDER BY clause must be part of the primary key")
    if name == hash_name:
        kinds = {next(iter(value)) for value in partitions}
        if len(kinds) == 1 and kinds <= {"S", "N", "B"}:
            partitions.sort(key=key_bytes, reverse=descends)
        return True
    return not descends


def _digest(params: Params) -> str:
    text = params["Statement"] + str(params.get("Parameters"))
    return sha256(text.encode()).hexdigest()[:16]


def _written(value: Value) -> Any:
    return {"B": b64encode(value["B"]).decode()} if "B" in value else value


def _read(value: Any) -> Value:
    return {"B": b64decode(value["B"])} if "B" in value else value


def _foreign_token() -> AwsError:
    return invalid("Invalid NextToken")
