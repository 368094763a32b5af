"""A queue as a function's role sees it: what an event source mapping asks of SQS."""

from typing import Any

from penstock.access import Principal
from penstock.arn import Arn
from penstock.services.lambda_.functions.credentials import assume_role
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.sources.sqs_event import Message
from penstock.services.service import Parts

_RENEW_BEFORE_MS = 5 * 60_000
_DELETE_BATCH = 10


class QueueSource:
    """Reads one queue as a function's role. Everything raises AwsError as SQS answers it."""

    def __init__(self, parts: Parts, queue_arn: str) -> None:
        self._parts = parts
        self._queue = Arn.parse(queue_arn)
        self._credentials: dict[str, Any] = {}
        self._role = ""
        self._url = ""

    async def receive(self, function: Function, count: int, wait_s: int) -> list[Message]:
        """Returns up to ``count`` (at most ten) messages; waits for the first. May be cancelled at any time."""
        params = {
            "QueueUrl": await self.url(),
            "MaxNumberOfMessages": count,
            "WaitTimeSeconds": wait_s,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        found = await self._call(function, "ReceiveMessage", params)
        messages: list[Message] = found.get("Messages") or []
        return messages

    async def delete(self, function: Function, messages: list[Message]) -> None:
        """Removes the messages, which have been processed."""
        for at in range(0, len(messages), _DELETE_BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[at : at + _DELETE_BATCH])
            ]
            await self._call(
                function, "DeleteMessageBatch", {"QueueUrl": await self.url(), "Entries": entries}
            )

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

    async def _call(self, function: Function, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._as(await self._principal(function), operation, params)

    async def _as(self, principal: Principal, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await self._parts.call(
            "sqs",
            operation,
            params,
            principal=principal,
            account=principal.account,
            region=self._queue.region,
        )

    async def _principal(self, function: Function) -> Principal:
        now_ms = self._parts.clock.now_ms()
        ends = self._credentials.get("Expiration")
        if (
            ends is None
            or ends.timestamp() * 1000 - _RENEW_BEFORE_MS <= now_ms
            or self._role != function.role
        ):
            self._credentials = await assume_role(
                self._parts, function.account, function.region, function.name, function.role
            )
            self._role = function.role
        # Asked anew each time, so that what the role may do is what it may do now.
        return await self._parts.call.identify(
            self._credentials["AccessKeyId"], self._credentials["SessionToken"]
        )
