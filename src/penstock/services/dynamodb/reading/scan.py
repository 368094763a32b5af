"""Scan.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
"""

from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, invalid_value
from penstock.services.dynamodb.items.circumstances import read_keys, read_resource
from penstock.services.dynamodb.items.long import note_length
from penstock.services.dynamodb.items.stating import Stated
from penstock.services.dynamodb.reading.answer import answer_of, units_of
from penstock.services.dynamodb.reading.pages import Reader
from penstock.services.dynamodb.reading.request import source_of, wish_of
from penstock.services.dynamodb.reading.source import Range, Source
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import asked_items, items_table
from penstock.services.dynamodb.throttle import Way
from penstock.services.dynamodb.values import check_item


@operation(
    "Scan",
    action="dynamodb:Scan",
    resource=read_resource,
    context=read_keys,
    max_body=limits.MAX_REQUEST_BYTES,
)
async def scan(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns a page of all items, or of one segment of them, in no order."""
    stated = Stated(params)
    wish = wish_of(params, stated)
    stated.check_used()
    number, total = _segment(params)
    table = await dynamo.store.read(items_table, asked_items(dynamo, call, params["TableName"]))
    source = source_of(table, params, wish)
    dynamo.throttle.admit(table, Way.READ, source.index)
    range = source.segment(number, total)
    if start := params.get("ExclusiveStartKey"):
        range = _behind(source, range, check_item(start))
    page = await Reader(source, wish, range, forward=True).page(dynamo.store, params.get("Limit"))
    dynamo.throttle.spend(table, Way.READ, partial(units_of, source, page, params))
    note_length(call, page.bytes)
    return answer_of(source, page, params, wish.counts_only)


def _segment(params: Params) -> tuple[int, int]:
    number, total = params.get("Segment"), params.get("TotalSegments")
    if number is None and total is None:
        return 0, 1
    if number is None:
        raise invalid(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments "
            "is present"
        )
    if total is None:
        raise invalid(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter "
            "is present"
        )
    if number >= total:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {number} is not less than TotalSegments: {total}"
        )
    return number, total


def _behind(source: Source, range: Range, start: Params) -> Range:
    rest = source.behind(range, start, forward=True)
    if not range.low < rest.low <= range.high:
        raise invalid_value("The provided starting key is outside scan boundaries based on provided Segment")
    return rest
