"""CreateScheduleGroup, GetScheduleGroup, DeleteScheduleGroup, ListScheduleGroups.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
"""

import orjson

from penstock.server import Call, Params, operation, page_token, requested_tags
from penstock.services.scheduler.arns import DEFAULT, GroupKey, Place, ScheduleKey
from penstock.services.scheduler.client_tokens import once
from penstock.services.scheduler.errors import group_exists, too_many, validation
from penstock.services.scheduler.groups.group import (
    Group,
    GroupState,
    find_group,
    get_group,
    group_key,
    named_group,
)
from penstock.services.scheduler.groups.tag_list import checked_tags
from penstock.services.scheduler.limits import MAX_GROUPS
from penstock.services.scheduler.paging import LAST, page_after
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_STEP = 200


@operation(
    "CreateScheduleGroup",
    action="scheduler:CreateScheduleGroup",
    resource=named_group,
    context=requested_tags,
)
async def create_schedule_group(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the ARN of the new group; giving it tags takes the right to."""
    if params.get("Tags"):
        asked = requested_tags(scheduler, call, params)
        await call.authorize("scheduler:TagResource", group_key(call, params).arn, asked)
    return await scheduler.store.write(_create, call, params)


@operation("GetScheduleGroup", action="scheduler:GetScheduleGroup", resource=named_group)
async def get_schedule_group(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns what the group is."""
    return _shown(await scheduler.store.read(get_group, group_key(call, params)))


@operation("DeleteScheduleGroup", action="scheduler:DeleteScheduleGroup", resource=named_group)
async def delete_schedule_group(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Marks the group as on its way out; its schedules go in small steps, and then it."""
    if params["Name"] == DEFAULT:
        raise validation("The default schedule group can't be deleted.")
    every = ScheduleKey(*group_key(call, params), "*")
    await call.authorize("scheduler:DeleteSchedule", every.arn)
    return await scheduler.store.write(_delete, scheduler, call, params)


@operation("ListScheduleGroups", action="scheduler:ListScheduleGroups")
async def list_schedule_groups(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the account's groups by name, of a prefix."""
    after, limit = page_after(params)
    place = Place(call.account, call.region)
    found = await scheduler.store.read(_list, place, params.get("NamePrefix") or "", after, limit)
    answer: Params = {"ScheduleGroups": [_shown(group) for group in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].name)
    return answer


def empty_group(tx: Tx) -> bool:
    """Takes some schedules out of a group that is deleted, at last the group; returns whether there may be more."""
    row = tx.one(Q.find_deleting)
    if row is None:
        return False
    id, *key = row
    rows = tx.all(Q.find_some_schedules, *key, _STEP)
    for (schedule,) in rows:
        tx.run(Q.delete_schedule, schedule)
    if not rows:
        tx.run(Q.delete_group, id)
    return True


def _create(tx: Tx, call: Call, params: Params) -> Params:
    return once(tx, call, params, lambda: _create_once(tx, call, params))


def _create_once(tx: Tx, call: Call, params: Params) -> Params:
    key = group_key(call, params)
    if find_group(tx, key):
        raise group_exists(key.name)
    if len(tx.all(Q.find_groups, call.account, call.region, "", LAST, MAX_GROUPS)) >= MAX_GROUPS:
        raise too_many("schedule groups")
    tags = orjson.dumps(checked_tags({}, params.get("Tags") or [])).decode()
    tx.insert(Q.add_group, *key, tags, tx.now_ms, tx.now_ms)
    return {"ScheduleGroupArn": key.arn}


def _delete(tx: Tx, scheduler: SchedulerState, call: Call, params: Params) -> Params:
    return once(tx, call, params, lambda: _delete_once(tx, scheduler, group_key(call, params)))


def _delete_once(tx: Tx, scheduler: SchedulerState, key: GroupKey) -> Params:
    group = get_group(tx, key)
    if group.state is GroupState.ACTIVE:
        tx.run(Q.put_deleting, tx.now_ms, group.id)
        tx.after_commit(scheduler.sweeper.wake)
    return {}


def _list(tx: ReadTx, place: Place, prefix: str, after: str, limit: int) -> list[Group]:
    # The last of the page before comes once more, and so may the default group, which need not have a row.
    rows = tx.all(Q.find_groups, *place, max(after, prefix), prefix + LAST, limit + 2)
    names = {name for (name,) in rows} | ({DEFAULT} if DEFAULT.startswith(prefix) else set())
    wanted = sorted(name for name in names if name > after)
    return [get_group(tx, GroupKey(*place, name)) for name in wanted[: limit + 1]]


def _shown(group: Group) -> Params:
    shown: Params = {"Arn": group.key.arn, "Name": group.name, "State": group.state.value}
    if group.created_ms is not None:
        shown |= {"CreationDate": group.created_ms, "LastModificationDate": group.modified_ms}
    return shown
