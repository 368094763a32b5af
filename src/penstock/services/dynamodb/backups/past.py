"""A table as it was at a moment: the items that lie there, but for those that have changed since."""

from collections.abc import Iterator
from typing import NamedTuple

from penstock.services.dynamodb.items.steps import STEP_BYTES, some_places
from penstock.services.dynamodb.items.store import Stored
from penstock.services.dynamodb.tables.schema import Place
from penstock.store import ReadTx, queries

Q = queries(__package__)

_STEP = 100  # items, found in about five milliseconds


class Some(NamedTuple):
    """Some items in the order of their places, and the place behind which the next are; None: there are no more."""

    items: list[tuple[Place, Stored]]
    cursor: Place | None


class Past(NamedTuple):
    """The items of a table as they were just before ``moment_ms``; None: as they are."""

    table_id: int
    moment_ms: int | None

    def some(self, tx: ReadTx, cursor: Place) -> Some:
        """Returns the first items behind the cursor, as many as one step may hold."""
        rows = tx.all(Q.find_items_after, self.table_id, *cursor, _STEP)
        live = some_places(rows)
        end = live[-1] if len(live) < len(rows) or len(rows) == _STEP else None
        former, end = self._former(tx, cursor, end)
        places = sorted(former.keys() | {place for place in live if end is None or place <= end})
        return Some(list(self._items(tx, places, former)), end)

    def _former(
        self, tx: ReadTx, cursor: Place, end: Place | None
    ) -> tuple[dict[Place, Stored | None], Place | None]:
        """Returns what has changed since, to ``end`` or as far as one step goes, and how far that was."""
        found: dict[Place, Stored | None] = {}
        if self.moment_ms is None:
            return found, end
        bytes, looked = 0, 0
        while row := tx.one(Q.find_former_place, self.table_id, *cursor):
            cursor = Place(*row)
            if end is not None and cursor > end:
                break
            looked += 1
            if former := tx.one(Q.find_former, self.table_id, *cursor, self.moment_ms):
                size, data = former
                bytes += size
                found[cursor] = None if data is None else Stored(0, data, size)
            if looked == _STEP or bytes > STEP_BYTES:
                return found, cursor
        return found, end

    def _items(
        self, tx: ReadTx, places: list[Place], former: dict[Place, Stored | None]
    ) -> Iterator[tuple[Place, Stored]]:
        for place in places:
            if place in former:
                stored = former[place]
            else:
                row = tx.one(Q.find_item_at, self.table_id, *place)
                stored = Stored(*row) if row else None
            if stored is not None:
                yield place, stored
