"""TagResource, UntagResource, ListTagsForResource, of alarms and dashboards.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from collections.abc import Mapping

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch.alarms.alarm import Alarm, find_alarm, put_tags
from penstock.services.cloudwatch.alarms.tag_list import checked_tags, requested_tags, shown_tags
from penstock.services.cloudwatch.arns import named_alarm
from penstock.services.cloudwatch.errors import invalid_value, no_resource
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import ReadTx, Tx


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
    """Returns the tags of an alarm."""
    alarm = await cloudwatch.store.read(_alarm, params["ResourceARN"])
    return {"Tags": shown_tags(alarm.tags)}


def _alarm(tx: ReadTx, arn: str) -> Alarm:
    key = named_alarm(arn)
    if key is None:
        raise invalid_value(f"The value {arn} for parameter ResourceARN is invalid.")
    found = find_alarm(tx, key)
    if found is None:
        raise no_resource(arn)
    return found


def _tag(tx: Tx, arn: str, given: list[Mapping[str, str]]) -> None:
    alarm = _alarm(tx, arn)
    put_tags(tx, alarm, checked_tags(alarm.tags, given))


def _untag(tx: Tx, arn: str, keys: frozenset[str]) -> None:
    alarm = _alarm(tx, arn)
    put_tags(tx, alarm, {key: value for key, value in alarm.tags.items() if key not in keys})
