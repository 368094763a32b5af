"""``*`` and ``?`` in policies: matched without regular expressions, so no pattern can blow up."""

from collections.abc import Iterable

_STAR, _ONE = object(), object()


class Wildcard:
    """A compiled pattern: ``*`` stands for any characters or none, ``?`` for exactly one.

    Calling it with a text returns whether the whole text matches.
    """

    __slots__ = ("_exact", "_first", "_last", "_middle")

    def __init__(self, pattern: str) -> None:
        self._compile(_tokens(pattern))

    @classmethod
    def of(cls, pieces: Iterable[tuple[str, bool]]) -> "Wildcard":
        """Returns the pattern of ``(text, literal)`` pieces; in literal ones ``*`` and ``?`` are plain."""
        made = cls.__new__(cls)
        tokens: list[object] = []
        for text, literal in pieces:
            tokens += text if literal else _tokens(text)
        made._compile(tokens)
        return made

    def _compile(self, tokens: list[object]) -> None:
        segments: list[list[object]] = [[]]
        for token in tokens:
            if token is _STAR:
                segments.append([])
            else:
                segments[-1].append(token)
        self._exact = len(segments) == 1
        self._first = _Segment(segments[0])
        self._last = _Segment(segments[-1])
        self._middle = tuple(_Segment(s) for s in segments[1:-1] if s)

    def __call__(self, text: str) -> bool:
        first, last = self._first, self._last
        if self._exact:
            return len(text) == first.length and first.at(text, 0)
        end = len(text) - last.length
        if end < first.length or not first.at(text, 0) or not last.at(text, end):
            return False
        position = first.length
        for segment in self._middle:
            # The leftmost place is always good enough: what follows is a star.
            position = segment.find(text, position, end)
            if position < 0:
                return False
        return True


class _Segment:
    """What stands between two stars: runs of plain text at fixed offsets."""

    __slots__ = ("length", "runs")

    def __init__(self, tokens: list[object]) -> None:
        self.length = len(tokens)
        runs: list[tuple[int, str]] = []
        start = 0
        for index, token in enumerate([*tokens, _ONE]):
            if token is _ONE:
                if index > start:
                    runs.append((start, "".join(tokens[start:index])))  # type: ignore[arg-type]
                start = index + 1
        self.runs = tuple(runs)

    def at(self, text: str, position: int) -> bool:
        return all(text.startswith(run, position + offset) for offset, run in self.runs)

    def find(self, text: str, position: int, end: int) -> int:
        """Returns the index behind the leftmost match within ``text[position:end]``, or -1."""
        if not self.runs:
            return position + self.length if position + self.length <= end else -1
        offset, run = self.runs[0]
        while True:
            found = text.find(run, position + offset, end)
            if found < 0 or found - offset + self.length > end:
                return -1
            if self.at(text, found - offset):
                return found - offset + self.length
            position = found - offset + 1


def _tokens(pattern: str) -> list[object]:
    return [_STAR if c == "*" else _ONE if c == "?" else c for c in pattern]
