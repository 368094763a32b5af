"""What is left of a fan-out that is too wide for one transaction, as the row of its next step keeps it."""

from collections.abc import Collection
from typing import NamedTuple

import orjson

from penstock.services.events.putting.event import Event, read_event


class Rest(NamedTuple):
    """The event, behind which rule to go on, and the ARNs of the rules that are meant if not all are."""

    event: Event
    behind: int
    only: Collection[str]


def rest_document(rest: Rest) -> bytes:
    """Returns the rest as a row keeps it."""
    return orjson.dumps(
        {
            "v": 1,
            "behind": rest.behind,
            "only": sorted(rest.only),
            "came_from_bus": rest.event.came_from_bus,
            "event": rest.event.text.decode(),
        }
    )


def read_rest(body: bytes) -> Rest:
    """Returns the rest that a row keeps."""
    found = orjson.loads(body)
    event = read_event(found["event"].encode(), came_from_bus=found["came_from_bus"])
    return Rest(event, found["behind"], frozenset(found["only"]))
