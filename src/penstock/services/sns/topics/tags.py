"""TagResource, UntagResource and ListTagsForResource.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html
"""

from collections.abc import Iterable, Mapping

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.sns import limits
from penstock.services.sns.arns import topic_arn, topic_key
from penstock.services.sns.errors import invalid_parameter, no_such_resource, too_many_tags
from penstock.services.sns.state import SnsState
from penstock.services.sns.topics.topic import Asked, Topic, asked_topic, find_topic, forget_topic
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def tagged_resource(sns: SnsState, call: Call, params: Params) -> str:
    """Returns the ARN of the topic that ``ResourceArn`` names."""
    return topic_arn(topic_key(params.get("ResourceArn"), "ResourceArn", call.region))


def requested_tags(sns: SnsState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = {tag["Key"]: tag.get("Value") or "" for tag in params.get("Tags") or [] if tag.get("Key")}
    return tag_keys(tags, params.get("TagKeys") or ())


@operation("TagResource", action="sns:TagResource", resource=tagged_resource, context=requested_tags)
async def tag_resource(sns: SnsState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await sns.store.write(
        _tag, asked_topic(call, params.get("ResourceArn"), "ResourceArn"), params.get("Tags") or []
    )
    return {}


@operation("UntagResource", action="sns:UntagResource", resource=tagged_resource, context=requested_tags)
async def untag_resource(sns: SnsState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys, as far as they are there."""
    asked = asked_topic(call, params.get("ResourceArn"), "ResourceArn")
    await sns.store.write(_untag, asked, params.get("TagKeys") or [])
    return {}


@operation("ListTagsForResource", action="sns:ListTagsForResource", resource=tagged_resource)
async def list_tags_for_resource(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the topic's tags."""
    tags = await sns.store.read(_tags, asked_topic(call, params.get("ResourceArn"), "ResourceArn"))
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def check_tags(present: Mapping[str, str], tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``present`` with ``tags``; AwsError when there are too many or one is not as tags must be."""
    merged, given = dict(present), set[str]()
    for tag in tags:
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not 1 <= len(key) <= limits.MAX_TAG_KEY or len(value) > limits.MAX_TAG_VALUE:
            raise invalid_parameter("Tags Reason: Tag keys have 1 to 128 characters, values at most 256")
        if key.lower().startswith("aws:"):
            raise invalid_parameter("Tags Reason: Tag keys must not start with aws:")
        if key in given:
            raise invalid_parameter("Duplicated keys are not allowed.")
        given.add(key)
        merged[key] = value
    if len(merged) > limits.MAX_TAGS:
        raise too_many_tags()
    return merged


def _topic(tx: ReadTx, asked: Asked) -> Topic:
    topic = find_topic(tx, asked.key)
    if topic is None or topic.identity != asked.identity:
        raise no_such_resource()
    return topic


def _tags(tx: ReadTx, asked: Asked) -> dict[str, str]:
    row = tx.one(Q.find_tags, _topic(tx, asked).id)
    tags: dict[str, str] = orjson.loads(row[0]) if row else {}
    return tags


def _tag(tx: Tx, asked: Asked, tags: Iterable[Mapping[str, str]]) -> None:
    _put(tx, asked, check_tags(_tags(tx, asked), tags))


def _untag(tx: Tx, asked: Asked, keys: list[str]) -> None:
    _put(tx, asked, {key: value for key, value in _tags(tx, asked).items() if key not in keys})


def _put(tx: Tx, asked: Asked, tags: Mapping[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), _topic(tx, asked).id)
    forget_topic(tx, asked.key)
