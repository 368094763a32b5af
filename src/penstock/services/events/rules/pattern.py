"""Event patterns, compiled once, and refused in AWS's words."""

from functools import lru_cache

from penstock.matching.event_pattern import EventPattern
from penstock.matching.pattern_error import PatternError, TooManyCombinations
from penstock.services.events.errors import invalid_pattern, limit_exceeded


@lru_cache(maxsize=16_384)
def compiled(pattern: str) -> EventPattern:
    """Returns the compiled pattern; PatternError."""
    return EventPattern(pattern)


def checked_pattern(text: str) -> EventPattern:
    """Returns the compiled pattern; AwsError ``InvalidEventPatternException`` or ``LimitExceededException``."""
    try:
        return compiled(text)
    except TooManyCombinations as error:
        raise limit_exceeded(str(error)) from None
    except PatternError as error:
        raise invalid_pattern(str(error)) from None
