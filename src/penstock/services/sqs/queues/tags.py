"""TagQueue, UntagQueue and ListQueueTags."""

from collections.abc import Mapping

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.sqs import limits
from penstock.services.sqs.errors import invalid_parameter, missing_parameter
from penstock.services.sqs.queues.queue import Asked, asked_queue, forget_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def requested_tags(sqs: SqsState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = params.get("Tags") or params.get("tags") or {}
    return tag_keys({key: value or "" for key, value in tags.items()}, params.get("TagKeys") or ())


@operation("TagQueue", action="sqs:TagQueue", resource=queue_resource, context=requested_tags)
async def tag_queue(sqs: SqsState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    if not params.get("Tags"):
        raise missing_parameter("Tags")
    await sqs.store.write(_tag, asked_queue(call, params), params["Tags"])


@operation("UntagQueue", action="sqs:UntagQueue", resource=queue_resource, context=requested_tags)
async def untag_queue(sqs: SqsState, call: Call, params: Params) -> None:
    """Removes the tags with the keys, as far as they are there."""
    if not params.get("TagKeys"):
        raise missing_parameter("TagKeys")
    await sqs.store.write(_untag, asked_queue(call, params), params["TagKeys"])


@operation("ListQueueTags", action="sqs:ListQueueTags", resource=queue_resource)
async def list_queue_tags(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the queue's tags."""
    tags = await sqs.store.read(_tags_of, asked_queue(call, params))
    return {"Tags": tags} if tags else {}


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags; AwsError when there are too many or one is not as tags must be.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    """
    if len(tags) > limits.MAX_TAGS:
        raise invalid_parameter(f"Too many tags for a queue: at most {limits.MAX_TAGS} are allowed.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value or "") > 256:
            raise invalid_parameter("Tag keys must be between 1 and 128 characters, values at most 256.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter("Tag keys must not start with the reserved prefix aws:.")
    return {key: value or "" for key, value in tags.items()}


def _tags_of(tx: ReadTx, asked: Asked) -> dict[str, str]:
    row = tx.one(Q.find_tags, requested_queue(tx, asked).id)
    tags: dict[str, str] = orjson.loads(row[0]) if row else {}
    return tags


def _tag(tx: Tx, asked: Asked, tags: Mapping[str, str]) -> None:
    _put(tx, asked, check_tags(_tags_of(tx, asked) | dict(tags)))


def _untag(tx: Tx, asked: Asked, keys: list[str]) -> None:
    _put(tx, asked, {name: value for name, value in _tags_of(tx, asked).items() if name not in keys})


def _put(tx: Tx, asked: Asked, tags: Mapping[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), requested_queue(tx, asked).id)
    forget_queue(tx, asked.key)
