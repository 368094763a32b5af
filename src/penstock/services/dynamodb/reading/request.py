"""What Query and Scan have in common: what is to be returned of the items that are read, and how many are read.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.services.dynamodb.errors import invalid, invalid_value
from penstock.services.dynamodb.expressions import Condition, Projection
from penstock.services.dynamodb.items.stating import Stated, stated_filter, stated_projection
from penstock.services.dynamodb.reading.source import Source
from penstock.services.dynamodb.tables.index import Index, IndexState, Kind
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item

_SELECTS = ("ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")


class Wish(NamedTuple):
    """What is wanted of items; ``filter_names`` are the attributes that the filter names."""

    filter: Condition | None
    filter_names: frozenset[str]
    projection: Projection | None
    select: str

    @property
    def counts_only(self) -> bool:
        """Returns whether no items are to be returned."""
        return self.select == "COUNT"


def wish_of(params: Mapping[str, Any], stated: Stated) -> Wish:
    """Returns what a Query or Scan wants; ValidationException."""
    before = len(stated.attributes)
    filter = stated_filter(params, stated)
    names = frozenset(stated.attributes[before:])
    projection = stated_projection(params, stated)
    default = "ALL_PROJECTED_ATTRIBUTES" if params.get("IndexName") else "ALL_ATTRIBUTES"
    select = params.get("Select") or ("SPECIFIC_ATTRIBUTES" if projection else default)
    _check_select(params, select, projection)
    return Wish(filter, names, projection, select)


def source_of(table: Table, params: Mapping[str, Any], wish: Wish) -> Source:
    """Returns what a Query or Scan reads; ValidationException when it cannot be read so."""
    name = params.get("IndexName")
    if not name:
        return Source(table, None)
    index = table.secondary.get(name)
    if index is None:
        raise invalid(f"The table does not have the specified index: {name}")
    if index.state is IndexState.CREATING:
        raise invalid(f"Cannot read from backfilling global secondary index: {name}")
    if index.kind is Kind.GLOBAL:
        _check_global(index, params, wish)
    return Source(table, index)


def shown(source: Source, wish: Wish, item: Item) -> Item:
    """Returns what the caller sees of an item, before the projection: what the index shows, or all of it.

    A local index fetches from the table what it does not have itself.
    """
    index = source.index
    if index is None or index.projected is None:
        return item
    fetches = index.kind is Kind.LOCAL and wish.select in ("ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES")
    return item if fetches else index.shown(item)


def _check_select(params: Mapping[str, Any], select: str, projection: Projection | None) -> None:
    if select == "ALL_PROJECTED_ATTRIBUTES" and not params.get("IndexName"):
        raise invalid_value("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if projection and select != "SPECIFIC_ATTRIBUTES":
        shown = {"COUNT": "only the Count"}.get(select, select)
        raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {shown}")
    if select == "SPECIFIC_ATTRIBUTES" and not projection:
        raise invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )


def _check_global(index: Index, params: Mapping[str, Any], wish: Wish) -> None:
    if params.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    if wish.select == "ALL_ATTRIBUTES" and index.projected is not None:
        raise invalid_value(
            f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} because its "
            "projection type is not ALL"
        )
    if wish.projection and index.projected is not None:
        missing = sorted(set(wish.projection.attributes) - index.projected)
        if missing:
            raise invalid_value(
                f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
            )
