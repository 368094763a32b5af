"""BatchWriteItem.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.batches.keys import admitted, check_distinct
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.capacity import Units, shown_units, wanted, write_units
from penstock.services.dynamodb.items.collection import collection_metrics, wants_metrics
from penstock.services.dynamodb.items.long import LONG_BODY_BYTES, prepared
from penstock.services.dynamodb.items.writes import Delete, Guard, Put, Written, checked_image
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way
from penstock.services.dynamodb.values import check_item
from penstock.store import ReadTx, Tx

_STEP_BYTES = 1024 * 1024
_FREE = Guard(None, shows_old=False)


class _Part(NamedTuple):
    """What is to be done with one table; ``name`` is what the request calls it."""

    name: str
    asked: Asked
    writes: list[Put | Delete]


class _Job(NamedTuple):
    """One write of a batch."""

    part: _Part
    write: Put | Delete

    @property
    def bytes(self) -> int:
        """Returns how much is to be written."""
        return self.write.image.bytes if isinstance(self.write, Put) else 0


class _Done(NamedTuple):
    """A write that was done."""

    name: str
    table: Table
    written: Written


@operation("BatchWriteItem", action=None, max_body=limits.MAX_REQUEST_BYTES, long_body=LONG_BODY_BYTES)
async def batch_write_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns when the items of the batch are written; those of tables without throughput are left over."""
    requested: dict[str, list[Params]] = params["RequestItems"]
    if sum(map(len, requested.values())) > limits.MAX_BATCH_WRITE:
        raise invalid("Too many items requested for the BatchWriteItem call")
    parts = [await _part(dynamo, call, name, requests, params) for name, requests in requested.items()]
    await dynamo.store.read(_check, parts)
    jobs = [_Job(part, write) for part in parts for write in part.writes]
    done, left = list[_Done](), list[_Job]()
    for step in _steps(jobs):
        done_now, left_now = await dynamo.store.write(_perform, dynamo.throttle, step, not done)
        for one in done_now:
            dynamo.throttle.spend(one.table, Way.WRITE, partial(write_units, one.table, one.written))
        done += done_now
        left += left_now
    return {**_answer(done, params), "UnprocessedItems": _unprocessed(left)}


async def _part(dynamo: DynamoState, call: Call, name: str, requests: list[Params], params: Params) -> _Part:
    writes = await prepared(call, _writes, {"requests": requests})
    items = [write.image.item if isinstance(write, Put) else write.key for write in writes]
    about = {"ReturnConsumedCapacity": params.get("ReturnConsumedCapacity")}
    asked = await admitted(dynamo, call, "dynamodb:BatchWriteItem", name, items, about)
    return _Part(name, asked, writes)


def _writes(params: Mapping[str, Any]) -> list[Put | Delete]:
    return [_write(request) for request in params["requests"]]


def _write(request: Params) -> Put | Delete:
    put, delete = request.get("PutRequest"), request.get("DeleteRequest")
    if put is not None and delete is None:
        return Put(checked_image(check_item(put["Item"])), _FREE)
    if delete is not None and put is None:
        return Delete(check_item(delete["Key"]), _FREE)
    raise invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )


def _check(tx: ReadTx, parts: list[_Part]) -> None:
    """Returns when every write can be; ResourceNotFoundException, ValidationException."""
    for part in parts:
        table = items_table(tx, part.asked)
        check_distinct([write.place(table) for write in part.writes])


def _steps(jobs: list[_Job]) -> Iterator[list[_Job]]:
    """Yields the writes by transactions, which hold nobody up; mostly it is one."""
    step, size = list[_Job](), 0
    for job in jobs:
        if step and size + job.bytes > _STEP_BYTES:
            yield step
            step, size = [], 0
        step.append(job)
        size += job.bytes
    yield step


def _perform(tx: Tx, throttle: Throttle, jobs: list[_Job], is_first: bool) -> tuple[list[_Done], list[_Job]]:
    """Returns what was done, and what was not for want of throughput; AwsError when that is all of a request."""
    done, left = list[_Done](), list[_Job]()
    for job in jobs:
        table = items_table(tx, job.part.asked)
        try:
            throttle.admit(table, Way.WRITE)
        except AwsError:
            left.append(job)
            continue
        done.append(_Done(job.part.name, table, job.write.perform(tx, table, job.write.place(table))))
    if is_first and not done:
        throttle.admit(items_table(tx, jobs[0].part.asked), Way.WRITE)
    return done, left


def _unprocessed(left: list[_Job]) -> dict[str, list[Params]]:
    requests: dict[str, list[Params]] = defaultdict(list)
    for part, write in left:
        if isinstance(write, Put):
            requests[part.name].append({"PutRequest": {"Item": write.image.item}})
        else:
            requests[part.name].append({"DeleteRequest": {"Key": write.key}})
    return requests


def _answer(done: list[_Done], params: Params) -> Params:
    answer: Params = {}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = _consumed(done, mode)
    if wants_metrics(params):
        metrics: dict[str, list[Any]] = defaultdict(list)
        for name, table, written in done:
            if found := collection_metrics(table, written):
                metrics[name].append(found)
        answer["ItemCollectionMetrics"] = metrics
    return answer


def _consumed(done: list[_Done], mode: str) -> list[dict[str, Any]]:
    units: dict[str, tuple[Table, Units]] = {}
    for name, table, written in done:
        _, total = units.setdefault(name, (table, Units()))
        total.add(write_units(table, written))
    return [shown_units(table, total, mode) for table, total in units.values()]
