"""A backup as a value: which table it is of, what that was made from, and where its items lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.dynamodb.arns import Key, backup_arn, named
from penstock.services.dynamodb.tables.adding import Definition, definition_of
from penstock.services.dynamodb.tables.index import Kind
from penstock.services.dynamodb.tables.table import Table
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_TIME_DIGITS = 14


class BackupKind(StrEnum):
    """Who has made a backup."""

    USER = "USER"
    SYSTEM = "SYSTEM"
    """DynamoDB, of a table that could be brought back to a point in time and was deleted."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One row of ``dynamodb_backup``; ``document`` says what the table was, ``is_whole`` that all items are there."""

    id: int
    table: Key
    label: str
    kind: BackupKind
    document: Mapping[str, Any]
    items_id: int
    is_whole: bool
    created_ms: int
    expires_ms: int | None

    @property
    def arn(self) -> str:
        """Returns the backup's ARN."""
        return backup_arn(self.table, self.label)

    @property
    def definition(self) -> Definition:
        """Returns what a table like the one that it is of is made from."""
        indexes = [(Kind(kind), name, settings) for kind, name, settings in self.document["indexes"]]
        return Definition(self.document["settings"], indexes)


def find_backup(tx: ReadTx, call: Call, arn: str) -> Backup:
    """Returns the backup in the call's region; AwsError ``BackupNotFoundException``, also for any other ARN."""
    found = named(arn)
    row = None
    if found is not None and found.kind == "backup" and found.table[1] == call.region:
        row = tx.one(Q.find_backup, *found.table, found.name)
    if row is None:
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}")
    return backup_of(row)


def add_backup(
    tx: Tx, table: Table, name: str, kind: BackupKind, items_id: int, lasts_ms: int | None
) -> Backup:
    """Returns the new backup, whose items are, or will be, those of ``items_id``; ``lasts_ms`` None: until deleted."""
    definition = definition_of(table)
    counts = {index: (items, bytes) for index, items, bytes in tx.all(Q.find_counts, table.id)}
    items, bytes = counts.get(0, (0, 0))
    document = {
        "version": 1,
        "name": name,
        "uid": table.uid,
        "created_ms": table.created_ms,
        "items": items,
        "bytes": bytes,
        "settings": definition.settings,
        "indexes": definition.indexes,
        "expiry": table.expiry.settings["AttributeName"] if table.expiry else None,
        "stream": table.stream.view if table.stream else None,
    }
    label = f"{time_label(tx.now_ms)}-{tx.ids.bytes(4).hex()}"
    expires_ms = None if lasts_ms is None else tx.now_ms + lasts_ms
    shown = orjson.dumps(document).decode()
    tx.insert(Q.add_backup, *table.key, label, kind, shown, items_id, tx.now_ms, expires_ms)
    row = tx.one(Q.find_backup, *table.key, label)
    assert row is not None  # it has just been added
    return backup_of(row)


def time_label(at_ms: int) -> str:
    """Returns a time as labels begin, so that they are in its order."""
    return str(max(at_ms, 0)).zfill(_TIME_DIGITS)


def backup_of(row: Row) -> Backup:
    """Returns what a row of ``dynamodb_backup`` holds."""
    id, account, region, table, label, kind, document, items_id, is_whole, created_ms, expires_ms = row
    return Backup(
        id=id,
        table=(account, region, table),
        label=label,
        kind=BackupKind(kind),
        document=orjson.loads(document),
        items_id=items_id,
        is_whole=bool(is_whole),
        created_ms=created_ms,
        expires_ms=expires_ms,
    )
