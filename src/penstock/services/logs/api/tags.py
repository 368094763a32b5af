"""TagResource, UntagResource, ListTagsForResource, and their predecessors by log group name."""

from collections.abc import Collection, Mapping

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.logs import limits
from penstock.services.logs.errors import resource_not_found, too_many_tags
from penstock.services.logs.group import (
    Key,
    forget_group,
    get_group,
    group_arn,
    group_key,
    group_resource,
    key_of_arn,
    requested_tags,
)
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.logs")


def tagged_resource(logs: LogsState, call: Call, params: Params) -> str:
    """Returns the ARN of the log group as policies name it; AwsError ``ResourceNotFoundException``."""
    return group_arn(_key(params))


def removed_tags(logs: LogsState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call takes away."""
    return tag_keys({}, params.get("tagKeys") or params.get("tags") or ())


@operation("TagResource", action="logs:TagResource", resource=tagged_resource, context=requested_tags)
async def tag_resource(logs: LogsState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await logs.store.write(_tag, _key(params), params["tags"])


@operation("UntagResource", action="logs:UntagResource", resource=tagged_resource, context=removed_tags)
async def untag_resource(logs: LogsState, call: Call, params: Params) -> None:
    """Removes the tags with the keys."""
    await logs.store.write(_untag, _key(params), params["tagKeys"])


@operation("ListTagsForResource", action="logs:ListTagsForResource", resource=tagged_resource)
async def list_tags_for_resource(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the log group's tags."""
    return {"tags": await logs.store.read(_tags_of, _key(params))}


@operation("TagLogGroup", action="logs:TagLogGroup", resource=group_resource, context=requested_tags)
async def tag_log_group(logs: LogsState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await logs.store.write(_tag, group_key(call, params), params["tags"])


@operation("UntagLogGroup", action="logs:UntagLogGroup", resource=group_resource, context=removed_tags)
async def untag_log_group(logs: LogsState, call: Call, params: Params) -> None:
    """Removes the tags with the keys."""
    await logs.store.write(_untag, group_key(call, params), params["tags"])


@operation("ListTagsLogGroup", action="logs:ListTagsLogGroup", resource=group_resource)
async def list_tags_log_group(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the log group's tags."""
    return {"tags": await logs.store.read(_tags_of, group_key(call, params))}


def _key(params: Params) -> Key:
    key = key_of_arn(params["resourceArn"])
    if key is None:
        raise resource_not_found()
    return key


def _tags_of(tx: ReadTx, key: Key) -> dict[str, str]:
    row = tx.one(Q.find_tags, get_group(tx, key).id)
    tags: dict[str, str] = orjson.loads(row[0]) if row else {}
    return tags


def _tag(tx: Tx, key: Key, tags: Mapping[str, str]) -> None:
    merged = _tags_of(tx, key) | dict(tags)
    if len(merged) > limits.MAX_TAGS:
        raise too_many_tags()
    _put(tx, key, merged)


def _untag(tx: Tx, key: Key, names: Collection[str]) -> None:
    left = {name: value for name, value in _tags_of(tx, key).items() if name not in names}
    _put(tx, key, left)


def _put(tx: Tx, key: Key, tags: Mapping[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), get_group(tx, key).id)
    forget_group(tx, key)
