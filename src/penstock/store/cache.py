"""What transactions remember between each other: compiled rules, policies, queue attributes.

What a write transaction loads or forgets is its own, in an overlay, until it is durable: a reader that meanwhile found
it here would know of a commit that no table shows yet, and that may never be.
"""

from collections.abc import Callable
from typing import Any, Final

Entry = tuple[str, object]
Load = Callable[[Any, Any], Any]
Overlay = dict[Entry, Any]
"""Values loaded by transactions that are not durable yet; FORGOTTEN where they dropped one."""

FORGOTTEN: Final = object()

_MAX_ENTRIES = 50_000  # a bound on memory, not a tuning knob: past it the cache starts anew


class Cache:
    """Values derived from rows, dropped by the transaction that changes those rows."""

    def __init__(self) -> None:
        self.values: dict[Entry, Any] = {}

    def remember(self, entry: Entry, value: object) -> None:
        """Shows everybody a value that was loaded from what is committed."""
        if len(self.values) >= _MAX_ENTRIES:
            self.values.clear()
        self.values[entry] = value

    def publish(self, overlay: Overlay) -> None:
        """Called when the transactions that filled ``overlay`` are durable.

        A reader may have loaded a value from the snapshot before them; what they forgot goes once more.
        """
        for entry, value in overlay.items():
            if value is FORGOTTEN:
                self.values.pop(entry, None)
            else:
                self.remember(entry, value)


def load_over(overlay: Overlay, values: dict[Entry, Any], entry: Entry, load: Load, tx: object) -> Any:
    """Returns ``entry`` as a write transaction sees it: its own value first, then the published one, else a new one."""
    found = overlay[entry] if entry in overlay else values.get(entry, FORGOTTEN)
    if found is FORGOTTEN:
        found = overlay[entry] = load(tx, entry[1])
    return found
