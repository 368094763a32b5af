"""Makes the rows of a new table, whoever wants it: CreateTable, a restore, an import."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import Key
from penstock.services.dynamodb.errors import too_many
from penstock.services.dynamodb.tables.index import IndexState, Kind
from penstock.services.dynamodb.tables.table import Table, document_of, find_table, forget_table
from penstock.store import Tx, queries

Q = queries(__package__)

_DEFINING = (
    "AttributeDefinitions",
    "BillingMode",
    "KeySchema",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClassSummary",
)


class Definition(NamedTuple):
    """What a table is made from: its settings, and kind, name and settings of each of its indexes."""

    settings: Mapping[str, Any]
    indexes: Sequence[tuple[Kind, str, Mapping[str, Any]]]


def definition_of(table: Table) -> Definition:
    """Returns what a table with the same keys, indexes and throughput is made from."""
    settings = {name: table.settings[name] for name in _DEFINING if name in table.settings}
    indexes = [(index.kind, index.name, index.settings) for index in table.secondary.values()]
    return Definition({**settings, "DeletionProtectionEnabled": False}, indexes)


def add_table(tx: Tx, key: Key, definition: Definition, tags: Mapping[str, str], policy: str = "") -> Table:
    """Returns the new table; there is none of its name. LimitExceededException."""
    row = tx.one(Q.count_tables, key[0], key[1])
    if row and row[0] >= limits.MAX_TABLES:
        raise too_many(
            f"Subscriber limit exceeded: There is a limit of {limits.MAX_TABLES} tables per subscriber"
        )
    document = document_of({**definition.settings, "on_demand_ms": tx.now_ms})
    shown_tags = orjson.dumps(dict(tags)).decode()
    id = tx.insert(Q.add_table, *key, tx.ids.uuid(), document, shown_tags, policy, tx.now_ms)
    for kind, name, index in definition.indexes:
        tx.insert(Q.add_index, id, name, kind, IndexState.ACTIVE, orjson.dumps(index).decode(), b"", b"")
    forget_table(tx, key)
    table = find_table(tx, key)
    assert table is not None  # it has just been added
    return table
