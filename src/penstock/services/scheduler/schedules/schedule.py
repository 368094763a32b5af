"""A schedule as a value, and as every operation finds it."""

from typing import NamedTuple

from penstock.server import Call, Params
from penstock.services.scheduler.arns import DEFAULT, ScheduleKey
from penstock.services.scheduler.errors import no_schedule
from penstock.services.scheduler.groups.group import get_group
from penstock.services.scheduler.schedules.settings import Settings, read_settings
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)


class Schedule(NamedTuple):
    """One schedule; ``planned_ms`` is None when it is not due any more, or disabled."""

    key: ScheduleKey
    id: int
    settings: Settings
    created_ms: int
    modified_ms: int
    planned_ms: int | None

    @property
    def name(self) -> str:
        """Returns its name."""
        return self.key.name


def find_schedule(tx: ReadTx, key: ScheduleKey) -> Schedule | None:
    """Returns the schedule, or None."""
    row = tx.one(Q.find_schedule, *key)
    return schedule_of((*key, *row)) if row else None


def get_schedule(tx: ReadTx, key: ScheduleKey) -> Schedule:
    """Returns the schedule; AwsError ``ResourceNotFoundException``, also when there is no such group."""
    get_group(tx, key.of)
    schedule = find_schedule(tx, key)
    if schedule is None:
        raise no_schedule(key.name)
    return schedule


def schedule_of(row: Row) -> Schedule:
    """Returns the schedule in a row of ``find_due_schedule``."""
    account, region, group, name, id, settings, created_ms, modified_ms, planned_ms = row
    key = ScheduleKey(account, region, group, name)
    return Schedule(key, id, read_settings(settings), created_ms, modified_ms, planned_ms)


def schedule_key(call: Call, params: Params) -> ScheduleKey:
    """Returns which schedule ``Name`` and ``GroupName`` say."""
    return ScheduleKey(call.account, call.region, params.get("GroupName") or DEFAULT, params["Name"])


def named_schedule(scheduler: SchedulerState, call: Call, params: Params) -> str:
    """Returns the ARN of the schedule that is among the parameters."""
    return schedule_key(call, params).arn
