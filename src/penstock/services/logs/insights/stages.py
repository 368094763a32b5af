"""The stages of a query: what each command does with the rows that reach it.

A row is anything with fields: an event, or a row of results. A stage takes rows one by one and hands on what it lets
pass; some hand on only when there are no more.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from penstock.services.logs.errors import TooMuch
from penstock.services.logs.insights.aggregates import Aggregate
from penstock.services.logs.insights.expressions import Aggregated, Expression, Scope, name_of
from penstock.services.logs.insights.regex import Regex
from penstock.services.logs.insights.values import order, text, truth

MAX_HELD = 100_000
"""Rows, or groups, that a stage holds."""

MAX_HELD_BYTES = 64 << 20


class Row(Scope, Protocol):
    """What goes through the stages."""

    values: dict[str, Any]

    @property
    def size(self) -> int:
        """Returns about how much memory it takes."""


Emit = Callable[[Row], None]


class Stage:
    """One command; ``emit`` is the next one's ``take``."""

    emit: Emit

    def take(self, row: Row) -> None:
        """Takes a row."""
        self.emit(row)

    def end(self) -> None:
        """Hands on what it holds: there are no more rows."""


class Named(NamedTuple):
    """A field of results and what it is made from."""

    name: str
    expression: Expression


class Fields(Stage):
    """Computes fields; plain ones are there already."""

    def __init__(self, fields: list[Named]) -> None:
        self._fields = fields

    def take(self, row: Row) -> None:
        """Adds the fields to the row."""
        for name, expression in self._fields:
            row.values[name] = expression(row)
        self.emit(row)


class Filter(Stage):
    """Lets rows pass that meet a condition."""

    def __init__(self, condition: Expression) -> None:
        self._condition = condition

    def take(self, row: Row) -> None:
        """Hands the row on if it meets the condition."""
        if truth(self._condition(row)):
            self.emit(row)


class Parse(Stage):
    """Adds the groups of a regular expression as fields; rows that do not match go on without."""

    def __init__(self, subject: Expression, regex: Regex, names: list[tuple[int, str]]) -> None:
        self._subject = subject
        self._search = regex.search
        self._names = names

    def take(self, row: Row) -> None:
        """Adds what is found."""
        subject = text(self._subject(row))
        match = None if subject is None else self._search(subject)
        if match is not None:
            for group, name in self._names:
                row.values[name] = match.group(group)
        self.emit(row)


class Limit(Stage):
    """Lets so many rows pass."""

    def __init__(self, most: int) -> None:
        self.left = most

    @property
    def is_reached(self) -> bool:
        """Returns whether no more rows will pass."""
        return self.left <= 0

    def take(self, row: Row) -> None:
        """Hands the row on if it is among the first."""
        if self.left > 0:
            self.left -= 1
            self.emit(row)


class Dedup(Stage):
    """Lets the first of those rows pass that have the same values; a row that lacks one of them always passes."""

    def __init__(self, fields: list[Expression]) -> None:
        self._fields = fields
        self._seen: set[tuple[str, ...]] = set()

    def take(self, row: Row) -> None:
        """Hands the row on if none like it has been seen."""
        values = [field(row) for field in self._fields]
        if None not in values:
            key = tuple(map(name_of, values))
            if key in self._seen:
                return
            if len(self._seen) >= MAX_HELD:
                raise TooMuch
            self._seen.add(key)
        self.emit(row)


class Sort(Stage):
    """Sorts all rows; keeps only the first ``most`` where no more can be wanted."""

    def __init__(self, keys: list[tuple[Expression, bool]], most: int | None) -> None:
        """Each key comes with whether it descends."""
        self._keys = keys
        self._most = most
        self._rows: list[Row] = []
        self._bytes = 0

    def take(self, row: Row) -> None:
        """Keeps the row."""
        self._rows.append(row)
        self._bytes += row.size
        is_full = len(self._rows) >= MAX_HELD or self._bytes > MAX_HELD_BYTES
        if is_full or (self._most is not None and len(self._rows) >= 2 * self._most + 1000):
            self._shorten()

    def end(self) -> None:
        """Hands on the rows in their order."""
        self._sort()
        for row in self._rows if self._most is None else self._rows[: self._most]:
            self.emit(row)
        self._rows.clear()

    def _shorten(self) -> None:
        if self._most is not None:
            self._sort()
            del self._rows[self._most :]
            self._bytes = sum(row.size for row in self._rows)
        if len(self._rows) >= MAX_HELD or self._bytes > MAX_HELD_BYTES:
            raise TooMuch

    def _sort(self) -> None:
        for expression, descends in reversed(self._keys):
            self._rows.sort(key=lambda row, of=expression: order(of(row)), reverse=descends)  # type: ignore[misc]


class Result:
    """A row that ``stats`` has made."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @property
    def size(self) -> int:
        """Returns about how much memory it takes."""
        return 500

    def get(self, name: str) -> Any:
        """Returns the value of a field, or None."""
        return self.values.get(name)


class Stats(Stage):
    """Makes one row of all rows with the same values of ``by``."""

    def __init__(self, by: list[Named], wanted: list[Named], aggregated: list[Aggregated]) -> None:
        self._by = by
        self._wanted = wanted
        self._aggregated = aggregated
        self._groups: dict[tuple[str, ...], tuple[list[Any], list[Aggregate]]] = {}

    def take(self, row: Row) -> None:
        """Adds the row to its group."""
        values = [expression(row) for _, expression in self._by]
        key = tuple(map(name_of, values))
        found = self._groups.get(key)
        if found is None:
            if len(self._groups) >= MAX_HELD:
                raise TooMuch
            found = self._groups[key] = (values, [one.make() for one in self._aggregated])
        time_ms = row.get("@timestamp")
        at_ms = time_ms if isinstance(time_ms, int) else 0
        for one, aggregate in zip(self._aggregated, found[1], strict=True):
            aggregate.add(one.argument(row), at_ms)

    def end(self) -> None:
        """Hands on a row for each group; where rows are not grouped, there is one even of none."""
        if not self._by and not self._groups:
            self._groups[()] = ([], [one.make() for one in self._aggregated])
        for values, aggregates in self._groups.values():
            fields = {named.name: value for named, value in zip(self._by, values, strict=True)}
            results = zip(self._aggregated, aggregates, strict=True)
            scope = Result({**fields, **{one.key: aggregate.result() for one, aggregate in results}})
            self.emit(Result({**fields, **{name: expression(scope) for name, expression in self._wanted}}))
        self._groups.clear()
