"""A group of schedules as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from penstock.server import Call, Params
from penstock.services.scheduler.arns import DEFAULT, GroupKey
from penstock.services.scheduler.errors import no_group
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


class GroupState(StrEnum):
    """Whether the group is there, or its schedules are on their way out."""

    ACTIVE = "ACTIVE"
    DELETING = "DELETING"


@dataclass(frozen=True, slots=True)
class Group:
    """One group; ``id`` and the times are None of a default group on which nothing was ever set."""

    key: GroupKey
    id: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    state: GroupState = GroupState.ACTIVE
    created_ms: int | None = None
    modified_ms: int | None = None

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key.name


def find_group(tx: ReadTx, key: GroupKey) -> Group | None:
    """Returns the group, or None; the default one is always there."""
    row = tx.one(Q.find_group, *key)
    if row is None:
        return Group(key) if key.name == DEFAULT else None
    id, tags, deleting, created_ms, modified_ms = row
    state = GroupState.DELETING if deleting else GroupState.ACTIVE
    return Group(key, id, orjson.loads(tags), state, created_ms, modified_ms)


def get_group(tx: ReadTx, key: GroupKey) -> Group:
    """Returns the group; AwsError ``ResourceNotFoundException``."""
    group = find_group(tx, key)
    if group is None:
        raise no_group(key.name)
    return group


def put_tags(tx: Tx, group: Group, tags: Mapping[str, str]) -> None:
    """Replaces the group's tags."""
    text = orjson.dumps(dict(tags)).decode()
    if group.id is None:
        tx.insert(Q.add_group, *group.key, text, tx.now_ms, tx.now_ms)
    else:
        tx.run(Q.put_tags, text, tx.now_ms, group.id)


def group_key(call: Call, params: Params, member: str = "Name") -> GroupKey:
    """Returns which group ``member`` says; the default one when it says none."""
    return GroupKey(call.account, call.region, params.get(member) or DEFAULT)


def named_group(scheduler: SchedulerState, call: Call, params: Params) -> str:
    """Returns the ARN of the group that ``Name`` says."""
    return group_key(call, params).arn
