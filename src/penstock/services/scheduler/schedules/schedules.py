"""CreateSchedule, UpdateSchedule, GetSchedule, DeleteSchedule, ListSchedules.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
"""

from penstock.server import Call, Params, operation, page_token
from penstock.services.scheduler.arns import GroupKey, Place
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
    Schedule,
    find_schedule,
    get_schedule,
    named_schedule,
    schedule_key,
    schedule_of,
)
from penstock.services.scheduler.schedules.settings import Settings, settings_document, settings_of
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


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
    return {**schedule.settings, **_about(schedule)}


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
        last = found[limit - 1]
        answer["NextToken"] = page_token(f"{last.key.group}/{last.name}")
    return answer


async def _checked(scheduler: SchedulerState, call: Call, params: Params) -> Settings:
    if params.get("KmsKeyArn"):
        raise not_implemented("KMS keys are")
    settings = settings_of(params)
    check_settings(scheduler, call, settings)
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
        tx.insert(Q.add_schedule, *key, settings_document(settings), tx.now_ms, tx.now_ms, *plan)
        tx.after_commit(scheduler.woken.set)
        return {"ScheduleArn": key.arn}

    return once(tx, call, params, work)


def _update(tx: Tx, scheduler: SchedulerState, call: Call, params: Params, settings: Settings) -> Params:
    def work() -> Params:
        old = get_schedule(tx, schedule_key(call, params))
        check_start(settings, old.settings, tx.now_ms)
        planned_ms = replanned_ms(old.settings, settings, old.planned_ms, tx.now_ms)
        plan = (planned_ms, due_ms(settings, planned_ms, tx.ids.fraction()))
        tx.run(Q.put_schedule, settings_document(settings), tx.now_ms, *plan, old.id)
        tx.after_commit(scheduler.woken.set)
        return {"ScheduleArn": old.key.arn}

    return once(tx, call, params, work)


def _delete(tx: Tx, call: Call, params: Params) -> Params:
    def work() -> Params:
        tx.run(Q.delete_schedule, get_schedule(tx, schedule_key(call, params)).id)
        return {}

    return once(tx, call, params, work)


def _list(tx: ReadTx, place: Place, params: Params, after: str, limit: int) -> list[Schedule]:
    group, _, name = after.partition("/")
    if wanted := params.get("GroupName"):
        get_group(tx, GroupKey(*place, wanted))
        prefix = params.get("NamePrefix") or ""
        # The last of the page before comes once more.
        rows = tx.all(Q.find_schedules_of_group, *place, wanted, max(name, prefix), prefix + LAST, limit + 2)
        return [schedule_of(row) for row in rows if row[3] > name][: limit + 1]
    return [schedule_of(row) for row in tx.all(Q.find_schedules, *place, group, name, limit + 1)]


def _is_wanted(schedule: Schedule, params: Params) -> bool:
    state = params.get("State")
    return schedule.name.startswith(params.get("NamePrefix") or "") and state in (
        None,
        schedule.settings["State"],
    )


def _summary(schedule: Schedule) -> Params:
    settings = schedule.settings
    return {
        **_about(schedule),
        "State": settings["State"],
        "Target": {"Arn": settings["Target"]["Arn"]},
    }


def _about(schedule: Schedule) -> Params:
    return {
        "Arn": schedule.key.arn,
        "GroupName": schedule.key.group,
        "Name": schedule.name,
        "CreationDate": schedule.created_ms,
        "LastModificationDate": schedule.modified_ms,
    }
