"""DescribeBackup, ListBackups."""

from datetime import datetime

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.backups.backup import Backup, BackupKind, backup_of, find_backup, time_label
from penstock.services.dynamodb.backups.describing import description, status_of, summary
from penstock.services.dynamodb.backups.source import named_backup
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import table_key
from penstock.store import ReadTx, queries

Q = queries(__package__)

_LAST = ":"  # behind every label


@operation("DescribeBackup", action="dynamodb:DescribeBackup", resource=named_backup)
async def describe_backup(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the backup, and what the table was."""
    backup = await dynamo.store.read(find_backup, call, params["BackupArn"])
    return {"BackupDescription": description(backup, status_of(backup))}


@operation("ListBackups", action="dynamodb:ListBackups")
async def list_backups(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns a page of the backups in the region, in the order in which they were made."""
    limit = params.get("Limit") or limits.MAX_LISTED_BACKUPS
    page = await dynamo.store.read(_page, call, params, limit + 1)
    answer: Params = {"BackupSummaries": [summary(backup) for backup in page[:limit]]}
    if len(page) > limit:
        answer["LastEvaluatedBackupArn"] = page[limit - 1].arn
    return answer


def _page(tx: ReadTx, call: Call, params: Params, count: int) -> list[Backup]:
    range = (_bound(params.get("TimeRangeLowerBound"), ""), _bound(params.get("TimeRangeUpperBound"), _LAST))
    where = (*range, _after(params), *_kinds(params.get("BackupType")), count)
    if table := params.get("TableName"):
        rows = tx.all(Q.find_backups_of_table, *table_key(call, table), *where)
    else:
        rows = tx.all(Q.find_backups, call.account, call.region, *where)
    return [backup_of(row) for row in rows]


def _bound(at: datetime | None, otherwise: str) -> str:
    return otherwise if at is None else time_label(int(at.timestamp() * 1000))


def _after(params: Params) -> str:
    arn = params.get("ExclusiveStartBackupArn")
    found = named(arn) if arn else None
    if arn and (found is None or found.kind != "backup"):
        raise invalid("Invalid ExclusiveStartBackupArn")
    return found.name if found else ""


def _kinds(kind: str | None) -> tuple[str, str]:
    """Returns the kinds that are asked for, one of them twice when it is only one."""
    if kind in (None, "ALL"):
        return BackupKind.USER, BackupKind.SYSTEM
    return str(kind), str(kind)
