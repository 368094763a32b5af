"""SQS queues as event sources: what a mapping may say of one, and whether it can be read."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.filter_criteria import with_filters
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.role import check_may
from penstock.services.lambda_.sources.queue_source import QueueSource
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Fed, Feed, Source

_BATCH = 10  # by default, at most for FIFO queues, and at most without a window
_SETTINGS = ("BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig")
_STREAMS_ONLY = (
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
)
_QUERY_CODES = {"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue"}  # Lambda shows the older name
_ROLE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


class Queues:
    """The kind ``sqs``."""

    label = "SQS queues"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def settings(self, old: MappingOf[str, Any], params: Params, source_arn: str) -> dict[str, Any]:
        """Returns ``old`` with what ``params`` set; AwsError when it cannot be so."""
        for member in _STREAMS_ONLY:
            if params.get(member) is not None:
                raise invalid(f"{member} is not supported for SQS event sources.")
        settings = {"BatchSize": _BATCH, "MaximumBatchingWindowInSeconds": 0, **old}
        settings |= {member: params[member] for member in _SETTINGS if params.get(member) is not None}
        _check_batch(settings["BatchSize"], settings["MaximumBatchingWindowInSeconds"], source_arn)
        return with_filters(settings, params)

    async def check(self, call: Call, function: Fed, source_arn: str) -> None:
        """Raises AwsError when the function's role may not read the queue, or runs for longer than its time-out."""
        principal = await ReaderRole(self._parts).principal(function)
        source = QueueSource(self._parts, source_arn)
        try:
            await source.url()
            for action in _ROLE_ACTIONS:
                await check_may(call, principal, action, source_arn)
            attributes = await source.attributes(principal)
        except AwsError as error:
            if error.code == "InvalidParameterValueException":
                raise
            code = _QUERY_CODES.get(error.code, error.code)
            raise invalid(
                f"Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {error.message}"
            ) from None
        visibility_s = int(attributes["VisibilityTimeout"])
        if visibility_s < function.timeout_s:
            raise invalid(
                f"Queue visibility timeout: {visibility_s} seconds is less than "
                f"Function timeout: {function.timeout_s} seconds"
            )

    def open(self, feed: Feed) -> Sequence[Source]:
        """Returns the queue."""
        return [QueueSource(self._parts, feed.source_arn, feed.settings)]


def _check_batch(size: int, window_s: int, source_arn: str) -> None:
    if source_arn.endswith(".fifo"):
        if size > _BATCH:
            raise invalid(f"Batch size for a FIFO queue must be at most {_BATCH}.")
        if window_s:
            raise invalid("Batching window is not supported for FIFO queues")
    if size > _BATCH and not window_s:
        raise invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
