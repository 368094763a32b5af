"""TagResource, UntagResource, ListTagsForResource, of groups: schedules have no tags."""

from penstock.server import Call, Params, listed_tags, operation, requested_tags
from penstock.services.scheduler.arns import GroupKey, group_of
from penstock.services.scheduler.errors import validation
from penstock.services.scheduler.groups.group import get_group, put_tags
from penstock.services.scheduler.groups.tag_list import checked_tags
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx


def tagged_group(scheduler: SchedulerState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["ResourceArn"])


@operation("TagResource", action="scheduler:TagResource", resource=tagged_group, context=requested_tags)
async def tag_resource(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await scheduler.store.write(_tag, _key(params), params["Tags"])
    return {}


@operation("UntagResource", action="scheduler:UntagResource", resource=tagged_group, context=requested_tags)
async def untag_resource(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys."""
    await scheduler.store.write(_untag, _key(params), frozenset(params["TagKeys"]))
    return {}


@operation("ListTagsForResource", action="scheduler:ListTagsForResource", resource=tagged_group)
async def list_tags_for_resource(scheduler: SchedulerState, call: Call, params: Params) -> Params:
    """Returns the tags of a group."""
    return {"Tags": listed_tags(await scheduler.store.read(_tags, _key(params)))}


def _key(params: Params) -> GroupKey:
    key = group_of(params["ResourceArn"])
    if key is None:
        raise validation("The resource ARN is not that of a schedule group.")
    return key


def _tags(tx: ReadTx, key: GroupKey) -> dict[str, str]:
    return dict(get_group(tx, key).tags)


def _tag(tx: Tx, key: GroupKey, given: list[dict[str, str]]) -> None:
    group = get_group(tx, key)
    put_tags(tx, group, checked_tags(group.tags, given))


def _untag(tx: Tx, key: GroupKey, keys: frozenset[str]) -> None:
    group = get_group(tx, key)
    put_tags(tx, group, {name: value for name, value in group.tags.items() if name not in keys})
