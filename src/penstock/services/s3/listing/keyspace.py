"""Walking a bucket's keys in order, one page at a time.

A page costs what it shows: a common prefix is one step however many keys lie under it, a key is one step
however many versions it has. What stands between two entries is passed by seeking, never by reading it.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.services.s3.prefixes import common_prefix, end_of
from penstock.store import ReadTx, queries

Q = queries(__package__)

BEFORE_VERSIONS = -(1 << 63)  # ords are negative: below every version of a key
AFTER_VERSIONS = 0  # above every version of a key

_FEW_ROWS, _MANY_ROWS = 8, 1000
_STEP_ROWS = 2000  # read in one go; bounds how long the event loop is held


class Position(NamedTuple):
    """A place between versions: a page starts behind it."""

    key: str
    ord: int

    @classmethod
    def before(cls, key: str) -> "Position":
        """Returns the place before the first version of ``key``."""
        return cls(key, BEFORE_VERSIONS)

    @classmethod
    def after(cls, key: str) -> "Position":
        """Returns the place after the last version of ``key``."""
        return cls(key, AFTER_VERSIONS)


class ObjectRow(NamedTuple):
    """One version of one object, as listings need it."""

    key: str
    ord: int
    version: str
    delete_marker: int
    size: int
    etag: str
    modified_ms: int
    meta: str


@dataclass(slots=True)
class Page:
    """A page in the making: ``entries`` are rows and, as text, common prefixes, in key order.

    ``versions`` False shows current objects only. ``position`` is where reading goes on; call ``step`` until
    ``done``.
    """

    bucket: int
    position: Position
    limit: int
    prefix: str = ""
    delimiter: str = ""
    versions: bool = False
    entries: list[ObjectRow | str] = field(default_factory=list)
    truncated: bool = False
    done: bool = False

    def step(self, tx: ReadTx) -> None:
        """Reads on, at most some thousand rows."""
        end = end_of(self.prefix)
        read, size = 0, _FEW_ROWS if self.delimiter or not self.versions else self.limit + 1
        self.done = self.done or self.limit == 0
        while not self.done and read < _STEP_ROWS:
            rows = tx.all(Q.find_versions_after, self.bucket, *self.position, end, size)
            used = self._take(rows)
            read += len(rows)
            self.done = self.done or len(rows) < size
            # Rows passed over are the sign to seek: read few at a time until rows are used again.
            size = min(size * 4, _MANY_ROWS) if used * 2 > len(rows) else _FEW_ROWS

    def _take(self, rows: list[tuple[object, ...]]) -> int:
        used = 0
        for columns in rows:
            row = ObjectRow(*columns)  # type: ignore[arg-type]
            if (row.key, row.ord) <= self.position:
                continue
            used += 1
            self._add(row)
            if self.done:
                break
        return used

    def _add(self, row: ObjectRow) -> None:
        hidden = row.delete_marker and not self.versions
        common = common_prefix(row.key, self.prefix, self.delimiter)
        if not hidden and len(self.entries) == self.limit:
            self.truncated = self.done = True
        elif not hidden and common:
            self.entries.append(common)
            self.position = Position.before(end_of(common))
        else:
            if not hidden:
                self.entries.append(row)
            self.position = Position(row.key, row.ord) if self.versions else Position.after(row.key)


def start(marker: str, prefix: str, delimiter: str) -> Position:
    """Returns where a page starts that shows what comes after ``marker``.

    A marker in a common prefix leaves all of that prefix behind: so is a page continued that ended with it.
    """
    common = common_prefix(marker, prefix, delimiter)
    if common:
        return Position.before(end_of(common))
    return max(Position.after(marker), Position.before(prefix)) if marker else Position.before(prefix)
