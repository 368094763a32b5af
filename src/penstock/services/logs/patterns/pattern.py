"""What every kind of filter pattern can do."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Values = Callable[[str], Any]
"""Returns what a reference (``$.latency``, ``$size``) stands for in one message; None when there is no such thing."""


class Pattern(Protocol):
    """A compiled pattern; ``regexes`` are the regular expressions in it."""

    @property
    def regexes(self) -> int:
        """Returns how many regular expressions it has."""

    def __call__(self, message: str) -> bool:
        """Returns whether the message matches."""

    def values(self, message: str) -> Values:
        """Returns what references mean in a message that matches."""

    def means(self, reference: str) -> bool:
        """Returns whether ``reference`` may mean anything in messages that match."""

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns what the pattern names, as it is in a message that matches."""
