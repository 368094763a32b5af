"""What transactions remember between each other: compiled rules, policies, queue attributes."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_MISSING = object()
_MAX_ENTRIES = 50_000  # a bound on memory, not a tuning knob: past it the cache starts anew


class Cache:
    """Values derived from rows, dropped by the transaction that changes those rows.

    A reader may load a value from the snapshot before a commit that is under way; ``settle`` therefore
    forgets once more what that commit's transactions forgot.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, object], object] = {}
        self._forgotten: list[tuple[str, object]] = []

    def get(self, kind: str, key: object, load: Callable[[Any, Any], T], tx: object) -> T:
        """Returns the value under ``(kind, key)``, made by ``load(tx, key)`` when it is not there."""
        value = self._values.get((kind, key), _MISSING)
        if value is _MISSING:
            value = load(tx, key)
            if len(self._values) >= _MAX_ENTRIES:
                self._values.clear()
            self._values[kind, key] = value
        return value  # type: ignore[return-value]

    def forget(self, kind: str, key: object) -> None:
        """Drops one value, now and at the next ``settle``."""
        self._values.pop((kind, key), None)
        self._forgotten.append((kind, key))

    def settle(self) -> None:
        """Called after a commit: drops again what was forgotten while it was under way."""
        for entry in self._forgotten:
            self._values.pop(entry, None)
        self._forgotten.clear()

    def clear(self) -> None:
        """Called after a rollback: values may have been loaded from rows that are gone."""
        self._values.clear()
