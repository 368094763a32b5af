"""TagResource, UntagResource, ListTagsForResource, of alarms and dashboards.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation, requested_tags
from penstock.services.cloudwatch.alarms.alarm import Alarm, find_alarm, put_tags
from penstock.services.cloudwatch.arns import named_alarm, named_dashboard
from penstock.services.cloudwatch.dashboards.dashboards import find_dashboard, put_dashboard_tags
from penstock.services.cloudwatch.errors import invalid_value, no_resource
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.services.cloudwatch.tag_list import checked_tags, shown_tags
from penstock.store import ReadTx, Tx

Tags = Mapping[str, str]


class _Tagged(NamedTuple):
    """The tags of something, and what replaces them."""

    tags: Tags
    put: Callable[[Tx, Tags], None]


def tagged_resource(cloudwatch: CloudWatchState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["ResourceARN"])


@operation("TagResource", action="cloudwatch:TagResource", resource=tagged_resource, context=requested_tags)
async def tag_resource(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await cloudwatch.store.write(_tag, params["ResourceARN"], params["Tags"])
    return {}


@operation(
    "UntagResource", action="cloudwatch:UntagResource", resource=tagged_resource, context=requested_tags
)
async def untag_resource(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys."""
    await cloudwatch.store.write(_untag, params["ResourceARN"], frozenset(params["TagKeys"]))
    return {}


@operation("ListTagsForResource", action="cloudwatch:ListTagsForResource", resource=tagged_resource)
async def list_tags_for_resource(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the tags of an alarm or a dashboard."""
    found = await cloudwatch.store.read(_tagged, params["ResourceARN"])
    return {"Tags": shown_tags(found.tags)}


def tags_of(tx: ReadTx, arn: str) -> Tags:
    """Returns the tags of what has this ARN; none when there is nothing."""
    try:
        return _tagged(tx, arn).tags
    except AwsError:
        return {}


def _tagged(tx: ReadTx, arn: str) -> _Tagged:
    if key := named_alarm(arn):
        alarm = find_alarm(tx, key)
        if alarm is None:
            raise no_resource(arn)
        return _Tagged(alarm.tags, partial(_put_alarm_tags, alarm))
    if name := named_dashboard(arn):
        try:
            return _Tagged(find_dashboard(tx, *name).tags, partial(_put_dashboard_tags, name))
        except AwsError:
            raise no_resource(arn) from None
    raise invalid_value(f"The value {arn} for parameter ResourceARN is invalid.")


def _put_alarm_tags(alarm: Alarm, tx: Tx, tags: Tags) -> None:
    put_tags(tx, alarm, tags)


def _put_dashboard_tags(name: tuple[str, str], tx: Tx, tags: Tags) -> None:
    put_dashboard_tags(tx, *name, tags)


def _tag(tx: Tx, arn: str, given: list[Mapping[str, str]]) -> None:
    found = _tagged(tx, arn)
    found.put(tx, checked_tags(found.tags, given))


def _untag(tx: Tx, arn: str, keys: frozenset[str]) -> None:
    found = _tagged(tx, arn)
    found.put(tx, {key: value for key, value in found.tags.items() if key not in keys})
