"""Levels of what a function logs, and which lines of its own are kept.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from enum import IntEnum

import orjson

_SYNONYMS = {"WARNING": "WARN", "CRITICAL": "FATAL"}  # as Python's logging calls them


class Level(IntEnum):
    """From the most detailed to the most severe."""

    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4
    FATAL = 5

    @classmethod
    def named(cls, name: object) -> "Level":
        """Returns the level of this name, in whatever case; what is none counts as INFO."""
        text = name.upper() if isinstance(name, str) else ""
        return cls.__members__.get(_SYNONYMS.get(text, text), cls.INFO)

    def admits(self, line: str) -> bool:
        """Returns whether a line of the function's own is at least of this level: it says so as JSON, or is INFO."""
        return self is Level.TRACE or _level_of(line) >= self


def _level_of(line: str) -> Level:
    if not line.startswith("{"):
        return Level.INFO
    try:
        found = orjson.loads(line)
    except ValueError:
        return Level.INFO
    return Level.named(found.get("level")) if isinstance(found, dict) else Level.INFO
