"""A page as Query and Scan answer it."""

from collections.abc import Mapping
from typing import Any

from penstock.services.dynamodb.items.capacity import Units, read_units, reading, shown_units, wanted
from penstock.services.dynamodb.reading.pages import Page
from penstock.services.dynamodb.reading.source import Source


def answer_of(source: Source, page: Page, params: Mapping[str, Any], counts_only: bool) -> dict[str, Any]:
    """Returns the operation's answer."""
    answer: dict[str, Any] = {"Count": page.count, "ScannedCount": page.scanned}
    if not counts_only:
        answer["Items"] = page.items
    if page.last is not None:
        answer["LastEvaluatedKey"] = source.key_of(page.last)
    if mode := wanted(params):
        answer["ConsumedCapacity"] = shown_units(source.table, units_of(source, page, params), mode)
    return answer


def units_of(source: Source, page: Page, params: Mapping[str, Any]) -> Units:
    """Returns what reading the page has consumed."""
    how = reading(params.get("ConsistentRead"))
    units = read_units(page.bytes, how)
    if source.index is None:
        return Units(units)
    fetched = read_units(page.fetched_bytes, how) if page.fetched_bytes else 0
    return Units(fetched, {source.index.name: units})
