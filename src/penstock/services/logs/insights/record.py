"""One log event on its way through a query, and the fields that are found in it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from penstock.services.logs.insights.values import Moment

_REPORTED = {
    "@duration": (re.compile(r"\tDuration: ([\d.]+) ms"), 1),
    "@billedDuration": (re.compile(r"\tBilled Duration: ([\d.]+) ms"), 1),
    "@initDuration": (re.compile(r"\tInit Duration: ([\d.]+) ms"), 1),
    "@memorySize": (re.compile(r"\tMemory Size: (\d+) MB"), 1_000_000),
    "@maxMemoryUsed": (re.compile(r"\tMax Memory Used: (\d+) MB"), 1_000_000),
}
_TYPE = re.compile(r"(START|END|REPORT) RequestId: ([0-9a-f-]{36})")
_REQUEST = re.compile(r"\t([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t")
_MAX_FIELDS = 200
_MAX_DEPTH = 32
_UNREAD = object()


class Record:
    """One event with what stages have added to it."""

    __slots__ = ("_document", "_given", "values")

    def __init__(self, given: dict[str, Any]) -> None:
        """``given`` are ``@timestamp``, ``@ingestionTime``, ``@message``, ``@logStream``, ``@log`` and ``@ptr``."""
        self._given = given
        self._document: Any = _UNREAD
        self.values: dict[str, Any] = {}

    @property
    def size(self) -> int:
        """Returns about how much memory it takes."""
        return len(self._given.get("@message") or "") + 500

    def get(self, name: str) -> Any:
        """Returns the value of a field; None when the event has no such field."""
        if name in self.values:
            return self.values[name]
        if name in self._given:
            return self._given[name]
        if name.startswith("@"):
            return _of_function(name, self._given["@message"])
        return _found(self.document, name)

    @property
    def document(self) -> Any:
        """Returns the JSON that the message is, or ends with; None when it has none."""
        if self._document is _UNREAD:
            self._document = _document(self._given["@message"])
        return self._document


def all_fields(record: Record) -> dict[str, Any]:
    """Returns all fields of an event, 200 of its JSON at most."""
    found = dict(record._given)
    for name in ("@type", "@requestId", *_REPORTED):
        if (value := record.get(name)) is not None:
            found[name] = value
    for count, (name, value) in enumerate(_leaves("", record.document, 0)):
        if count == _MAX_FIELDS:
            break
        found[name] = value
    return found


def _leaves(prefix: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    elif prefix:
        if value is not None:
            yield prefix, value
        return
    for name, item in items:
        if depth < _MAX_DEPTH:
            yield from _leaves(f"{prefix}.{name}" if prefix else str(name), item, depth + 1)


def _found(value: Any, name: str) -> Any:
    """Returns what stands under a name, in which dots go down; a member's own dots are tried first."""
    while True:
        if isinstance(value, list):
            first, _, rest = name.partition(".")
            if not (first.isascii() and first.isdecimal()) or len(first) > 9 or int(first) >= len(value):
                return None
            value, name = value[int(first)], rest
        elif isinstance(value, dict):
            if name in value:
                return value[name]
            first, _, rest = name.partition(".")
            if first not in value:
                return None
            value, name = value[first], rest
        else:
            return None
        if not name:
            return value


def _document(message: str) -> Any:
    start = message.find("{")
    if start < 0:
        return None
    try:
        return orjson.loads(message[start:])
    except orjson.JSONDecodeError:
        return None


def _of_function(name: str, message: str) -> Any:
    """Returns a field of the lines that Lambda writes."""
    kind = _TYPE.match(message)
    if name == "@type":
        return kind[1] if kind else None
    if name == "@requestId":
        if kind:
            return kind[2]
        request = _REQUEST.search(message, 0, 256)
        return request[1] if request else None
    if name in _REPORTED and kind and kind[1] == "REPORT":
        pattern, factor = _REPORTED[name]
        found = pattern.search(message)
        return None if found is None else float(found[1]) * factor
    return None


def given(time_ms: int, ingested_ms: int, message: str, **more: str) -> dict[str, Any]:
    """Returns what every event has: moments, message, and ``more`` (``logStream``, ``log``, ``ptr``)."""
    return {
        "@timestamp": Moment(time_ms),
        "@ingestionTime": Moment(ingested_ms),
        "@message": message,
        **{f"@{name}": value for name, value in more.items()},
    }
