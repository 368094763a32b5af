"""A pipe: from where to where, and how; and the states that it goes through."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from penstock.server import Params
from penstock.services.pipes.arns import PipeKey
from penstock.services.pipes.errors import no_pipe, pipe_is_moving
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

SERVICE = "pipes.amazonaws.com"

LASTS_MS = 250
"""How long each step from one state to the next takes, by the server's clock; at AWS up to a minute."""


class Desired(StrEnum):
    """Where a pipe is to be."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DELETED = "DELETED"


class State(StrEnum):
    """Where a pipe stands; from those that end in -ING, but for the first, it moves on by itself."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    STARTING = "STARTING"
    STOPPING = "STOPPING"


@dataclass(frozen=True, slots=True)
class Pipe:
    """One row of ``pipes_pipe``. ``settings`` has AWS's member names; ``reason`` says why nothing goes through."""

    id: int
    uid: str
    key: PipeKey
    source: str
    target: str
    role: str
    settings: dict[str, Any]
    tags: dict[str, str]
    desired: Desired
    state: State
    reason: str
    created_ms: int
    modified_ms: int

    @property
    def service(self) -> str:
        """Returns who assumes its role."""
        return SERVICE

    @property
    def arn(self) -> str:
        """Returns its ARN."""
        return self.key.arn

    @property
    def account(self) -> str:
        """Returns the account that owns it."""
        return self.key.account

    @property
    def region(self) -> str:
        """Returns where it is."""
        return self.key.region

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key.name

    @property
    def session_name(self) -> str:
        """Returns what its role's sessions are called; STS takes no name of one letter."""
        return self.name if len(self.name) > 1 else f"{self.name}@pipe"

    @property
    def timeout_s(self) -> int:
        """Returns for how long its source must hide what it has taken: it runs no code of its own."""
        return 0

    @property
    def enrichment(self) -> str:
        """Returns the ARN of the enrichment, "" for none."""
        return str(self.settings.get("Enrichment") or "")

    @property
    def is_read(self) -> bool:
        """Returns whether its source is read now."""
        return self.state is State.RUNNING

    @property
    def is_moving(self) -> bool:
        """Returns whether it has yet to arrive."""
        return self.state not in (State.RUNNING, State.STOPPED)

    def summary(self) -> Params:
        """Returns what answers to changes have of the pipe."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "DesiredState": self.desired.value,
            "CurrentState": self.state.value,
            "CreationTime": _time(self.created_ms),
            "LastModifiedTime": _time(self.modified_ms),
        }

    def line(self) -> Params:
        """Returns what lists have of the pipe."""
        shown = {**self.summary(), "Source": self.source, "Target": self.target}
        if self.enrichment:
            shown["Enrichment"] = self.enrichment
        return {**shown, **self._reason()}

    def description(self) -> Params:
        """Returns all of it."""
        tags = {"Tags": self.tags} if self.tags else {}
        return {**self.settings, **self.line(), "RoleArn": self.role, **tags}

    def _reason(self) -> Params:
        return {"StateReason": self.reason} if self.reason else {}


def find_pipe(tx: ReadTx, key: PipeKey) -> Pipe | None:
    """Returns the pipe, or None."""
    row = tx.one(Q.find_pipe, *key)
    return _pipe(row) if row else None


def get_pipe(tx: ReadTx, key: PipeKey) -> Pipe:
    """Returns the pipe; AwsError ``NotFoundException``."""
    pipe = find_pipe(tx, key)
    if pipe is None:
        raise no_pipe(key.name)
    return pipe


def get_settled_pipe(tx: ReadTx, key: PipeKey) -> Pipe:
    """Returns the pipe, which is in no change; AwsError ``NotFoundException`` or ``ConflictException``."""
    pipe = get_pipe(tx, key)
    if pipe.is_moving:
        raise pipe_is_moving(pipe.name, pipe.state.value)
    return pipe


def find_pipe_by_uid(tx: ReadTx, uid: str) -> Pipe | None:
    """Returns the pipe that sources know as ``uid``, or None."""
    row = tx.one(Q.find_pipe_by_uid, uid)
    return _pipe(row) if row else None


def pipe_page(tx: ReadTx, place: tuple[str, str], first: str, last: str, limit: int) -> list[Pipe]:
    """Returns at most ``limit`` pipes by name, from ``first`` to before ``last``."""
    return [_pipe(row) for row in tx.all(Q.find_pipes, *place, first, last, limit)]


def read_pipes(tx: ReadTx) -> list[Pipe]:
    """Returns every pipe whose source is read, of all accounts and regions."""
    found = [_pipe(row) for row in tx.all(Q.find_running_pipes)]
    return [pipe for pipe in found if pipe.is_read]


def next_move_ms(tx: ReadTx) -> int | None:
    """Returns when the next pipe moves on, or None."""
    row = tx.one(Q.find_next_move)
    return row[0] if row else None


def move_on(tx: Tx, until_ms: int) -> list[str]:
    """Moves the pipes on whose states end by then; returns those that are to be read or not from now on."""
    moved = [_pipe(row) for row in tx.all(Q.find_moving_pipes, until_ms)]
    for pipe in moved:
        if pipe.desired is Desired.DELETED:
            tx.run(Q.delete_pipe, pipe.id)
        else:
            tx.run(Q.put_state, pipe.desired.value, pipe.id)
    return [pipe.uid for pipe in moved]


def put_reason(tx: Tx, uid: str, reason: str) -> None:
    """Keeps why nothing goes through the pipe, "" when all is well."""
    tx.run(Q.put_reason, reason, uid)


def _pipe(row: Row) -> Pipe:
    id, uid, account, region, name, source, target, role, settings, tags, desired, state, *rest = row
    key, said = PipeKey(account, region, name), orjson.loads(settings)
    columns: list[Any] = [source, target, role, said, orjson.loads(tags), Desired(desired), State(state)]
    return Pipe(id, uid, key, *columns, *rest)


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
