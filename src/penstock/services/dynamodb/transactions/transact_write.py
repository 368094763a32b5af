"""TransactWriteItems.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections import defaultdict
from functools import partial
from typing import Any, NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.capacity import Units, shown_units, wanted, write_units
from penstock.services.dynamodb.items.collection import collection_metrics, wants_metrics
from penstock.services.dynamodb.items.long import LONG_BODY_BYTES
from penstock.services.dynamodb.items.store import find_item
from penstock.services.dynamodb.items.writes import Write, Written
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way
from penstock.services.dynamodb.transactions.actions import Action, action_of, check_count, check_distinct
from penstock.services.dynamodb.transactions.reasons import each
from penstock.services.dynamodb.transactions.tokens import Token, find_outcome, keep_outcome, token_of
from penstock.store import Tx

_TRANSACTION_FACTOR = 2
"""Each item is prepared, then committed; AWS counts both."""


class _Job(NamedTuple):
    """What is to be done, and in which table."""

    write: Write
    table: Table


class Done(NamedTuple):
    """One write of a transaction."""

    table: Table
    written: Written


@operation("TransactWriteItems", action=None, max_body=limits.MAX_REQUEST_BYTES, long_body=LONG_BODY_BYTES)
async def transact_write_items(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns when every write is done; TransactionCanceledException, when none is, with a reason for each."""
    check_count(params["TransactItems"])
    actions = [await action_of(dynamo, call, item, params) for item in params["TransactItems"]]
    done, again = await dynamo.store.write(transact, dynamo.throttle, actions, token_of(call, params))
    spend_writes(dynamo.throttle, done)
    answer: Params = {}
    if mode := wanted(params):
        consumed = again if again is not None else consumed_by_writes(done, mode)
        answer["ConsumedCapacity"] = consumed
    if wants_metrics(params):
        metrics: dict[str, list[Any]] = defaultdict(list)
        for table, written in done:
            if found := collection_metrics(table, written):
                metrics[table.name].append(found)
        answer["ItemCollectionMetrics"] = metrics
    return answer


def transact(
    tx: Tx, throttle: Throttle, actions: list[Action], token: Token | None
) -> tuple[list[Done], Any]:
    """Returns what was done, and of a transaction that was done before, what its answer says was consumed."""
    if token and (consumed := find_outcome(tx, token)) is not None:
        return [], consumed
    jobs = [_Job(action.write, items_table(tx, action.asked)) for action in actions]
    each(jobs, lambda job: throttle.admit(job.table, Way.WRITE))
    places = each(jobs, lambda job: job.write.place(job.table))
    check_distinct([(job.table.id, place) for job, place in zip(jobs, places, strict=True)])
    placed = list(zip(jobs, places, strict=True))
    # Conditions are looked at before anything is written: most transactions that fail do so here.
    each(placed, lambda job: job[0].write.guard.check(find_item(tx, job[0].table, job[1])))
    done = each(placed, lambda job: Done(job[0].table, job[0].write.perform(tx, job[0].table, job[1])))
    _check_size(done)
    if token:
        keep_outcome(tx, token, consumed_by_writes(done, "INDEXES", "ReadCapacityUnits"))
    return done, None


def _check_size(done: list[Done]) -> None:
    size = sum(max(w.old.bytes if w.old else 0, w.new.bytes if w.new else 0) for _, w in done)
    if size > limits.MAX_TRANSACTION_BYTES:
        raise invalid("Transaction request size exceeds the limit of 4 MB")


def spend_writes(throttle: Throttle, done: list[Done]) -> None:
    """Takes what a transaction's writes have consumed from their tables."""
    for table, written in done:
        throttle.spend(table, Way.WRITE, partial(write_units, table, written, _TRANSACTION_FACTOR))


def consumed_by_writes(
    done: list[Done], mode: str, member: str = "WriteCapacityUnits"
) -> list[dict[str, Any]]:
    """Returns what a transaction's writes have consumed, by tables."""
    units: dict[int, tuple[Table, Units]] = {}
    for table, written in done:
        _, total = units.setdefault(table.id, (table, Units()))
        total.add(write_units(table, written, _TRANSACTION_FACTOR))
    return [shown_units(table, total, mode, member) for table, total in units.values()]
