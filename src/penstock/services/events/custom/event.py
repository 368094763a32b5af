"""An event of a custom event bus: what was published, what the bus adds, and how filters and targets read it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-addressing.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-transform.html
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from penstock.services.events.putting.event import event_time
from penstock.store import Row

JSON = "application/json"
ENVELOPE = "application/eventbridge+json"
BYTES = "application/octet-stream"


class CustomEvent:
    """One event as the bus keeps it. ``data`` is JSON, or base64 of what is none (``BYTES``)."""

    def __init__(self, number: int, id: str, account: str, kept_ms: int, document: str) -> None:
        self.number = number
        self.id = id
        self.account = account
        self.kept_ms = kept_ms
        self.document = document

    @cached_property
    def parts(self) -> Mapping[str, Any]:
        """Returns ``data`` as a text, ``type``, ``metadata``, ``group``, ``dedup``."""
        found: Mapping[str, Any] = orjson.loads(self.document)
        return found

    @property
    def text(self) -> str:
        """Returns what was published; base64 of bytes."""
        return str(self.parts["data"])

    @property
    def group(self) -> str | None:
        """Returns whose order is kept: a group belongs to the account that has published."""
        group = self.parts.get("group")
        return f"{self.account}/{group}" if group is not None else None

    def value(self, *, is_live: bool) -> dict[str, Any]:
        """Returns ``Data``, ``Metadata`` and ``SystemMetadata``."""
        parts = self.parts
        system = {
            "ContentType": parts["type"],
            "aws:EventId": self.id,
            "aws:IngestionTime": event_time(self.kept_ms),
            "aws:DeliveryType": "LIVE" if is_live else "REPLAY",
        }
        given = {"EventGroupId": parts.get("group"), "DeduplicationId": parts.get("dedup")}
        system |= {name: text for name, text in given.items() if text is not None}
        data = parts["data"] if parts["type"] == BYTES else orjson.loads(parts["data"])
        return {"Data": data, "Metadata": parts.get("metadata") or {}, "SystemMetadata": system}


def event_of(row: Row) -> CustomEvent:
    """Returns the event in a row of ``find_events``."""
    number, id, account, kept_ms, document = row
    return CustomEvent(number, id, account, kept_ms, document)


def document_of(
    data: str, content_type: str, metadata: Mapping[str, str] | None, system: Mapping[str, Any]
) -> str:
    """Returns an event as a row keeps it."""
    found = {
        "v": 1,
        "data": data,
        "type": content_type,
        "metadata": metadata or None,
        "group": system.get("EventGroupId"),
        "dedup": system.get("DeduplicationId"),
    }
    return orjson.dumps({name: value for name, value in found.items() if value is not None}).decode()
