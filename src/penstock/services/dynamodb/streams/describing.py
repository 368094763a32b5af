"""ListStreams, DescribeStream.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
"""

from datetime import UTC, datetime
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.streams.changes import oldest_sequence
from penstock.services.dynamodb.streams.stream import Stream, get_stream, sequence_text, stream_page
from penstock.services.service import Parts
from penstock.store import ReadTx

_PAGE = 100


def stream_resource(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the stream that ``StreamArn`` names."""
    arn: str = params["StreamArn"]
    found = named(arn)
    if found is None or found.kind != "stream":
        raise invalid("Invalid StreamArn")
    return arn


@operation("ListStreams", action="dynamodb:ListStreams")
async def list_streams(parts: Parts, call: Call, params: Params) -> Params:
    """Returns a page of the streams, by their tables' names, also those that have ended less than a day ago."""
    limit = min(params.get("Limit") or _PAGE, _PAGE)
    after = ("", "")
    if start := params.get("ExclusiveStartStreamArn"):
        found = named(start)
        if found is None or found.kind != "stream":
            raise invalid("Invalid ExclusiveStartStreamArn")
        after = (found.table[2], found.name)
    page = await parts.store.read(stream_page, call, params.get("TableName"), after, limit + 1)
    answer: Params = {"Streams": [_listed(stream) for stream in page[:limit]]}
    if len(page) > limit:
        answer["LastEvaluatedStreamArn"] = page[limit - 1].arn
    return answer


@operation("DescribeStream", action="dynamodb:DescribeStream", resource=stream_resource)
async def describe_stream(parts: Parts, call: Call, params: Params) -> Params:
    """Returns the stream and its shard."""
    stream, oldest = await parts.store.read(_find, params["StreamArn"])
    shards = [_shard(stream, oldest)]
    if params.get("ExclusiveStartShardId") is not None or params.get("ShardFilter"):
        shards = []  # nothing is behind the only shard, and it has no children
    return {"StreamDescription": {**_description(stream), "Shards": shards}}


def _find(tx: ReadTx, arn: str) -> tuple[Stream, int]:
    stream = get_stream(tx, arn)
    return stream, oldest_sequence(tx, stream)


def _listed(stream: Stream) -> dict[str, Any]:
    return {"StreamArn": stream.arn, "TableName": stream.table[2], "StreamLabel": stream.label}


def _description(stream: Stream) -> dict[str, Any]:
    return {
        **_listed(stream),
        "StreamStatus": "ENABLED" if stream.ended_ms is None else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": datetime.fromtimestamp(stream.created_ms / 1000, UTC),
        "KeySchema": stream.key_schema,
    }


def _shard(stream: Stream, oldest: int) -> dict[str, Any]:
    range = {"StartingSequenceNumber": sequence_text(oldest)}
    if stream.ended_ms is not None:
        range["EndingSequenceNumber"] = sequence_text(max(stream.sequence, oldest))
    return {"ShardId": stream.shard, "SequenceNumberRange": range}
