"""What a function gets from a stream, and what its failure destination gets when it fails for good.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

Record = dict[str, Any]
"""A record as GetRecords returns it."""

_NOTHING: Mapping[str, Any] = {}


def stream_event(records: list[Record], stream_arn: str, about: Mapping[str, Any] = _NOTHING) -> bytes:
    """Returns the event, ``{"Records": [...]}``, with what there is to say besides."""
    return orjson.dumps(
        {"Records": [{**record, "eventSourceARN": stream_arn} for record in records], **about},
        default=_plain,
        option=orjson.OPT_PASSTHROUGH_DATETIME,
    )


def record_bytes(record: Record, stream_arn: str) -> int:
    """Returns how much of a payload the record takes."""
    return len(stream_event([record], stream_arn))


def failure(records: list[Record], about: dict[str, Any], condition: str, now_ms: int) -> str:
    """Returns what is sent of a batch that was given up; ``condition`` says why."""
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    invoked = condition == "RetryAttemptsExhausted"
    batch = {
        "shardId": about["shard"],
        "startSequenceNumber": first["SequenceNumber"],
        "endSequenceNumber": last["SequenceNumber"],
        "approximateArrivalOfFirstRecord": _time(first["ApproximateCreationDateTime"], "seconds"),
        "approximateArrivalOfLastRecord": _time(last["ApproximateCreationDateTime"], "seconds"),
        "batchSize": len(records),
        "streamArn": about["stream"],
    }
    message = {
        "requestContext": {
            "requestId": about["request_id"],
            "functionArn": about["function"],
            "condition": condition,
            "approximateInvokeCount": about["tries"],
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
        if invoked
        else None,
        "version": "1.0",
        "timestamp": _time(datetime.fromtimestamp(now_ms / 1000, UTC), "milliseconds"),
        "DDBStreamBatchInfo": batch,
    }
    return orjson.dumps({name: value for name, value in message.items() if value is not None}).decode()


def _time(at: datetime, unit: str) -> str:
    return at.isoformat(timespec=unit).replace("+00:00", "Z")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError
