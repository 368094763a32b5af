"""A table as DescribeTable shows it."""

from collections.abc import Mapping
from typing import Any

from penstock.services.dynamodb.arns import index_arn, stream_arn, table_arn
from penstock.services.dynamodb.tables.index import Index, IndexState, Kind
from penstock.services.dynamodb.tables.replicas import shown_replicas
from penstock.services.dynamodb.tables.table import Table
from penstock.store import ReadTx, queries

Q = queries(__package__)

Description = dict[str, Any]
Counts = Mapping[int, tuple[int, int]]
"""Items and bytes by index; 0 is the table."""

_WARM = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}
_COPIED = (
    "AttributeDefinitions",
    "KeySchema",
    "OnDemandThroughput",
    "SSEDescription",
    "TableClassSummary",
)


def describe(tx: ReadTx, table: Table, status: str | None = None) -> Description:
    """Returns AWS's ``TableDescription``; ``status`` when it is not what the table says itself."""
    settings = table.settings
    counts: Counts = {index: (items, bytes) for index, items, bytes in tx.all(Q.find_counts, table.id)}
    items, bytes = counts.get(0, (0, 0))
    shown: Description = {
        "TableName": table.name,
        "TableStatus": status or settings.get("status", "ACTIVE"),
        "CreationDateTime": table.created_ms,
        "ProvisionedThroughput": _throughput(settings["ProvisionedThroughput"]),
        "TableSizeBytes": bytes,
        "ItemCount": items,
        "TableArn": table_arn(table.key),
        "TableId": table.uid,
        "DeletionProtectionEnabled": settings["DeletionProtectionEnabled"],
        **{name: settings[name] for name in _COPIED if settings.get(name)},
    }
    if table.is_on_demand:
        shown["BillingModeSummary"] = {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": settings["on_demand_ms"],
        }
        shown["WarmThroughput"] = _WARM
    if table.replicas:
        shown["GlobalTableVersion"] = "2019.11.21"
        shown["Replicas"] = shown_replicas(tx, table)
    if restored := settings.get("restored"):
        shown["RestoreSummary"] = {**restored, "RestoreInProgress": not table.is_ready}
    if label := settings.get("last_stream"):
        shown["LatestStreamLabel"] = label
        shown["LatestStreamArn"] = stream_arn(table.key, label)
    if table.stream:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view}
    for member, kind in (("LocalSecondaryIndexes", Kind.LOCAL), ("GlobalSecondaryIndexes", Kind.GLOBAL)):
        found = [index for index in (*table.indexes.values(), *table.leaving) if index.kind is kind]
        if found:
            shown[member] = [_index(table, index, counts) for index in found]
    return shown


def _index(table: Table, index: Index, counts: Counts) -> Description:
    items, bytes = counts.get(index.id, (0, 0))
    shown: Description = {
        "IndexName": index.name,
        "KeySchema": index.settings["KeySchema"],
        "Projection": index.settings["Projection"],
        "IndexSizeBytes": bytes,
        "ItemCount": items,
        "IndexArn": index_arn(table.key, index.name),
    }
    if index.is_global:
        shown["IndexStatus"] = index.state.value
        shown["ProvisionedThroughput"] = _throughput(index.settings["ProvisionedThroughput"])
        if index.state is IndexState.CREATING:
            shown["Backfilling"] = True
        if table.is_on_demand:
            shown["WarmThroughput"] = _WARM
            if maximum := index.settings.get("OnDemandThroughput"):
                shown["OnDemandThroughput"] = maximum
    return shown


def _throughput(settings: Mapping[str, int]) -> Description:
    return {"NumberOfDecreasesToday": 0, **settings}
