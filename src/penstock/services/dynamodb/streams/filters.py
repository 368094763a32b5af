"""Which records a mapping's function is to have: those that match one of its patterns.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.matching.event_pattern import EventPattern
from penstock.matching.pattern_error import PatternError
from penstock.services.dynamodb.streams.event import Record, stream_event

MAX_FILTERS = 5


class Filters:
    """The filters of one mapping; without any, every record passes."""

    def __init__(self, criteria: Mapping[str, Any] | None) -> None:
        """``criteria`` is AWS's FilterCriteria; AwsError when a pattern is none, or there are too many."""
        given = (criteria or {}).get("Filters") or []
        if len(given) > MAX_FILTERS:
            raise _invalid(f"Filter criteria can have at most {MAX_FILTERS} filters.")
        try:
            self._patterns = [EventPattern(each.get("Pattern", "")) for each in given]
        except PatternError:
            raise _invalid("Invalid filter pattern definition.") from None

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def passes(self, record: Record, stream_arn: str) -> bool:
        """Returns whether the function is to have the record."""
        if not self._patterns:
            return True
        [shown] = orjson.loads(stream_event([record], stream_arn))["Records"]
        return any(pattern.matches(shown) for pattern in self._patterns)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, status=400)
