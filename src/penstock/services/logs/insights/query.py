"""From the text of a query to stages, and from events to rows."""

import re
from itertools import pairwise

from penstock.services.logs.insights.expressions import Aggregated, Expression, ExpressionReader
from penstock.services.logs.insights.lexer import Lexer, Piece
from penstock.services.logs.insights.regex import compile_regex
from penstock.services.logs.insights.stages import (
    Dedup,
    Fields,
    Filter,
    Limit,
    Named,
    Parse,
    Row,
    Sort,
    Stage,
    Stats,
)
from penstock.services.logs.insights.values import shown

MAX_RESULT_BYTES = 16 << 20
"""What the rows of a result have together; what is beyond it is left out."""

_DEFAULT = ("@timestamp", "@message")
_POINTER = "@ptr"
_STAR = re.compile(r"(\*)")


class Query:
    """A compiled query on its way over events: ``feed`` it, and ``finish`` it."""

    def __init__(self, stages: list[Stage], shows: list[str], *, is_aggregated: bool) -> None:
        self._stages = stages
        self._shows = shows
        self._is_aggregated = is_aggregated
        self.size = 0
        """Characters in the rows."""
        self.rows: list[list[dict[str, str]]] = []
        for stage, following in pairwise(stages):
            stage.emit = following.take
        stages[-1].emit = self._result

    @property
    def is_satisfied(self) -> bool:
        """Returns whether no event can change the result any more."""
        limits = [stage for stage in self._stages if isinstance(stage, Limit)]
        holds = any(isinstance(stage, Sort | Stats) for stage in self._stages)
        return not holds and any(limit.is_reached for limit in limits)

    def feed(self, rows: list[Row]) -> None:
        """Takes events; TooMuch."""
        take = self._stages[0].take
        for row in rows:
            take(row)

    def finish(self) -> None:
        """Takes that there are no more events; ``rows`` are the result; TooMuch."""
        for stage in self._stages:
            stage.end()

    def _result(self, row: Row) -> None:
        found = [(name, row.get(name)) for name in self._shows]
        if not self._is_aggregated:
            found.append((_POINTER, row.get(_POINTER)))
        fields = [{"field": name, "value": shown(value)} for name, value in found if value is not None]
        size = self.size + sum(len(field["value"]) for field in fields)
        if size <= MAX_RESULT_BYTES:
            self.rows.append(fields)
            self.size = size


class _Counter(Stage):
    """Counts the rows that the conditions at the beginning of a query let pass."""

    def __init__(self) -> None:
        self.count = 0

    def take(self, row: Row) -> None:
        """Counts the row."""
        self.count += 1
        self.emit(row)


def compile_query(source: str, now_ms: int, limit: int) -> tuple[Query, "_Counter"]:
    """Returns the query, which gives ``limit`` rows at most, and what counts the matching events; MalformedQuery."""
    reader = _QueryReader(source, now_ms)
    return reader.query(limit)


class _QueryReader:
    """Reads commands, one after the other, separated by bars."""

    def __init__(self, source: str, now_ms: int) -> None:
        self._lexer = Lexer(source)
        self._expressions = ExpressionReader(self._lexer, now_ms)
        self._stages: list[Stage] = []
        self._sorts: list[tuple[int, list[tuple[Expression, bool]]]] = []
        self._fields: list[str] = []
        self._display: list[str] | None = None
        self._is_aggregated = False

    def query(self, limit: int) -> tuple[Query, _Counter]:
        """Reads all of it."""
        self._command()
        while self._lexer.skip("|"):
            self._command()
        if self._lexer.ahead.kind != "end":
            raise self._lexer.malformed("expected |")
        self._stages.append(Limit(limit))
        self._place_sorts()
        counter = _Counter()
        stages = [*self._stages]
        stages.insert(_count_leading(stages), counter)
        shows = self._display or self._fields or list(_DEFAULT)
        return Query(stages, shows, is_aggregated=self._is_aggregated), counter

    def _command(self) -> None:
        piece = self._lexer.next()
        read = getattr(self, f"_read_{piece.text.lower()}", None) if piece.kind == "name" else None
        if read is None:
            self._lexer.ahead = piece
            raise self._lexer.malformed(
                "expected a command: fields, filter, parse, stats, sort, limit, dedup, display"
            )
        read()

    def _read_fields(self) -> None:
        self._read_named(self._fields)

    def _read_display(self) -> None:
        self._display = []
        self._read_named(self._display)

    def _read_named(self, names: list[str]) -> None:
        computed: list[Named] = []
        for named, is_plain in self._named():
            if named.name not in names:
                names.append(named.name)
            if not is_plain:
                computed.append(named)
        if computed:
            self._stages.append(Fields(computed))

    def _read_filter(self) -> None:
        self._stages.append(Filter(self._expressions.expression()))

    def _read_where(self) -> None:
        self._read_filter()

    def _read_parse(self) -> None:
        lexer = self._lexer
        subject: Expression = lambda scope: scope.get("@message")  # noqa: E731
        if lexer.ahead.kind in ("name", "field"):
            name = _name(lexer.next())
            subject = lambda scope: scope.get(name)  # noqa: E731
        regex = lexer.regex()
        if regex is not None:
            compiled = compile_regex(regex, lexer)
            names = [(number, name) for name, number in compiled.groupindex.items()]
            if not names:
                raise lexer.malformed("the regular expression has no named groups")
        else:
            glob = lexer.quoted()
            names = list(enumerate(self._as_names(), 1))
            if glob.count("*") != len(names):
                raise lexer.malformed("there must be as many names as asterisks")
            compiled = compile_regex(_of_glob(glob), lexer)
        self._stages.append(Parse(subject, compiled, names))
        self._fields += [name for _, name in names if name not in self._fields]

    def _as_names(self) -> list[str]:
        self._lexer.expect("as")
        names = [self._plain_name()]
        while self._lexer.skip(","):
            names.append(self._plain_name())
        return names

    def _read_stats(self) -> None:
        wanted, aggregated = self._aggregates()
        by = [named for named, _ in self._named()] if self._lexer.skip("by") else []
        self._stages.append(Stats(by, wanted, aggregated))
        self._is_aggregated, self._display = True, None
        self._fields[:] = list(dict.fromkeys(named.name for named in (*by, *wanted)))

    def _aggregates(self) -> tuple[list[Named], list[Aggregated]]:
        wanted: list[Named] = []
        every: list[Aggregated] = []
        while True:
            start = self._lexer.ahead.start
            before = len(every)
            expression = self._expressions.aggregate(every)
            if len(every) == before:
                raise self._lexer.malformed("stats needs an aggregate function, such as count(*)")
            wanted.append(Named(self._name_from(start), expression))
            if not self._lexer.skip(","):
                return wanted, every

    def _read_sort(self) -> None:
        keys = [self._sort_key()]
        while self._lexer.skip(","):
            keys.append(self._sort_key())
        self._sorts.append((len(self._stages), keys))
        self._stages.append(Sort(keys, None))

    def _sort_key(self) -> tuple[Expression, bool]:
        expression = self._expressions.expression()
        if self._lexer.skip("desc"):
            return expression, True
        self._lexer.skip("asc")
        return expression, False

    def _read_limit(self) -> None:
        piece = self._lexer.ahead
        if piece.kind != "number" or not piece.text.isdecimal() or not 1 <= int(piece.text[:9]) <= 100_000:
            raise self._lexer.malformed("expected a number from 1 to 100,000")
        self._lexer.next()
        self._stages.append(Limit(int(piece.text)))

    def _read_head(self) -> None:
        self._read_limit()

    def _read_dedup(self) -> None:
        fields = [expression for (_, expression), _ in self._named()]
        self._stages.append(Dedup(fields))

    def _named(self) -> list[tuple[Named, bool]]:
        """Reads expressions with their names; says of each whether it is a field that is there already."""
        found = [self._one_named()]
        while self._lexer.skip(","):
            found.append(self._one_named())
        return found

    def _one_named(self) -> tuple[Named, bool]:
        first = self._lexer.ahead
        expression = self._expressions.expression()
        source = self._lexer.source[first.start : self._lexer.ahead.start].strip()
        is_plain = first.kind in ("name", "field") and source == first.text
        if self._lexer.skip("as"):
            return Named(self._plain_name(), expression), False
        return Named(_name(first) if is_plain else _one_line(source), expression), is_plain

    def _name_from(self, start: int) -> str:
        if self._lexer.skip("as"):
            return self._plain_name()
        return _one_line(self._lexer.source[start : self._lexer.ahead.start])

    def _plain_name(self) -> str:
        if self._lexer.ahead.kind not in ("name", "field"):
            raise self._lexer.malformed("expected a name")
        return _name(self._lexer.next())

    def _place_sorts(self) -> None:
        """Lets each sort keep only what the limit behind it can let pass."""
        for at, keys in self._sorts:
            following = self._stages[at + 1]
            if isinstance(following, Limit):
                self._stages[at] = Sort(keys, following.left)


def _count_leading(stages: list[Stage]) -> int:
    """Returns how many stages at the beginning look at events alone."""
    count = 0
    while isinstance(stages[count], Fields | Filter | Parse):
        count += 1
    return count


def _name(piece: Piece) -> str:
    return piece.text[1:-1] if piece.kind == "field" else piece.text


def _one_line(source: str) -> str:
    return " ".join(source.split())


def _of_glob(glob: str) -> str:
    """Returns the regular expression of a glob: an asterisk takes as little as it can, one at the end all."""
    pieces = _STAR.split(glob)
    found = ["(.*?)" if piece == "*" else re.escape(piece) for piece in pieces]
    if glob.endswith("*"):
        found[-2] = "(.*)"
    return "(?s)" + "".join(found)
