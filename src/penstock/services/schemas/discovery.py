"""Looks at the events that have passed: what is new in their shape makes a version of their schema.

Each step is a transaction of one event, behind the commits that put them.
"""

import logging

import orjson

from penstock.errors import StoreUnavailable
from penstock.services.schemas.arns import DISCOVERED, Place
from penstock.services.schemas.inference.document import (
    detail_shape,
    is_event,
    openapi_of,
    schema_name,
    shape_of_event,
)
from penstock.services.schemas.inference.shape import TooDeep, merged
from penstock.services.schemas.limits import MAX_CONTENT, MAX_DESCRIPTION
from penstock.services.schemas.records import (
    add_registry,
    add_schema,
    add_version,
    document,
    find_registry,
    find_schema,
    get_version,
)
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.schemas")
log = logging.getLogger(__name__)

_STEP = 1  # an event may be large
_TYPE = "OpenApi3"
_PAUSE_MS = 1000


class Discovery:
    """One per server."""

    def __init__(self, schemas: SchemasState) -> None:
        self._schemas = schemas

    async def run(self) -> None:
        """Looks at events whenever there are some, until it is cancelled."""
        clock = self._schemas.parts.clock
        while True:
            self._schemas.woken.clear()
            try:
                await self.settled()
            except StoreUnavailable:
                log.exception("events wait to be looked at")
                await clock.wait_until(clock.now_ms() + _PAUSE_MS)
            else:
                await self._schemas.woken.wait()

    async def settled(self) -> None:
        """Returns when no event is left to be looked at."""
        while await self._schemas.store.read(_is_waiting):
            await self._schemas.store.write(_step)


def _is_waiting(tx: ReadTx) -> bool:
    return tx.one(Q.find_many_samples, 0) is not None


def _step(tx: Tx) -> None:
    for id, account, region, event in tx.all(Q.find_samples, _STEP):
        _look(tx, Place(account, region), event)
        tx.run(Q.delete_sample, id)


def _look(tx: Tx, place: Place, text: str) -> None:
    try:
        event = orjson.loads(text)
        seen = shape_of_event(event) if is_event(event) else None
    except (TooDeep, ValueError, RecursionError):
        return
    if seen is None:  # another rule may bring what is no event
        return
    registry = find_registry(tx, place, DISCOVERED) or add_registry(tx, place, DISCOVERED, "", {})
    name, broken = schema_name(event["source"], event["detail-type"]), list[str]()
    schema = find_schema(tx, registry, name)
    known = None
    if schema is None:
        schema = add_schema(tx, registry, name, {})
    elif tx.one(Q.find_newest_version, schema.id):
        newest = get_version(tx, schema, None)
        known = detail_shape(newest.content, event["detail-type"]) if newest.type == _TYPE else None
        if known is None:
            return  # somebody has written it by hand
    shape = seen if known is None else merged(known, seen, "detail", broken)
    content = document(openapi_of(event, shape))
    if shape == known or len(content) > MAX_CONTENT:
        return
    version = add_version(tx, schema, _TYPE, content, _said(broken))
    if broken:
        tx.after_commit(lambda: log.warning("schema %s version %d: %s", name, version.version, _said(broken)))


def _said(broken: list[str]) -> str:
    """Returns what a version's description says."""
    if not broken:
        return ""
    text = "Incompatible: " + "; ".join(sorted(broken))
    return text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 1] + "…"
