"""Finds which of many (prefix, suffix) pairs a text has, without trying those it has not."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class AffixIndex(Generic[T]):
    """Values under a prefix and a suffix; ``match`` costs one look-up per distinct prefix length, not per value."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        self.has_affixes = False
        """Whether there is a value that not every text has."""
        by_prefix: dict[str, list[tuple[str, T]]] = {}
        for prefix, suffix, value in entries:
            by_prefix.setdefault(prefix, []).append((suffix, value))
            self.has_affixes |= bool(prefix or suffix)
        self._prefixes = {prefix: _Suffixes(found) for prefix, found in by_prefix.items()}
        self._lengths = sorted({len(prefix) for prefix in by_prefix})

    def match(self, text: str) -> Iterator[T]:
        """Yields the values whose prefix begins and whose suffix ends ``text``."""
        for length in self._lengths:
            if length > len(text):
                return
            if suffixes := self._prefixes.get(text[:length]):
                yield from suffixes.match(text)


class _Suffixes(Generic[T]):
    def __init__(self, entries: list[tuple[str, T]]) -> None:
        self._values: dict[str, list[T]] = {}
        for suffix, value in entries:
            self._values.setdefault(suffix, []).append(value)
        self._lengths = sorted({len(suffix) for suffix in self._values})

    def match(self, text: str) -> Iterator[T]:
        for length in self._lengths:
            if length > len(text):
                return
            yield from self._values.get(text[len(text) - length :], ())
