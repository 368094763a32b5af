"""A custom event bus as a value, and as every operation finds it."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from penstock.services.events.custom.arns import BUS, Key, named, resource_arn
from penstock.services.events.custom.errors import invalid, not_found, wrong_state
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

LASTS_MS = 250
"""How long a new or changed bus is not ACTIVE, by the server's clock; at AWS some seconds."""

_DAY_MS = 86_400_000


class BusState(StrEnum):
    """AWS's states; a bus that is deleted is gone at once."""

    CREATING = "CREATING"
    UPDATING = "UPDATING"
    ACTIVE = "ACTIVE"


class Bus(NamedTuple):
    """One bus. ``last`` is the number of its newest event, ``settled_ms`` when it is ACTIVE (again)."""

    id: int
    key: Key
    uid: str
    description: str | None
    retention_days: int
    tags: dict[str, str]
    token: str | None
    request: str
    created_ms: int
    changed_ms: int
    settled_ms: int
    last: int

    @property
    def arn(self) -> str:
        """Returns its ARN."""
        return resource_arn(BUS, self.key, self.uid)

    def state(self, now_ms: int) -> BusState:
        """Returns where it stands."""
        if now_ms >= self.settled_ms:
            return BusState.ACTIVE
        return BusState.CREATING if self.changed_ms == self.created_ms else BusState.UPDATING

    def kept_since_ms(self, now_ms: int) -> int:
        """Returns since when it has its events: for as long as it keeps them, or since it is there."""
        return max(now_ms - self.retention_days * _DAY_MS, self.created_ms)


def find_bus(tx: ReadTx, key: Key) -> Bus | None:
    """Returns the bus, or None."""
    row = tx.one(Q.find_bus, *key)
    return bus_of(row) if row else None


def get_bus(tx: ReadTx, arn: str) -> Bus:
    """Returns the bus; AwsError ``ResourceNotFoundException``."""
    name = named(arn)
    if name is None or name.kind != BUS:
        raise invalid(f"{arn} is not the ARN of a custom event bus.")
    bus = find_bus(tx, name.key)
    if bus is None or bus.arn != arn:
        raise not_found(f"Event bus {arn}")
    return bus


def active_bus(tx: ReadTx, arn: str) -> Bus:
    """Returns the bus, which takes events and subscribers; AwsError ``InvalidStateException``."""
    bus = get_bus(tx, arn)
    # One that is being changed goes on as it was.
    if bus.state(tx.now_ms) is BusState.CREATING:
        raise wrong_state(f"Event bus {arn} is being created.")
    return bus


def bus_of_id(tx: ReadTx, id: int) -> Bus | None:
    """Returns the bus, or None."""
    row = tx.one(Q.find_bus_of_id, id)
    return bus_of(row) if row else None


def bus_of(row: Row) -> Bus:
    """Returns the bus in a row."""
    id, account, region, name, uid, description, days, tags, *rest = row
    return Bus(id, (account, region, name), uid, description, days, orjson.loads(tags), *rest)


def request_digest(params: Mapping[str, Any]) -> str:
    """Returns what tells a request from another one with the same client token."""
    found = {name: value for name, value in params.items() if name != "ClientToken"}
    return hashlib.sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()
