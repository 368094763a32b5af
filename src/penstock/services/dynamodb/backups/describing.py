"""A backup as the operations show it."""

from enum import StrEnum
from typing import Any

from penstock.services.dynamodb.arns import table_arn
from penstock.services.dynamodb.backups.backup import Backup
from penstock.services.dynamodb.tables.index import Kind

Shown = dict[str, Any]

_MEMBERS = {Kind.LOCAL: "LocalSecondaryIndexes", Kind.GLOBAL: "GlobalSecondaryIndexes"}
_OF_INDEXES = ("KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput")


class Status(StrEnum):
    """How far a backup is."""

    CREATING = "CREATING"
    AVAILABLE = "AVAILABLE"
    DELETED = "DELETED"


def status_of(backup: Backup) -> Status:
    """Returns how far a backup is that has not been deleted."""
    return Status.AVAILABLE if backup.is_whole else Status.CREATING


def details(backup: Backup, status: Status) -> Shown:
    """Returns AWS's ``BackupDetails``."""
    shown: Shown = {
        "BackupArn": backup.arn,
        "BackupName": backup.document["name"],
        "BackupSizeBytes": backup.document["bytes"],
        "BackupStatus": status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created_ms,
    }
    if backup.expires_ms is not None:
        shown["BackupExpiryDateTime"] = backup.expires_ms
    return shown


def summary(backup: Backup) -> Shown:
    """Returns AWS's ``BackupSummary``."""
    return {
        **details(backup, status_of(backup)),
        "TableName": backup.table[2],
        "TableId": backup.document["uid"],
        "TableArn": table_arn(backup.table),
    }


def description(backup: Backup, status: Status) -> Shown:
    """Returns AWS's ``BackupDescription``."""
    document, settings = backup.document, backup.document["settings"]
    source = {
        "TableName": backup.table[2],
        "TableId": document["uid"],
        "TableArn": table_arn(backup.table),
        "TableSizeBytes": document["bytes"],
        "ItemCount": document["items"],
        "TableCreationDateTime": document["created_ms"],
        **{name: settings[name] for name in ("KeySchema", "ProvisionedThroughput", "BillingMode")},
    }
    if maximum := settings.get("OnDemandThroughput"):
        source["OnDemandThroughput"] = maximum
    return {
        "BackupDetails": details(backup, status),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": _features(backup),
    }


def _features(backup: Backup) -> Shown:
    features: Shown = {}
    for kind, name, settings in backup.definition.indexes:
        index = {
            "IndexName": name,
            **{member: settings[member] for member in _OF_INDEXES if member in settings},
        }
        features.setdefault(_MEMBERS[kind], []).append(index)
    if view := backup.document["stream"]:
        features["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": view}
    if attribute := backup.document["expiry"]:
        features["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": attribute}
    return features
