"""Publish and PublishBatch.

Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from penstock.access import Principal
from penstock.clock import Ids
from penstock.delivery import Message, Origin
from penstock.delivery.trace_header import Trace, message_header
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.customer_keys import KeyRefusal
from penstock.services.sns import limits
from penstock.services.sns.arns import topic_arn, topic_key
from penstock.services.sns.errors import (
    batch_too_long,
    empty_batch,
    invalid_entry_id,
    invalid_parameter,
    key_refused,
    not_implemented,
    repeated_entry_id,
    throttled,
    too_many_entries,
)
from penstock.services.sns.fifo.archive import archive
from penstock.services.sns.fifo.order import check_order, numbered
from penstock.services.sns.messages.message_attributes import check_attributes
from penstock.services.sns.messages.notification import Notification
from penstock.services.sns.publishing.fan_out import FanOut
from penstock.services.sns.state import SnsState
from penstock.services.sns.topics.encryption import check_key
from penstock.services.sns.topics.topic import Asked, Topic, asked_topic, requested_topic, topic_resource
from penstock.store import Tx

_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def published_to(sns: SnsState, call: Call, params: Params) -> str:
    """Returns the ARN of the topic that is published to; AwsError, also for what this server has no way to."""
    if params.get("PhoneNumber"):
        raise not_implemented("Publishing to a phone number")
    given = params.get("TopicArn") or params.get("TargetArn")
    if not given:
        raise invalid_parameter("TopicArn or TargetArn Reason: no value for required parameter")
    if params.get("TopicArn") and params.get("TargetArn"):
        raise invalid_parameter("TopicArn or TargetArn Reason: both values are not allowed")
    if ":endpoint/" in str(given) or ":app/" in str(given):
        raise not_implemented("Publishing to a mobile endpoint")
    return topic_arn(topic_key(given, "TopicArn" if params.get("TopicArn") else "TargetArn", call.region))


@operation("Publish", action="sns:Publish", resource=published_to)
async def publish(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the message's id once it is durable, with every delivery into this server that fits into the commit."""
    asked = asked_topic(call, params.get("TopicArn") or params.get("TargetArn"))
    await _check_rate(sns, asked, [params])
    message = _message(sns.ids, call)
    (result,) = await sns.store.write(_publish_all, sns, asked, [params], message, call.principal)
    if isinstance(result, AwsError):
        raise result
    return _published(result)


@operation("PublishBatch", action="sns:Publish", resource=topic_resource)
async def publish_batch(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns what became of each entry; those of a FIFO topic are published one after the other."""
    entries = _check_entries(params.get("PublishBatchRequestEntries") or [])
    asked = asked_topic(call, params.get("TopicArn"))
    await _check_rate(sns, asked, entries)
    message = _message(sns.ids, call)
    topic = await sns.store.read(requested_topic, asked)
    if sum(map(_size, entries)) > topic.max_bytes:
        raise batch_too_long()
    groups = [[entry] for entry in entries] if topic.is_fifo else [entries]
    results = [
        result
        for group in groups
        for result in await sns.store.write(_publish_all, sns, asked, group, message, call.principal)
    ]
    successful, failed = [], []
    for entry, result in zip(entries, results, strict=True):
        if isinstance(result, AwsError):
            failed.append(
                {"Id": entry["Id"], "Code": result.code, "Message": result.message, "SenderFault": True}
            )
        else:
            successful.append({"Id": entry["Id"], **_published(result)})
    return {"Successful": successful, "Failed": failed}


async def _check_rate(sns: SnsState, asked: Asked, entries: Sequence[Mapping[str, Any]]) -> None:
    """Returns when a FIFO topic takes so many more messages in this second; AwsError ``Throttled``."""
    if not sns.quotas.are_on:
        return
    topic = await sns.store.read(requested_topic, asked)
    if not topic.is_fifo:
        return
    most, counts = limits.FIFO_MESSAGES, Counter({topic.arn: len(entries)})
    if topic.attributes.get("FifoThroughputScope") == "MessageGroup":
        most = limits.FIFO_GROUP_MESSAGES
        counts = Counter(f"{topic.arn} {entry.get('MessageGroupId')}" for entry in entries)
    if not all(sns.quotas.admit(key, most, count) for key, count in counts.items()):
        raise throttled()


def publish_in(
    tx: Tx, sns: SnsState, topic: Topic, notification: Notification, message: Message
) -> Notification:
    """Returns the message as it was published, with its number; AwsError when the topic does not take it so.

    ``message`` has the trace, and the origin that the deliveries go back to.
    """
    checked = check_order(topic, notification)
    is_new = True
    if topic.is_fifo:
        checked, is_new = numbered(tx, topic, checked)
    if is_new:
        sns.traffic.published(tx, topic.key, _published_bytes(checked))
        archive(tx, topic, checked)
        FanOut(tx, sns, topic, checked, message).run()
    return checked


def new_notification(topic: Topic, params: Mapping[str, Any], id: str, now_ms: int) -> Notification:
    """Returns the message that the members of Publish (or of a batch entry) describe; AwsError when they do not."""
    text = params.get("Message")
    if not text:
        raise invalid_parameter("Empty message")
    attributes = params.get("MessageAttributes") or {}
    if len(text.encode()) + check_attributes(attributes) > topic.max_bytes:
        raise invalid_parameter("Message too long")
    subject = params.get("Subject")
    if subject is not None and not (1 <= len(subject) <= limits.MAX_SUBJECT and not _CONTROL.search(subject)):
        raise invalid_parameter("Subject")
    made = Notification(
        id,
        topic.arn,
        now_ms,
        text,
        subject=subject,
        attributes=attributes,
        group=params.get("MessageGroupId"),
        deduplication_id=params.get("MessageDeduplicationId"),
    )
    structure = params.get("MessageStructure")
    return made if structure is None else _structured(made, structure)


def _published_bytes(notification: Notification) -> int:
    texts = (notification.message, *(notification.texts or {}).values())
    return sum(len(text.encode()) for text in texts) + check_attributes(notification.attributes)


def _structured(notification: Notification, structure: str) -> Notification:
    if structure != "json":
        raise invalid_parameter("Message Structure - Invalid message structure parameter")
    try:
        found = orjson.loads(notification.message)
    except orjson.JSONDecodeError:
        raise invalid_parameter("Message Structure - JSON message body failed to parse") from None
    if not isinstance(found, dict):
        raise invalid_parameter("Message Structure - JSON message body failed to parse")
    texts = {protocol: text for protocol, text in found.items() if isinstance(text, str)}
    if "default" not in texts:
        raise invalid_parameter("Message Structure - No default entry in JSON message body")
    return replace(notification, message=texts.pop("default"), texts=texts)


def _publish_all(
    tx: Tx,
    sns: SnsState,
    asked: Asked,
    entries: Sequence[Mapping[str, Any]],
    message: Message,
    principal: Principal,
) -> list[Notification | AwsError]:
    topic = requested_topic(tx, asked)
    try:
        check_key(tx, sns.parts.keys, principal, topic)
    except KeyRefusal as refusal:
        raise key_refused(refusal) from None
    message = message._replace(origin=Origin())  # what fits into one commit is shared by the entries
    results: list[Notification | AwsError] = []
    for entry in entries:
        try:
            notification = new_notification(topic, entry, tx.ids.uuid(), tx.now_ms)
            check_order(topic, notification)
        except AwsError as error:
            results.append(error)
        else:
            results.append(publish_in(tx, sns, topic, notification, message))
    return results


def _message(ids: Ids, call: Call) -> Message:
    """Returns what is sent, as yet without a body: with the trace of the call, or one of its own."""
    if isinstance(call.trace, Trace):
        return Message(b"", call.trace)
    return Message(b"", message_header(call.trace, ids.hex(16), now_ms=call.now_ms, ids=ids))


def _check_entries(entries: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    if not entries:
        raise empty_batch()
    if len(entries) > limits.MAX_BATCH_ENTRIES:
        raise too_many_entries()
    ids = [str(entry.get("Id") or "") for entry in entries]
    if not all(map(_ENTRY_ID.fullmatch, ids)):
        raise invalid_entry_id()
    if len(set(ids)) < len(ids):
        raise repeated_entry_id()
    return entries


def _size(entry: Mapping[str, Any]) -> int:
    size = len((entry.get("Message") or "").encode())
    for name, value in (entry.get("MessageAttributes") or {}).items():
        data = value.get("BinaryValue") or (value.get("StringValue") or "").encode()
        size += len(name.encode()) + len((value.get("DataType") or "").encode()) + len(data)
    return size


def _published(notification: Notification) -> Params:
    found = {"MessageId": notification.id, "SequenceNumber": notification.sequence}
    return {name: value for name, value in found.items() if value is not None}
