"""What transactions remember between each other: compiled rules, policies, queue attributes."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_MAX_ENTRIES = 50_000  # a bound on memory, not a tuning knob: past it the cache starts anew


class Cache:
    """Values derived from rows, dropped by the transaction that changes those rows.

    A reader may load a value from the snapshot before a commit that is under way; ``settle`` therefore
    forgets once more what that commit's transactions forgot.
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, object], Any] = {}
        self._forgotten: list[tuple[str, object]] = []

    def load(self, kind: str, key: object, load: Callable[[Any, Any], T], tx: object) -> T:
        """Returns ``load(tx, key)``, which is under ``(kind, key)`` from now on."""
        value = load(tx, key)
        if len(self.values) >= _MAX_ENTRIES:
            self.values.clear()
        self.values[kind, key] = value
        return value

    def forget(self, kind: str, key: object) -> None:
        """Drops one value, now and at the next ``settle``."""
        self.values.pop((kind, key), None)
        self._forgotten.append((kind, key))

    def settle(self) -> None:
        """Called after a commit: drops again what was forgotten while it was under way."""
        for entry in self._forgotten:
            self.values.pop(entry, None)
        self._forgotten.clear()

    def clear(self) -> None:
        """Called after a rollback: values may have been loaded from rows that are gone."""
        self.values.clear()
