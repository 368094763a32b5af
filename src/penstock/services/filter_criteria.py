"""Which records whoever is fed is to have: those that match one of its patterns.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.matching.event_pattern import EventPattern
from penstock.matching.pattern_error import PatternError

MAX_FILTERS = 5
"""Of one mapping: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html"""

_MEMBER = "FilterCriteria"
_ENCODED = "body"


class FilterCriteria:
    """AWS's FilterCriteria, compiled; without any filter every record passes. PatternError when a pattern is none."""

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        filters = (criteria or {}).get("Filters") or []
        self._patterns = [EventPattern(each.get("Pattern") or "") for each in filters]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, record: Any) -> bool:
        """Returns whether the record, as ``with_body_read`` gives it, is wanted."""
        if not self._patterns:
            return True
        return isinstance(record, dict) and any(pattern.matches(record) for pattern in self._patterns)

    def why_not(self, record: dict[str, Any]) -> str:
        """Returns which fields each of the patterns misses in a record that does not pass, for people."""
        return "; ".join(dict.fromkeys(str(pattern.why_not(record)) for pattern in self._patterns))


def with_body_read(record: Any) -> Any:
    """Returns the record as filters see it: what is JSON in a queue's message is read, all else stays as it is."""
    if not isinstance(record, dict) or not isinstance(text := record.get(_ENCODED), str):
        return record
    try:
        found = orjson.loads(text)
    except (ValueError, RecursionError):
        return record
    return {**record, _ENCODED: found} if isinstance(found, dict | list) else record


def with_filters(settings: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a mapping's settings with the filters that ``params`` set, if they do; no filters take them away.

    AwsError ``InvalidParameterValueException`` when a pattern is none, or there are too many.
    """
    criteria = settings.get(_MEMBER) if params.get(_MEMBER) is None else params[_MEMBER]
    if len((criteria or {}).get("Filters") or []) > MAX_FILTERS:
        raise _invalid(f"Filter criteria can have at most {MAX_FILTERS} filters.")
    try:
        filters = FilterCriteria(criteria)
    except PatternError:
        raise _invalid("Invalid filter pattern definition.") from None
    others = {name: value for name, value in settings.items() if name != _MEMBER}
    return {**others, _MEMBER: criteria} if filters else others


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, status=400)
