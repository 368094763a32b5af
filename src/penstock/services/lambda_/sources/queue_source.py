"""A queue as a function's role sees it: what an event source mapping asks of SQS."""

from collections.abc import Mapping
from typing import Any

from penstock.access import Principal
from penstock.arn import Arn
from penstock.services.batch_response import failed_messages
from penstock.services.filter_criteria import FilterCriteria, with_body_read
from penstock.services.lambda_.sources.sqs_event import record_bytes, sqs_event, sqs_record
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Fed, Message

_DELETE_BATCH = 10
_RECEIVE_MAX = 10
_CONCURRENCY = 5  # batches at once, as AWS begins with
_NO_SETTINGS: Mapping[str, Any] = {}


class QueueSource:
    """Reads one queue as a function's role. Everything raises AwsError as SQS answers it.

    Messages that were processed are deleted; the others come back when their visibility time-out ends.
    """

    def __init__(self, parts: Parts, queue_arn: str, settings: Mapping[str, Any] = _NO_SETTINGS) -> None:
        self.batches_at_once: int = (
            settings.get("ScalingConfig", {}).get("MaximumConcurrency") or _CONCURRENCY
        )
        self.window_s: int = settings.get("MaximumBatchingWindowInSeconds", 0)
        self._reports = "ReportBatchItemFailures" in settings.get("FunctionResponseTypes", ())
        self._filters = FilterCriteria(settings.get("FilterCriteria"))
        self._parts = parts
        self._arn = queue_arn
        self._queue = Arn.parse(queue_arn)
        self._role = ReaderRole(parts)
        self._url = ""

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        """Returns up to ``count`` (at most ten) messages; waits for the first. May be cancelled at any time."""
        params = {
            "QueueUrl": await self.url(),
            "MaxNumberOfMessages": min(count, _RECEIVE_MAX),
            "WaitTimeSeconds": wait_s,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        found = await self._call(function, "ReceiveMessage", params)
        return [self._message(content) for content in found.get("Messages") or []]

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        """Deletes what is ``done``."""
        for at in range(0, len(done), _DELETE_BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.content["ReceiptHandle"]}
                for number, message in enumerate(done[at : at + _DELETE_BATCH])
            ]
            await self._call(
                function, "DeleteMessageBatch", {"QueueUrl": await self.url(), "Entries": entries}
            )

    def event(self, messages: list[Message]) -> bytes:
        """Returns the event, ``{"Records": [...]}``."""
        return sqs_event([message.content for message in messages], self._arn, self._queue.region)

    def left_out(self, message: Message) -> str:
        """Returns which fields the filters miss in the message, "" when it passes."""
        if not self._filters:
            return ""
        record = with_body_read(sqs_record(message.content, self._arn, self._queue.region))
        return "" if self._filters.passes(record) else self._filters.why_not(record)

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        """Returns the ids of the messages that the function could not process, by its ``batchItemFailures``."""
        return failed_messages(response, {message.id for message in messages}) if self._reports else set()

    async def attributes(self, principal: Principal) -> dict[str, str]:
        """Returns the queue's attributes, as ``principal`` may read them."""
        params = {"QueueUrl": await self.url(), "AttributeNames": ["All"]}
        found = await self._as(principal, "GetQueueAttributes", params)
        attributes: dict[str, str] = found.get("Attributes") or {}
        return attributes

    async def url(self) -> str:
        """Returns the queue's URL."""
        if not self._url:
            owner = Principal.root(self._queue.account)
            found = await self._as(owner, "GetQueueUrl", {"QueueName": self._queue.resource})
            self._url = found["QueueUrl"]
        return self._url

    def _message(self, content: dict[str, Any]) -> Message:
        attributes = content["Attributes"]
        return Message(
            id=content["MessageId"],
            size=record_bytes(content, self._arn, self._queue.region),
            turn=int(attributes["ApproximateReceiveCount"]),
            trace=attributes.get("AWSTraceHeader"),
            content=content,
            group=attributes.get("MessageGroupId") if self._arn.endswith(".fifo") else None,
        )

    async def _call(self, function: Fed, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._as(await self._role.principal(function), operation, params)

    async def _as(self, principal: Principal, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._parts.call(
            "sqs",
            operation,
            params,
            principal=principal,
            account=principal.account,
            region=self._queue.region,
        )
