"""An export or an import as a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import Key, named, table_arn
from penstock.services.dynamodb.backups.backup import time_label
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


class TransferKind(StrEnum):
    """Which way it goes; the value stands in its ARN."""

    EXPORT = "export"
    IMPORT = "import"


class Status(StrEnum):
    """How far it is."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


_NOT_FOUND = {
    TransferKind.EXPORT: ("ExportNotFoundException", "Export not found: "),
    TransferKind.IMPORT: ("ImportNotFoundException", "Import not found: "),
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """One row of ``dynamodb_transfer``.

    ``document`` has AWS's description under ``shown``, and under ``request`` what was asked for; ``principal`` is the
    ARN of who asked. ``copy_id`` keeps what the items of an export's table were.
    """

    id: int
    table: Key
    kind: TransferKind
    label: str
    status: Status
    document: Mapping[str, Any]
    table_id: int
    copy_id: int
    begun_ms: int

    @property
    def arn(self) -> str:
        """Returns its ARN."""
        return f"{table_arn(self.table)}/{self.kind}/{self.label}"

    @property
    def request(self) -> Mapping[str, Any]:
        """Returns what was asked for."""
        found: Mapping[str, Any] = self.document["request"]
        return found

    @property
    def shown(self) -> dict[str, Any]:
        """Returns AWS's description of it."""
        member = "ExportStatus" if self.kind is TransferKind.EXPORT else "ImportStatus"
        return {**self.document["shown"], member: self.status}


def find_again(
    tx: ReadTx, call: Call, kind: TransferKind, token: str, request: Mapping[str, Any]
) -> Transfer | None:
    """Returns what a request with this token began within the last hours; AwsError when that was another request."""
    row = tx.one(Q.find_by_token, call.account, call.region, kind, token) if token else None
    if row is None:
        return None
    found = transfer_of(row)
    if found.begun_ms < tx.now_ms - limits.TRANSFER_TOKEN_MS:
        return None
    if found.request != orjson.loads(orjson.dumps(request)):
        code = "ExportConflictException" if kind is TransferKind.EXPORT else "ImportConflictException"
        raise AwsError(code, "There was a conflict when writing to the specified resource")
    return found


def add_transfer(tx: Tx, begun: Transfer, token: str) -> Transfer:
    """Returns the transfer as it was stored."""
    document = orjson.dumps(dict(begun.document)).decode()
    rest = (begun.table_id, begun.copy_id, token, begun.begun_ms)
    id = tx.insert(Q.add_transfer, *begun.table, begun.kind, begun.label, begun.status, document, *rest)
    return get_transfer(tx, id)


def new_label(tx: Tx) -> str:
    """Returns how a new transfer's ARN ends: in the order of time."""
    return f"{time_label(tx.now_ms)}-{tx.ids.bytes(4).hex()}"


def get_transfer(tx: ReadTx, id: int) -> Transfer:
    """Returns the transfer with this id, which is there."""
    row = tx.one(Q.find_by_id, id)
    assert row is not None
    return transfer_of(row)


def find_transfer(tx: ReadTx, call: Call, kind: TransferKind, arn: str) -> Transfer:
    """Returns the transfer with this ARN in the call's region; AwsError when there is none."""
    found = named(arn)
    row = None
    if found is not None and found.kind == kind and found.table[1] == call.region:
        row = tx.one(Q.find_transfer, *found.table, kind, found.name)
    if row is None:
        code, text = _NOT_FOUND[kind]
        raise AwsError(code, text + arn)
    return transfer_of(row)


def end_transfer(tx: Tx, transfer: Transfer, status: Status, **shown: Any) -> None:
    """Writes down how it ended, with more of its description."""
    document = {**transfer.document, "shown": {**transfer.document["shown"], **shown, "EndTime": tx.now_ms}}
    tx.run(Q.put_end, status, orjson.dumps(document).decode(), transfer.id)


def transfer_of(row: Row) -> Transfer:
    """Returns what a row of ``dynamodb_transfer`` holds."""
    id, account, region, table, kind, label, status, document, table_id, copy_id, begun_ms = row
    return Transfer(
        id=id,
        table=(account, region, table),
        kind=TransferKind(kind),
        label=label,
        status=Status(status),
        document=orjson.loads(document),
        table_id=table_id,
        copy_id=copy_id,
        begun_ms=begun_ms,
    )
