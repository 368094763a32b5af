"""GetShardIterator, GetRecords.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
"""

import asyncio

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.streams.changes import (
    MAX_RECORDS,
    Batch,
    oldest_sequence,
    read_step,
    sequence_at,
)
from penstock.services.dynamodb.streams.describing import stream_resource
from penstock.services.dynamodb.streams.errors import expired_iterator, trimmed
from penstock.services.dynamodb.streams.iterator import LASTS_MS, Iterator, read_iterator
from penstock.services.dynamodb.streams.stream import Stream, get_stream, read_sequence
from penstock.services.service import Parts
from penstock.store import ReadTx


def _iterated_stream(parts: Parts, call: Call, params: Params) -> str:
    return read_iterator(params["ShardIterator"]).arn


@operation("GetShardIterator", action="dynamodb:GetShardIterator", resource=stream_resource)
async def get_shard_iterator(parts: Parts, call: Call, params: Params) -> Params:
    """Returns an iterator that begins where the request says."""
    stream, sequence = await parts.store.read(_begin, params)
    return {"ShardIterator": str(Iterator(stream.arn, stream.shard, sequence, call.now_ms))}


@operation("GetRecords", action="dynamodb:GetRecords", resource=_iterated_stream, long_answer=True)
async def get_records(parts: Parts, call: Call, params: Params) -> Params:
    """Returns up to a thousand records, or a megabyte, and the iterator behind them; none behind the shard's end."""
    limit = params.get("Limit") or MAX_RECORDS
    if limit > MAX_RECORDS:
        raise invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MAX_RECORDS}"
        )
    iterator = read_iterator(params["ShardIterator"])
    if call.now_ms - iterator.given_ms > LASTS_MS:
        raise expired_iterator()
    stream = await parts.store.read(_resume, iterator)
    batch, more = Batch([], 0, iterator.sequence), True
    while more:
        batch, more = await parts.store.read(read_step, stream, batch, limit)
        await asyncio.sleep(0)  # others have their turn
    answer: Params = {"Records": batch.records}
    if stream.ended_ms is None or batch.behind <= stream.sequence:
        answer["NextShardIterator"] = str(Iterator(stream.arn, stream.shard, batch.behind, call.now_ms))
    return answer


def _resume(tx: ReadTx, iterator: Iterator) -> Stream:
    stream = get_stream(tx, iterator.arn)
    stream.check_shard(iterator.shard)
    # Of a stream that is read from its beginning, what has gone meanwhile was never promised.
    if 0 < iterator.sequence < oldest_sequence(tx, stream):
        raise trimmed()
    return stream


def _begin(tx: ReadTx, params: Params) -> tuple[Stream, int]:
    stream = get_stream(tx, params["StreamArn"])
    stream.check_shard(params["ShardId"])
    match params["ShardIteratorType"]:
        case "TRIM_HORIZON":
            return stream, 0
        case "LATEST":
            return stream, stream.sequence + 1
        case "AT_TIMESTAMP":
            if (at := params.get("Timestamp")) is None:
                raise invalid("Timestamp must be specified when ShardIteratorType is AT_TIMESTAMP")
            return stream, sequence_at(tx, stream, int(at.timestamp() * 1000))
    if not params.get("SequenceNumber"):
        raise invalid(
            "SequenceNumber must be specified when ShardIteratorType is AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER"
        )
    sequence = read_sequence(params["SequenceNumber"])
    if sequence < oldest_sequence(tx, stream):
        raise trimmed()
    if sequence > stream.sequence:
        raise invalid("Invalid SequenceNumber: it is behind the last one of the shard")
    return stream, sequence + (params["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER")
