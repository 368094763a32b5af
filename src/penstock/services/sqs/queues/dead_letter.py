"""Dead-letter queues: who may use which, and ListDeadLetterSourceQueues."""

from collections.abc import Mapping

from penstock.server import Call, Params, operation
from penstock.services.sqs.errors import invalid_value
from penstock.services.sqs.queues.attributes import allows_redrive, redrive_target
from penstock.services.sqs.queues.paging import make_token, page_size, read_token
from penstock.services.sqs.queues.queue import (
    Asked,
    Key,
    arn_of_key,
    asked_queue,
    find_queue,
    key_of_arn,
    requested_queue,
    url_of_key,
)
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import ReadTx, queries

Q = queries(__package__)


@operation("ListDeadLetterSourceQueues", action="sqs:ListDeadLetterSourceQueues", resource=queue_resource)
async def list_dead_letter_source_queues(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the URLs of the queues that have this one as their dead-letter queue."""
    asked = asked_queue(call, params)
    size = page_size(params.get("MaxResults"))
    keys = await sqs.store.read(_sources, asked, read_token(params.get("NextToken")), size + 1)
    result: Params = {"queueUrls": [url_of_key(call.endpoint, sqs.region, source) for source in keys[:size]]}
    if len(keys) > size:
        result["NextToken"] = make_token(keys[size - 1][2])
    return result


def check_redrive_target(tx: ReadTx, key: Key, attributes: Mapping[str, str], *, fifo: bool) -> None:
    """Returns when the queue may have the dead-letter queue that its attributes name, if any; else AwsError."""
    target = redrive_target(attributes)
    if target is None:
        return
    text = attributes["RedrivePolicy"]
    target_key = key_of_arn(target)
    if target_key is None or target_key[:2] != key[:2]:
        raise invalid_value(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    queue = find_queue(tx, target_key)
    if queue is None:
        raise invalid_value(text, "RedrivePolicy", "Dead letter target does not exist.")
    if (queue.fifo is not None) != fifo:
        raise invalid_value(
            text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source."
        )
    if not allows_redrive(queue.attributes, arn_of_key(key)):
        reason = "The redrive allow policy of the dead letter target does not permit this source queue."
        raise invalid_value(text, "RedrivePolicy", reason)


def source_keys(tx: ReadTx, arn: str, after: str, count: int) -> list[Key]:
    """Returns at most ``count`` queues that have ``arn`` as their dead-letter queue, from behind the name ``after``."""
    rows = tx.all(Q.find_dead_letter_sources, arn, after, count)
    return [(account, region, name) for account, region, name in rows]


def _sources(tx: ReadTx, asked: Asked, after: str, count: int) -> list[Key]:
    return source_keys(tx, requested_queue(tx, asked).arn, after, count)
