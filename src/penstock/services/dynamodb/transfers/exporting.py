"""ExportTableToPointInTime.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html
"""

from datetime import datetime
from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import table_arn
from penstock.services.dynamodb.backups.continuous import earliest_ms
from penstock.services.dynamodb.backups.source import source_table
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.copies import begin_copy, moment_now
from penstock.services.dynamodb.tables.names import Asked, asked_table, table_key
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.transfers.transfer import (
    Status,
    Transfer,
    TransferKind,
    add_transfer,
    find_again,
    new_label,
)
from penstock.store import Tx

_COPIED = ("ClientToken", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId")


class _Times(NamedTuple):
    """What is to be exported: the changes from a moment on (None: everything) to another, as both are shown."""

    from_ms: int | None
    moment_ms: int
    shown: dict[str, Any]


def _exported_resource(dynamo: object, call: Call, params: Params) -> str:
    return table_arn(table_key(call, params["TableArn"]))


@operation(
    "ExportTableToPointInTime", action="dynamodb:ExportTableToPointInTime", resource=_exported_resource
)
async def export_table_to_point_in_time(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the export that has begun: files in S3, written as the caller."""
    _check(params)
    begun = await dynamo.store.write(_begin, dynamo, call, asked_table(call, params["TableArn"]), params)
    return {"ExportDescription": begun.shown}


def _check(params: Params) -> None:
    if params.get("ExportFormat") == "ION":
        raise invalid("ExportFormat ION cannot be used: exports are DYNAMODB_JSON here.")
    if params.get("FilterSpecification"):
        raise invalid("FilterSpecification cannot be used: exports are not filtered here.")
    if params.get("S3SseAlgorithm") == "KMS":
        raise invalid("S3SseAlgorithm KMS cannot be used: exports are not encrypted with AWS KMS here.")
    incremental = params.get("ExportType") == "INCREMENTAL_EXPORT"
    if incremental == (params.get("IncrementalExportSpecification") is None):
        raise invalid(
            "IncrementalExportSpecification is required for, and only for, exports of type INCREMENTAL_EXPORT"
        )
    if incremental and params.get("ExportTime"):
        raise invalid("ExportTime cannot be given for exports of type INCREMENTAL_EXPORT")


def _begin(tx: Tx, dynamo: DynamoState, call: Call, asked: Asked, params: Params) -> Transfer:
    request, token = _request(params), params.get("ClientToken") or ""
    if again := find_again(tx, call, TransferKind.EXPORT, token, request):
        return again
    table = source_table(tx, asked)
    earliest = earliest_ms(table, tx.now_ms)
    if earliest is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    times = _times(tx, table, earliest, params)
    copy_id = begin_copy(tx, table, times.moment_ms, 0)
    label = new_label(tx)
    begun = Transfer(
        id=0,
        table=table.key,
        kind=TransferKind.EXPORT,
        label=label,
        status=Status.IN_PROGRESS,
        document={
            "version": 1,
            "principal": call.principal.arn,
            "request": request,
            "from_ms": times.from_ms,
            "moment_ms": times.moment_ms,
            "keys": [attribute.name for attribute in table.keys.attributes],
            "shown": _shown(tx, table, label, params) | times.shown,
        },
        table_id=table.id,
        copy_id=copy_id,
        begun_ms=tx.now_ms,
    )
    added = add_transfer(tx, begun, token)
    tx.after_commit(lambda: dynamo.transfers.begin(added.id, call.principal))
    return added


def _request(params: Params) -> dict[str, Any]:
    """Returns what was asked for, as JSON compares it."""
    return {
        name: _plain(value) for name, value in params.items() if name != "ClientToken" and value is not None
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _ms(value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return value


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _shown(tx: Tx, table: Table, label: str, params: Params) -> dict[str, Any]:
    prefix = f"{params['S3Prefix']}/" if params.get("S3Prefix") else ""
    return {
        **{name: params[name] for name in _COPIED if params.get(name)},
        "ExportArn": f"{table.arn}/export/{label}",
        "StartTime": tx.now_ms,
        "TableArn": table.arn,
        "TableId": table.uid,
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": params.get("ExportType") or "FULL_EXPORT",
        "ExportManifest": f"{prefix}AWSDynamoDB/{label}/manifest-summary.json",
    }


def _times(tx: Tx, table: Table, earliest: int, params: Params) -> _Times:
    if specification := params.get("IncrementalExportSpecification"):
        return _window(tx, table, earliest, specification)
    at: datetime | None = params.get("ExportTime")
    at_ms = tx.now_ms if at is None else _ms(at)
    _check_time(earliest, at_ms, tx.now_ms)
    moment_ms = moment_now(tx, table) if at_ms >= tx.now_ms else at_ms + 1
    return _Times(None, moment_ms, {"ExportTime": at_ms})


def _window(tx: Tx, table: Table, earliest: int, specification: Params) -> _Times:
    begin, end = specification.get("ExportFromTime"), specification.get("ExportToTime")
    if begin is None:
        raise invalid("ExportFromTime is required")
    from_ms, to_ms = _ms(begin), tx.now_ms if end is None else _ms(end)
    _check_time(earliest, from_ms, tx.now_ms)
    _check_time(earliest, to_ms, tx.now_ms)
    if not limits.MIN_EXPORT_MS <= to_ms - from_ms <= limits.MAX_EXPORT_MS:
        raise AwsError(
            "InvalidExportTimeException",
            "The export period must be at least 15 minutes and at most 24 hours long",
        )
    view = specification.get("ExportViewType") or "NEW_AND_OLD_IMAGES"
    shown = {"ExportFromTime": from_ms, "ExportToTime": to_ms, "ExportViewType": view}
    moment_ms = moment_now(tx, table) if end is None else to_ms
    return _Times(from_ms, moment_ms, {"IncrementalExportSpecification": shown})


def _check_time(earliest: int, at_ms: int, now_ms: int) -> None:
    if not earliest <= at_ms <= now_ms:
        raise AwsError(
            "InvalidExportTimeException",
            "The export time must be between EarliestRestorableDateTime and LatestRestorableDateTime",
        )
