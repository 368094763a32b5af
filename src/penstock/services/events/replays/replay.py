"""A replay as a value."""

from enum import StrEnum
from typing import NamedTuple

import orjson

from penstock.arn import arn
from penstock.server import Call, Params
from penstock.services.events.arns import Key
from penstock.services.events.errors import no_replay
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)


class ReplayState(StrEnum):
    """Where a replay stands; the last three are its ends."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class Replay(NamedTuple):
    """One replay, by account, region and name, of the events from ``from_ms`` to before ``to_ms``.

    ``rules`` are the ARNs of the rules that are to get them, none for all. ``at_ms`` and ``at_id`` are the time and the
    row of the last event replayed.
    """

    key: Key
    id: int
    archive: int
    archive_name: str
    bus: str
    description: str | None
    rules: frozenset[str]
    from_ms: int
    to_ms: int
    state: ReplayState
    at_ms: int
    at_id: int
    last_ms: int | None
    started_ms: int
    ended_ms: int | None

    @property
    def arn(self) -> str:
        """Returns the replay's ARN."""
        return replay_arn(self.key)

    @property
    def bus_key(self) -> Key:
        """Returns which bus gets the events."""
        return (*self.key[:2], self.bus)


def replay_arn(key: Key) -> str:
    """Returns the ARN of a replay."""
    account, region, name = key
    return arn("events", region, account, f"replay/{name}")


def find_replay(tx: ReadTx, key: Key) -> Replay | None:
    """Returns the replay, or None."""
    row = tx.one(Q.find_replay, *key)
    return replay_of(key, (key[2], *row)) if row else None


def get_replay(tx: ReadTx, key: Key) -> Replay:
    """Returns the replay; AwsError ``ResourceNotFoundException``."""
    replay = find_replay(tx, key)
    if replay is None:
        raise no_replay(key[2])
    return replay


def replay_of(key: Key, row: Row) -> Replay:
    """Returns the replay in a row of ``find_replays``."""
    name, id, archive, archive_name, bus, description, rules, from_ms, to_ms, state, *rest = row
    return Replay(
        (*key[:2], name),
        id,
        archive,
        archive_name,
        bus,
        description,
        frozenset(orjson.loads(rules)),
        from_ms,
        to_ms,
        ReplayState(state),
        *rest,
    )


def replay_resource(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the replay that ``ReplayName`` says."""
    return replay_arn((call.account, call.region, params["ReplayName"]))
