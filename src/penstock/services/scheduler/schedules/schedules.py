"""CreateSchedule, UpdateSchedule, GetSchedule, DeleteSchedule, ListSchedules.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
"""

from typing import NamedTuple

from penstock.server import Call, Params, operation, page_token
from penstock.services.scheduler.arns import GroupKey, Place, ScheduleKey
from penstock.services.scheduler.client_tokens import once
from penstock.services.scheduler.errors import (
    group_is_deleted,
    not_implemented,
    schedule_exists,
)
from penstock.services.scheduler.groups.group import GroupState, get_group
from penstock.services.scheduler.invoking.role import check_role
from penstock.services.scheduler.paging import LAST, page_after
from penstock.services.scheduler.schedules.checks import check_settings, check_start
from penstock.services.scheduler.schedules.plan import due_ms, first_planned_ms, replanned_ms
from penstock.services.scheduler.schedules.schedule import (
    find_schedule,
    get_schedule,
    named_schedule,
    schedule_key,
)
from penstock.services.scheduler.schedules.settings import Settings, settings_document, settings_of
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


class _Line(NamedTuple):
    """A schedule as lists show it."""

    key: ScheduleKey
    state: str
    target_arn: str
    created_ms: int
    modified_ms: int


@operation("CreateSchedule", action="scheduler:CreateSchedule", resource=named_schedule)
async def create_schedule(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the ARN of the new schedule."""
    settings = await _checked(scheduler, call, params)
    return await scheduler.store.write(_create, scheduler, call, params, settings)


@operation("UpdateSchedule", action="scheduler:UpdateSchedule", resource=named_schedule)
async def update_schedule(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the ARN of the schedule, which says what is given and nothing of what it said before."""
    settings = await _checked(scheduler, call, params)
    return await scheduler.store.write(_update, scheduler, call, params, settings)


@operation("GetSchedule", action="scheduler:GetSchedule", resource=named_schedule)
async def get_schedule_operation(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns what the schedule is."""
    schedule = await scheduler.store.read(get_schedule, schedule_key(call, params))
    return {**schedule.settings, **_about(schedule.key, schedule.created_ms, schedule.modified_ms)}


@operation("DeleteSchedule", action="scheduler:DeleteSchedule", resource=named_schedule)
async def delete_schedule(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns when the schedule is not due any more; what it was due for is still delivered."""
    return await scheduler.store.write(_delete, call, params)


@operation("ListSchedules", action="scheduler:ListSchedules")
async def list_schedules(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the account's schedules by group and name, of a group, of a prefix, in a state."""
    after, limit = page_after(params)
    place = Place(call.account, call.region)
    found = await scheduler.store.read(_list, place, params, after, limit)
    answer: Params = {"Schedules": [_summary(one) for one in found[:limit] if _is_wanted(one, params)]}
    if len(found) > limit:
        last = found[limit - 1].key
        answer["NextToken"] = page_token(f"{last.group}/{last.name}")
    return answer


async def _checked(scheduler: SchedulerState, call: Call, params: Params) -> Settings:
    if params.get("KmsKeyArn"):
        raise not_implemented("KMS keys are")
    settings = settings_of(params)
    check_settings(scheduler, settings)
    await check_role(scheduler, call, schedule_key(call, params).of, settings["Target"]["RoleArn"])
    return settings


def _create(tx: Tx, scheduler: SchedulerState, call: Call, params: Params, settings: Settings) -> Params:
    def work() -> Params:
        key = schedule_key(call, params)
        if get_group(tx, key.of).state is GroupState.DELETING:
            raise group_is_deleted(key.group)
        if find_schedule(tx, key):
            raise schedule_exists(key.name)
        check_start(settings, None, tx.now_ms)
        planned_ms = first_planned_ms(settings, tx.now_ms)
        plan = (planned_ms, due_ms(settings, planned_ms, tx.ids.fraction()))
        tx.insert(Q.add_schedule, *key, *_columns(settings), tx.now_ms, tx.now_ms, *plan)
        tx.after_commit(scheduler.woken.set)
        return {"ScheduleArn": key.arn}

    return once(tx, call, params, work)


def _update(tx: Tx, scheduler: SchedulerState, call: Call, params: Params, settings: Settings) -> Params:
    def work() -> Params:
        old = get_schedule(tx, schedule_key(call, params))
        check_start(settings, old.settings, tx.now_ms)
        planned_ms = replanned_ms(old.settings, settings, old.planned_ms, tx.now_ms)
        plan = (planned_ms, due_ms(settings, planned_ms, tx.ids.fraction()))
        tx.run(Q.put_schedule, *_columns(settings), tx.now_ms, *plan, old.id)
        tx.after_commit(scheduler.woken.set)
        return {"ScheduleArn": old.key.arn}

    return once(tx, call, params, work)


def _delete(tx: Tx, call: Call, params: Params) -> Params:
    def work() -> Params:
        tx.run(Q.delete_schedule, get_schedule(tx, schedule_key(call, params)).id)
        return {}

    return once(tx, call, params, work)


def _columns(settings: Settings) -> tuple[str, str, str]:
    """Returns what a row keeps of the settings: all of them, and what lists show."""
    return settings_document(settings), settings["State"], settings["Target"]["Arn"]


def _list(tx: ReadTx, place: Place, params: Params, after: str, limit: int) -> list[_Line]:
    group, _, name = after.partition("/")
    if wanted := params.get("GroupName"):
        get_group(tx, GroupKey(*place, wanted))
        prefix = params.get("NamePrefix") or ""
        # The last of the page before comes once more.
        bounds = (max(name, prefix), prefix + LAST, limit + 2)
        found = [_line(row) for row in tx.all(Q.find_schedules_of_group, *place, wanted, *bounds)]
        return [line for line in found if line.key.name > name][: limit + 1]
    return [_line(row) for row in tx.all(Q.find_schedules, *place, group, name, limit + 1)]


def _line(row: Row) -> _Line:
    account, region, group, name, *rest = row
    return _Line(ScheduleKey(account, region, group, name), *rest)


def _is_wanted(line: _Line, params: Params) -> bool:
    state = params.get("State")
    return line.key.name.startswith(params.get("NamePrefix") or "") and state in (None, line.state)


def _summary(line: _Line) -> Params:
    about = _about(line.key, line.created_ms, line.modified_ms)
    return {**about, "State": line.state, "Target": {"Arn": line.target_arn}}


def _about(key: ScheduleKey, created_ms: int, modified_ms: int) -> Params:
    return {
        "Arn": key.arn,
        "GroupName": key.group,
        "Name": key.name,
        "CreationDate": created_ms,
        "LastModificationDate": modified_ms,
    }
