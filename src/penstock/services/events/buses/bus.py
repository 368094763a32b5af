"""A bus as a value: what it is called, who may put events on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from penstock.access import Policy, parse_policy
from penstock.server import Call, Params
from penstock.services.events.arns import DEFAULT, Key, bus_arn, bus_key
from penstock.services.events.errors import no_bus
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Bus:
    """One bus; remembered between transactions, so it is never changed, only loaded anew.

    ``id`` and the times are None of a default bus on which nothing was ever set. ``dead_letter`` gets what
    ``kms_key``, named as the client did, may not encrypt.
    """

    key: Key
    id: int | None = None
    description: str | None = None
    policy: Policy | None = None
    dead_letter: str | None = None
    kms_key: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    created_ms: int | None = None
    modified_ms: int | None = None

    @property
    def arn(self) -> str:
        """Returns the bus's ARN."""
        return bus_arn(self.key)

    @property
    def account(self) -> str:
        """Returns the account that owns it."""
        return self.key[0]

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key[2]

    @property
    def is_default(self) -> bool:
        """Returns whether it is the bus that AWS's own services put events on."""
        return self.name == DEFAULT


def find_bus(tx: ReadTx, key: Key) -> Bus | None:
    """Returns the bus, or None; the default one is always there."""
    return tx.cached("events.bus", key, _load)


def get_bus(tx: ReadTx, key: Key) -> Bus:
    """Returns the bus; AwsError ``ResourceNotFoundException``."""
    bus = find_bus(tx, key)
    if bus is None:
        raise no_bus(key[2])
    return bus


def add_bus(tx: Tx, bus: Bus) -> None:
    """Makes the bus."""
    settings = (bus.description, bus.dead_letter, bus.kms_key, orjson.dumps(dict(bus.tags)).decode())
    tx.insert(Q.add_bus, *bus.key, *settings, tx.now_ms, tx.now_ms)
    tx.forget("events.bus", bus.key)


def put_bus(tx: Tx, bus: Bus, policy: str | None) -> None:
    """Stores what ``bus`` is from now on, with the text of its policy."""
    if bus.id is None:
        add_bus(tx, Bus(bus.key))
    id = get_bus(tx, bus.key).id
    tags = orjson.dumps(dict(bus.tags)).decode()
    tx.run(Q.put_bus, bus.description, policy, bus.dead_letter, bus.kms_key, tags, tx.now_ms, id)
    tx.forget("events.bus", bus.key)


def policy_text(bus: Bus) -> str | None:
    """Returns the bus's policy as JSON text."""
    return bus.policy.text if bus.policy else None


def named_bus(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the bus that ``Name`` says."""
    return bus_arn(bus_key(call, params, "Name"))


def asked_bus(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the bus that ``EventBusName`` says."""
    return bus_arn(bus_key(call, params))


def _load(tx: ReadTx, key: Key) -> Bus | None:
    row = tx.one(Q.find_bus, *key)
    if row is None:
        return Bus(key) if key[2] == DEFAULT else None
    id, description, policy, dead_letter, kms_key, tags, *times = row
    compiled = parse_policy(policy, kind="resource") if policy else None
    return Bus(key, id, description, compiled, dead_letter, kms_key, orjson.loads(tags), *times)
