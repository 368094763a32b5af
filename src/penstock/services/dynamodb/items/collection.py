"""ItemCollectionMetrics: how large the collection is that an item belongs to.

Of a table without local indexes there are none. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ItemCollectionMetrics.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.dynamodb.items.writes import Written
from penstock.services.dynamodb.tables.table import Table

_RANGE_GB = [0.0, 1.0]
"""AWS gives a lower and an upper bound, in gigabytes, and no more precisely than that."""


def wants_metrics(params: Mapping[str, Any]) -> bool:
    """Returns whether a request asks for them."""
    return params.get("ReturnItemCollectionMetrics") == "SIZE"


def collection_metrics(table: Table, written: Written) -> dict[str, Any] | None:
    """Returns AWS's ``ItemCollectionMetrics``; None for a table whose items form no collections."""
    if not table.has_local_indexes:
        return None
    name = table.keys.hash.name
    return {"ItemCollectionKey": {name: written.key[name]}, "SizeEstimateRangeGB": _RANGE_GB}
