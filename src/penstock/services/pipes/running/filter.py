"""Which records a pipe wants: those that match one of its patterns.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.matching.event_pattern import EventPattern
from penstock.services.pipes.running.record import Item


class Filter:
    """The patterns of one pipe; without any, every record passes. PatternError when one is none."""

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        filters = (criteria or {}).get("Filters") or []
        self._patterns = [EventPattern(each.get("Pattern") or "") for each in filters]

    def passes(self, item: Item) -> bool:
        """Returns whether the record goes on."""
        if not self._patterns:
            return True
        return isinstance(item.read, dict) and any(pattern.matches(item.read) for pattern in self._patterns)
