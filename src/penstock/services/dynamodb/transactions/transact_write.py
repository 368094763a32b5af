"""TransactWriteItems.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, transaction_cancelled
from penstock.services.dynamodb.items.capacity import Units, shown_units, wanted, write_units
from penstock.services.dynamodb.items.collection import collection_metrics, wants_metrics
from penstock.services.dynamodb.items.long import LONG_BODY_BYTES
from penstock.services.dynamodb.items.store import find_item
from penstock.services.dynamodb.items.writes import Write, Written
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.transactions.actions import Action, action_of, check_count, check_distinct
from penstock.services.dynamodb.transactions.tokens import Token, find_outcome, keep_outcome, token_of
from penstock.store import Tx

J = TypeVar("J")
T = TypeVar("T")

_TRANSACTION_FACTOR = 2
"""Each item is prepared, then committed; AWS counts both."""

_REASONS = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ValidationException": "ValidationError",
}
_NOT_A_REASON: dict[str, Any] = {"Code": "None"}


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
    actions = [await action_of(call, item) for item in params["TransactItems"]]
    done, again = await dynamo.store.write(transact, actions, token_of(call, params))
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


def transact(tx: Tx, actions: list[Action], token: Token | None) -> tuple[list[Done], Any]:
    """Returns what was done, and of a transaction that was done before, what its answer says was consumed."""
    if token and (consumed := find_outcome(tx, token)) is not None:
        return [], consumed
    jobs = [_Job(action.write, items_table(tx, action.asked)) for action in actions]
    places = _each(jobs, lambda job: job.write.place(job.table))
    check_distinct([(job.table.id, place) for job, place in zip(jobs, places, strict=True)])
    placed = list(zip(jobs, places, strict=True))
    # Conditions are looked at before anything is written: most transactions that fail do so here.
    _each(placed, lambda job: job[0].write.guard.check(find_item(tx, job[0].table, job[1])))
    done = _each(placed, lambda job: Done(job[0].table, job[0].write.perform(tx, job[0].table, job[1])))
    _check_size(done)
    if token:
        keep_outcome(tx, token, consumed_by_writes(done, "INDEXES", "ReadCapacityUnits"))
    return done, None


def _each(jobs: Sequence[J], do: Callable[[J], T]) -> list[T]:
    """Returns what ``do`` returns of each; TransactionCanceledException, with a reason for each, when one fails."""
    results, reasons = list[T](), list[dict[str, Any]]()
    for job in jobs:
        try:
            results.append(do(job))
            reasons.append(_NOT_A_REASON)
        except AwsError as error:
            reasons.append(_reason(error))
    if len(results) < len(jobs):
        raise transaction_cancelled(reasons)
    return results


def _reason(error: AwsError) -> dict[str, Any]:
    reason: dict[str, Any] = {"Code": _REASONS[error.code], "Message": error.message}
    return {**reason, **error.fields}


def _check_size(done: list[Done]) -> None:
    size = sum(max(w.old.bytes if w.old else 0, w.new.bytes if w.new else 0) for _, w in done)
    if size > limits.MAX_TRANSACTION_BYTES:
        raise invalid("Transaction request size exceeds the limit of 4 MB")


def consumed_by_writes(
    done: list[Done], mode: str, member: str = "WriteCapacityUnits"
) -> list[dict[str, Any]]:
    """Returns what a transaction's writes have consumed, by tables."""
    units: dict[int, tuple[Table, Units]] = {}
    for table, written in done:
        _, total = units.setdefault(table.id, (table, Units()))
        total.add(write_units(table, written, _TRANSACTION_FACTOR))
    return [shown_units(table, total, mode, member) for table, total in units.values()]
