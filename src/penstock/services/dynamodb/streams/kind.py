"""DynamoDB streams as event sources: what a mapping may say of one, and whether it can be read.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.dynamodb.streams.source import StreamSource
from penstock.services.dynamodb.streams.stream import get_stream
from penstock.services.filter_criteria import with_filters
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Fed, Feed, Source

_MAX_BATCH = 10_000
_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "TumblingWindowInSeconds": 0,
}
_SETTINGS = (*_DEFAULTS, "StartingPosition", "FunctionResponseTypes")
_NOT_FOR_STREAMS = (
    "StartingPositionTimestamp",
    "ScalingConfig",
    "Topics",
    "Queues",
    "SourceAccessConfigurations",
    "SelfManagedEventSource",
    "AmazonManagedKafkaEventSourceConfig",
    "SelfManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
)
_ROLE_ACTIONS = ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")


class StreamKind:
    """The kind ``dynamodb``."""

    label = "DynamoDB streams"

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._opened: dict[str, list[StreamSource]] = {}

    def settings(self, old: MappingOf[str, Any], params: Params, source_arn: str) -> dict[str, Any]:
        """Returns ``old`` with what ``params`` set; AwsError when it cannot be so."""
        for member in _NOT_FOR_STREAMS:
            if params.get(member) is not None:
                raise _invalid(f"{member} is not supported for DynamoDB event sources.")
        settings = {**_DEFAULTS, **old}
        settings |= {member: params[member] for member in _SETTINGS if params.get(member) is not None}
        if settings["BatchSize"] > _MAX_BATCH:
            raise _invalid(f"Batch size for DynamoDB event sources must be at most {_MAX_BATCH}.")
        if 0 <= settings["MaximumRecordAgeInSeconds"] < 60:
            raise _invalid("MaximumRecordAgeInSeconds must be -1 or at least 60.")
        _check_start(settings.get("StartingPosition"))
        _check_destinations(settings["DestinationConfig"])
        return with_filters(settings, params)

    async def check(self, call: Call, function: Fed, source_arn: str) -> None:
        """Raises AwsError when the stream is not there, or the function's role may not read it."""
        try:
            await self._parts.store.read(get_stream, source_arn)
        except AwsError:
            raise _invalid(f"Stream not found: {source_arn}") from None
        try:
            principal = await ReaderRole(self._parts).principal(function)
            for action in _ROLE_ACTIONS:
                await replace(call, principal=principal).authorize(f"dynamodb:{action}", source_arn)
        except AwsError:
            raise _invalid(
                f"Cannot access stream {source_arn}. Please ensure the role can perform the GetRecords, "
                "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."
            ) from None

    def open(self, feed: Feed) -> Sequence[Source]:
        """Returns a reader for each part; those that were opened before go on, for they know what they have given."""
        parts = feed.settings["ParallelizationFactor"]
        former = self._opened.get(feed.uuid, [])
        sources = former
        if len(former) != parts:
            sources = [
                StreamSource(self._parts, feed.uuid, feed.source_arn, part, parts) for part in range(parts)
            ]
            for source in sources:
                source.forerunners = list(former)
            self._opened[feed.uuid] = sources
        for source in sources:
            source.configure(feed.settings)
        return sources


def _check_start(position: str | None) -> None:
    if position is None:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
            status=400,
        )
    if position == "AT_TIMESTAMP":
        raise _invalid("Unsupported starting position for source type DYNAMODB: AT_TIMESTAMP")


def _check_destinations(config: dict[str, Any]) -> None:
    if config.get("OnSuccess"):
        raise _invalid("OnSuccess destinations are not supported for event source mappings.")
    arn = config.get("OnFailure", {}).get("Destination")
    if arn and arn.split(":")[2:3] not in (["sqs"], ["sns"]):
        raise _invalid("The OnFailure destination of a stream can be an SQS queue or an SNS topic.")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, status=400)
