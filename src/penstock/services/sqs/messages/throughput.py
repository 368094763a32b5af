"""How many calls a FIFO queue takes in a second, when quotas are held.

Source: the pages troubleshooting-fifo-throttling-issues and high-throughput-fifo of
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/: 300 of each action, a batch being one; with
high throughput 300 of each message group.
"""

from collections.abc import Hashable, Iterable

from penstock.services.sqs.errors import request_throttled
from penstock.services.sqs.limits import FIFO_CALLS
from penstock.services.sqs.queues.queue import Asked, requested_queue
from penstock.services.sqs.state import SqsState


async def check_rate(
    sqs: SqsState, asked: Asked, action: str, groups: Iterable[str | None] | None = None
) -> None:
    """Returns when the queue takes one more call of ``action`` in this second; AwsError ``RequestThrottled``.

    ``groups`` are those of the messages that are sent; None: of messages that are there already.
    """
    if not sqs.quotas.are_on:
        return
    queue = await sqs.store.read(requested_queue, asked)
    if queue.fifo is None:
        return
    keys: set[Hashable] = {(queue.identity, action)}
    if queue.attributes.get("FifoThroughputLimit") == "perMessageGroupId":
        keys = {(queue.identity, action, group) for group in groups or ()}
    if not all(sqs.quotas.admit(key, FIFO_CALLS) for key in keys):
        raise request_throttled()
