"""Query.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, invalid_value
from penstock.services.dynamodb.expressions import KeyAttribute, KeyCondition, key_condition, legacy
from penstock.services.dynamodb.items.circumstances import read_keys, read_resource
from penstock.services.dynamodb.items.long import note_length
from penstock.services.dynamodb.items.stating import Stated
from penstock.services.dynamodb.reading.answer import answer_of, units_of
from penstock.services.dynamodb.reading.pages import Reader
from penstock.services.dynamodb.reading.request import Wish, source_of, wish_of
from penstock.services.dynamodb.reading.source import Range, Source
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import asked_items, items_table
from penstock.services.dynamodb.tables.schema import Schema, digest
from penstock.services.dynamodb.throttle import Way
from penstock.services.dynamodb.values import check_item

_JUST_BEHIND = b"\x00"


@operation(
    "Query",
    action="dynamodb:Query",
    resource=read_resource,
    context=read_keys,
    max_body=limits.MAX_REQUEST_BYTES,
)
async def query(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns a page of the items of one partition, in the order of their sort keys."""
    stated = Stated(params)
    wish = wish_of(params, stated)
    table = await dynamo.store.read(items_table, asked_items(dynamo, call, params["TableName"]))
    source = source_of(table, params, wish)
    dynamo.throttle.admit(table, Way.READ, source.index)
    keys = source.index.keys if source.index else table.keys
    condition = _condition(params, stated, keys)
    stated.check_used()
    _check_filter(wish, keys)
    forward = params.get("ScanIndexForward") is not False
    range = range_of(source, condition)
    if start := params.get("ExclusiveStartKey"):
        range = _behind(source, range, check_item(start), keys, forward)
    page = await Reader(source, wish, range, forward).page(dynamo.store, params.get("Limit"))
    dynamo.throttle.spend(table, Way.READ, partial(units_of, source, page, params))
    note_length(call, page.bytes)
    return answer_of(source, page, params, wish.counts_only)


def _condition(params: Params, stated: Stated, keys: Schema) -> KeyCondition:
    hash_key = KeyAttribute(*keys.hash)
    range_key = KeyAttribute(*keys.range) if keys.range else None
    if text := params.get("KeyConditionExpression"):
        return key_condition(text, stated, hash_key, range_key)
    if former := params.get("KeyConditions"):
        return legacy.key_conditions(former, hash_key, range_key)
    raise invalid(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
    )


def _check_filter(wish: Wish, keys: Schema) -> None:
    if clash := sorted(wish.filter_names & keys.names):
        raise invalid(
            "Filter Expression can only contain non-primary key attributes: "
            f"Primary key attribute: {clash[0]}"
        )


def range_of(source: Source, condition: KeyCondition) -> Range:
    """Returns what a key condition leaves of a table or index."""
    wanted = condition.range
    low = wanted.low or b""
    if wanted.low is not None and not wanted.with_low:
        low += _JUST_BEHIND
    high = wanted.high
    if high is not None and wanted.with_high:
        high += _JUST_BEHIND
    return source.partition(digest(condition.hash_value), low, high)


def _behind(source: Source, range: Range, start: Params, keys: Schema, forward: bool) -> Range:
    rest = source.behind(range, start, forward)
    if keys.hash_of(start) != range.low[0]:
        raise invalid_value(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    return rest
