"""Reads one page, in steps that hold nobody up.

A page ends where its Limit is reached, or a megabyte of items, whatever a filter leaves of them.
"""

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.reading.request import Wish, shown
from penstock.services.dynamodb.reading.source import Range, Source
from penstock.services.dynamodb.values import Item
from penstock.store import ReadTx, Store

_FEW = 4  # rows that are read at once, however large they are
_STEP = 300
_STEP_BYTES = 256 * 1024


@dataclass(slots=True)
class Page:
    """What has been read so far; ``last`` is the key of the last item when there may be more behind it."""

    limit: int | None
    items: list[Item] = field(default_factory=list)
    count: int = 0
    scanned: int = 0
    bytes: int = 0
    fetched_bytes: int = 0
    """Of items that a local index fetched from its table."""

    last: Item | None = None
    ended: bool = False

    @property
    def most(self) -> int:
        """Returns how many rows to read next, at most: few to begin with, for most pages have no more."""
        most = _STEP if self.scanned else _FEW
        return most if self.limit is None else min(most, self.limit - self.scanned)


class Reader(NamedTuple):
    """Reads a range of a source in one direction."""

    source: Source
    wish: Wish
    range: Range
    forward: bool

    async def page(self, store: Store, limit: int | None) -> Page:
        """Returns the first page of the range."""
        page, range = Page(limit), self.range
        while True:
            range = await store.read(self._step, page, range)
            if page.ended:
                return page
            await asyncio.sleep(0)  # others have their turn

    def _step(self, tx: ReadTx, page: Page, range: Range) -> Range:
        """Reads some rows and returns the range behind them; marks the page as ended when it is."""
        count = self._count(tx, page, range)
        rows = self.source.read(tx, range, self.forward, count)
        item: Item | None = None
        for row in rows:
            found = self.source.found(row)
            if page.scanned and page.bytes + found.bytes > limits.MAX_PAGE_BYTES:
                page.ended = True
                return range
            item = found.item
            self._take(page, item, found.bytes, row[1])
            page.last = item
            if page.scanned == page.limit:
                page.ended = True
                return range
        if len(rows) < count:
            page.ended, page.last = True, None
            return range
        assert item is not None
        return self.source.behind(range, self.source.key_of(item), self.forward)

    def _count(self, tx: ReadTx, page: Page, range: Range) -> int:
        """Returns how many rows to read in one step, fewer where items are large."""
        count = page.most
        if count <= _FEW:
            return count
        size = 0
        for number, bytes in enumerate(self.source.measure(tx, range, self.forward, count), 1):
            size += bytes
            if size > _STEP_BYTES:
                return number
        return count

    def _take(self, page: Page, item: Item, bytes: int, item_bytes: int) -> None:
        page.scanned += 1
        page.bytes += bytes
        seen = shown(self.source, self.wish, item)
        index = self.source.index
        if index is not None and seen is item and index.projected is not None:
            page.fetched_bytes += item_bytes
        if self.wish.filter is not None and not self.wish.filter.holds(seen):
            return
        page.count += 1
        if not self.wish.counts_only:
            page.items.append(self.wish.projection.of(seen) if self.wish.projection else seen)
