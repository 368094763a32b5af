"""The JSON paths that EventBridge and its pipes know: names, indices of lists, and ``*``.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import re
from typing import Any, Final

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]*'\"\s]+)|\[(?P<index>[0-9]{1,9})\]|(?P<every>\.\*|\[\*\])|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)

Step = str | int | None
"""A name, an index, or None for every member."""


class _Nothing:
    """There is nothing at a path."""


NOTHING: Final = _Nothing()


class JsonPath:
    """One path; ValueError for a text that is none."""

    __slots__ = ("_steps",)

    def __init__(self, text: str) -> None:
        self._steps = _steps(text)

    def find(self, document: Any) -> Any:
        """Returns what stands there: a list of all that does when the path has ``*``; NOTHING when nothing does."""
        found = [document]
        for step in self._steps:
            found = [inner for value in found for inner in _inner(value, step)]
        if None in self._steps:
            return found
        return found[0] if found else NOTHING


def _steps(text: str) -> list[Step]:
    if not text.startswith("$"):
        raise ValueError(f"a path begins with $: {text}")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f"not a path that is supported: {text}")
        steps.append(_step(match))
        at = match.end()
    return steps


def _step(match: re.Match[str]) -> Step:
    if match["every"]:
        return None
    if match["index"]:
        return int(match["index"])
    return match["name"] or match["key"]


def _inner(value: Any, step: Step) -> list[Any]:
    if step is None:
        if isinstance(value, dict):
            return list(value.values())
        return value if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []
