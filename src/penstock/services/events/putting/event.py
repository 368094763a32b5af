"""An event as it goes over a bus: the envelope, and what patterns see of it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.services.events.arns import Key

_TEXTS = ("id", "detail-type", "source", "account", "time", "region")


class Event(NamedTuple):
    """One event: ``text`` is what targets get of it, ``document`` the same as patterns read it.

    ``came_from_bus``: a rule of another bus has sent it, and so it goes to no third one.
    """

    document: dict[str, Any]
    text: bytes
    came_from_bus: bool = False

    @property
    def id(self) -> str:
        """Returns its id."""
        return str(self.document["id"])

    @property
    def source(self) -> str:
        """Returns who says it: ``aws.s3``."""
        return str(self.document["source"])

    @property
    def detail_type(self) -> str:
        """Returns what kind of event it is."""
        return str(self.document["detail-type"])


def new_event(
    id: str, account: str, bus: Key, time: str, entry: dict[str, Any], detail: dict[str, Any]
) -> Event:
    """Returns the event that ``account`` puts on ``bus`` by an entry of PutEvents; the detail's text stays as it is."""
    document: dict[str, Any] = {
        "version": "0",
        "id": id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": account,
        "time": time,
        "region": bus[1],
        "resources": entry.get("Resources") or [],
        "detail": orjson.Fragment(entry["Detail"]),
    }
    text = orjson.dumps(document)
    document["detail"] = detail
    return Event(document, text)


def read_event(text: bytes, *, came_from_bus: bool = False) -> Event:
    """Returns the event of a text; ValueError when it is none."""
    document = orjson.loads(text)
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in _TEXTS):
        raise ValueError("not an event")
    return Event(document, text, came_from_bus)


def event_time(moment: datetime | int) -> str:
    """Returns ``2021-11-12T00:00:00Z``; whole numbers are milliseconds since the epoch."""
    if isinstance(moment, int):
        moment = datetime.fromtimestamp(moment // 1000, UTC)
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
