"""UpdateContinuousBackups, DescribeContinuousBackups: whether a table can be brought back to a point in time.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
"""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.backups.source import source_table
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.copies import clear_later
from penstock.services.dynamodb.tables.keying import check_plain
from penstock.services.dynamodb.tables.names import Asked, asked_table, table_resource
from penstock.services.dynamodb.tables.table import Table, get_table, store_settings
from penstock.store import ReadTx, Tx

_DAY_MS = 24 * 60 * 60 * 1000


@operation("UpdateContinuousBackups", action="dynamodb:UpdateContinuousBackups", resource=table_resource)
async def update_continuous_backups(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns to which times the table can be brought back from now on."""
    specification = params["PointInTimeRecoverySpecification"]
    asked = asked_table(call, params["TableName"])
    return {"ContinuousBackupsDescription": await dynamo.store.write(_update, dynamo, asked, specification)}


@operation("DescribeContinuousBackups", action="dynamodb:DescribeContinuousBackups", resource=table_resource)
async def describe_continuous_backups(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns to which times the table can be brought back."""
    shown = await dynamo.store.read(_describe, asked_table(call, params["TableName"]))
    return {"ContinuousBackupsDescription": shown}


def earliest_ms(table: Table, now_ms: int) -> int | None:
    """Returns the earliest time to which the table can be brought back; None when to none."""
    recovery = table.settings.get("recovery")
    return max(recovery["since_ms"], now_ms - recovery["days"] * _DAY_MS) if recovery else None


def _describe(tx: ReadTx, asked: Asked) -> Params:
    return _shown(source_table(tx, asked), tx.now_ms)


def _update(tx: Tx, dynamo: DynamoState, asked: Asked, specification: Params) -> Params:
    table = source_table(tx, asked)
    settings, former = dict(table.settings), table.settings.get("recovery")
    days = specification.get("RecoveryPeriodInDays")
    if specification["PointInTimeRecoveryEnabled"]:
        check_plain(table, "PointInTimeRecoverySpecification")
        since_ms = former["since_ms"] if former else tx.now_ms
        settings["recovery"] = {"since_ms": since_ms, "days": days or limits.RECOVERY_DAYS}
    elif days is not None:
        raise invalid("RecoveryPeriodInDays can only be set when PointInTimeRecoveryEnabled is true")
    elif former:
        del settings["recovery"]
        clear_later(tx, table)
        tx.after_commit(dynamo.sweeper.wake)
    store_settings(tx, table, settings)
    return _shown(get_table(tx, table.key), tx.now_ms)


def _shown(table: Table, now_ms: int) -> Params:
    earliest = earliest_ms(table, now_ms)
    recovery: Params = {"PointInTimeRecoveryStatus": "DISABLED"}
    if earliest is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.settings["recovery"]["days"],
            "EarliestRestorableDateTime": earliest,
            "LatestRestorableDateTime": now_ms,
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
