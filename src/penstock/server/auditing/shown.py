"""Parameters and results as records have them: secrets and contents removed, and no more than CloudTrail takes.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.server.trail import Trail
from penstock.wire import Shape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

_ALWAYS_HIDDEN = frozenset({"SecretAccessKey", "SessionToken", "Authorization", "SSECustomerKey"})
_MAX_BYTES = 100 * 1024
_MAX_VALUES = 4096  # so that no request holds the loop while its record is made
_MAX_DEPTH = 16


class _TooMuch(Exception):
    """There is more than a record takes."""


def shown(shape: Shape | None, values: Mapping[str, Any] | None, trail: Trail) -> Any:
    """Returns what a record shows of parameters or results of this ``shape``; None when there is nothing.

    What is too large is left out as a whole, and says so.
    """
    if shape is None or not values:
        return None
    try:
        return _Showing(trail).structure(shape, values, 0) or None
    except _TooMuch:
        return {"omitted": True, "reason": "LARGE_SIZE"}


class _Showing:
    """One record's worth of values."""

    def __init__(self, trail: Trail) -> None:
        self._hidden = trail.hidden | _ALWAYS_HIDDEN
        self._renamed = trail.renamed
        self._bytes = 0
        self._values = 0

    def structure(self, shape: Shape, values: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Returns the members under CloudTrail's names, which begin in lower case."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            member = shape.members.get(name)
            if member is None or value is None:
                continue
            key = self._renamed.get(name) or name[:1].lower() + name[1:]
            if name in self._hidden or member.streaming or member.shape.raw.get("sensitive"):
                found[key] = HIDDEN
            else:
                found[key] = self.value(member.shape, value, depth + 1)
        return found

    def value(self, shape: Shape, value: Any, depth: int) -> Any:
        """Returns one value."""
        self._values += 1
        if self._values > _MAX_VALUES or depth > _MAX_DEPTH:
            raise _TooMuch
        if shape.type == "blob" or shape.raw.get("sensitive"):
            return HIDDEN
        if shape.type == "structure" and isinstance(value, Mapping):
            return self.structure(shape, value, depth)
        if shape.type == "list" and isinstance(value, list):
            return [self.value(shape.member.shape, item, depth + 1) for item in value]
        if shape.type == "map" and isinstance(value, Mapping):
            inner = shape.value.shape
            return {self.text(str(key)): self.value(inner, item, depth + 1) for key, item in value.items()}
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        """Returns what has no parts."""
        if isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return value if -(1 << 63) <= value < 1 << 63 else self.text(str(value))
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if isinstance(value, str):
            return self.text(value)
        return HIDDEN

    def text(self, text: str) -> str:
        """Returns the text as any reader of JSON takes it."""
        self._bytes += len(text)
        if self._bytes > _MAX_BYTES:
            raise _TooMuch
        return plain(text)


def plain(text: str) -> str:
    """Returns a text without halves of characters, which JSON does not have."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
