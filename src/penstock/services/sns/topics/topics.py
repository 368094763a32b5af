"""CreateTopic, DeleteTopic and ListTopics."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.server import Call, Params, operation, page_token
from penstock.services.sns import limits
from penstock.services.sns.arns import Key, all_arns, topic_arn
from penstock.services.sns.errors import (
    has_archive,
    invalid_attribute,
    invalid_parameter,
    not_implemented,
    too_many_topics,
)
from penstock.services.sns.messages.certificate import ensure_certificate
from penstock.services.sns.paging import page_after
from penstock.services.sns.state import SnsState
from penstock.services.sns.topics.attributes import check_attribute, is_same
from penstock.services.sns.topics.feedback_roles import check_feedback_roles
from penstock.services.sns.topics.tags import check_tags, requested_tags
from penstock.services.sns.topics.topic import asked_topic, find_topic, forget_topic, topic_resource
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")


def named_resource(sns: SnsState, call: Call, params: Params) -> str:
    """Returns the ARN of the topic whose name is among the parameters."""
    return topic_arn((call.account, call.region, str(params.get("Name"))))


@operation("CreateTopic", action="sns:CreateTopic", resource=named_resource, context=requested_tags)
async def create_topic(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the ARN of the new topic, or of the one that is there already with the same attributes and tags."""
    name, given = str(params.get("Name") or ""), params.get("Attributes") or {}
    fifo = _check_name(name, given)
    if params.get("DataProtectionPolicy"):
        raise not_implemented("Message data protection (DataProtectionPolicy)")
    key = (call.account, call.region, name)
    attributes = {
        name: check_attribute(name, str(value), invalid_attribute, fifo=fifo)
        for name, value in given.items()
        if name != "FifoTopic"
    }
    if fifo:
        attributes["FifoTopic"] = "true"
    await check_feedback_roles(call, call.account, attributes)
    tags = check_tags({}, params.get("Tags") or [])
    if tags:
        await call.authorize("sns:TagResource", topic_arn(key), requested_tags(sns, call, params))
    await ensure_certificate(sns)
    await sns.store.write(_create, key, attributes, tags)
    return {"TopicArn": topic_arn(key)}


@operation("DeleteTopic", action="sns:DeleteTopic", resource=topic_resource)
async def delete_topic(sns: SnsState, call: Call, params: Params) -> None:
    """Deletes the topic, if it is there; its subscriptions go in small steps afterwards."""
    asked = asked_topic(call, params.get("TopicArn"))
    if await sns.store.write(_delete, asked.key, asked.identity):
        sns.sweeper.wake()


@operation("ListTopics", action="sns:ListTopics", resource=all_arns)
async def list_topics(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the ARNs of the account's topics, a hundred at a time."""
    after = page_after(params.get("NextToken"))
    names = await sns.store.read(_list, call.account, call.region, after)
    arns = [topic_arn((call.account, call.region, name)) for name in names[: limits.PAGE]]
    result: Params = {"Topics": [{"TopicArn": arn} for arn in arns]}
    if len(names) > limits.PAGE:
        result["NextToken"] = page_token(names[limits.PAGE - 1])
    return result


def _check_name(name: str, attributes: Mapping[str, Any]) -> bool:
    """Returns whether it is a FIFO topic's name; AwsError ``InvalidParameter`` when it is nobody's."""
    wanted = str(attributes.get("FifoTopic", "false"))
    if wanted not in ("true", "false"):
        raise invalid_attribute(f"FifoTopic: Invalid value [{wanted}]. Must be either true or false.")
    if wanted == "true" and not _FIFO_NAME.fullmatch(name):
        raise invalid_parameter(
            "Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters "
            "long."
        )
    if wanted == "false" and not _NAME.fullmatch(name):
        raise invalid_parameter("Topic Name")
    return wanted == "true"


def _create(tx: Tx, key: Key, attributes: dict[str, str], tags: dict[str, str]) -> None:
    present = find_topic(tx, key)
    if present is None:
        _check_room(tx, key)
        kept = {name: value for name, value in attributes.items() if value}
        archive_ms = tx.now_ms if "ArchivePolicy" in kept else None
        tx.insert(
            Q.add_topic, *key, orjson.dumps(kept).decode(), orjson.dumps(tags).decode(), tx.now_ms, archive_ms
        )
        forget_topic(tx, key)
        return
    if not is_same(attributes, present.attributes):
        raise invalid_attribute("Topic already exists with different attributes")
    row = tx.one(Q.find_tags, present.id)
    if tags and row and orjson.loads(row[0]) != tags:
        raise invalid_parameter("Tags Reason: Topic already exists with different tags")


def _check_room(tx: ReadTx, key: Key) -> None:
    account, region, name = key
    ((count, fifo),) = tx.all(Q.count_topics, "%.fifo", account, region)
    if (fifo >= limits.MAX_FIFO_TOPICS) if name.endswith(".fifo") else (count - fifo >= limits.MAX_TOPICS):
        raise too_many_topics()


def _delete(tx: Tx, key: Key, identity: object) -> bool:
    topic = find_topic(tx, key)
    if topic is None or topic.identity != identity:
        return False
    if topic.archive_days is not None:
        raise has_archive()
    tx.run(Q.put_dropped, topic.id)
    forget_topic(tx, key)
    return True


def _list(tx: ReadTx, account: str, region: str, after: str) -> list[str]:
    return [name for (name,) in tx.all(Q.find_topics, account, region, after, limits.PAGE + 1)]
