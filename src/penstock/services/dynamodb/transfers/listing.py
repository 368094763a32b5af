"""DescribeExport, ListExports, DescribeImport, ListImports."""

from typing import NamedTuple

from penstock.server import Call, Params, operation, page_token, read_page_token
from penstock.services.dynamodb.arns import named, table_arn
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.transfers.transfer import Transfer, TransferKind, find_transfer, transfer_of
from penstock.store import ReadTx, queries

Q = queries(__package__)

_PAGE = 25
_OF_IMPORTS = (
    "ImportArn",
    "ImportStatus",
    "TableArn",
    "S3BucketSource",
    "InputFormat",
    "StartTime",
    "EndTime",
)
_TOKEN_CHARS = 112
"""How long an import's page token is at least."""


class _Asked(NamedTuple):
    """A page of transfers: of one kind, of one table when its ARN is given, behind a label."""

    kind: TransferKind
    table: str | None
    after: str
    limit: int


def _export_resource(dynamo: object, call: Call, params: Params) -> str:
    return str(params["ExportArn"])


def _import_resource(dynamo: object, call: Call, params: Params) -> str:
    return str(params["ImportArn"])


@operation("DescribeExport", action="dynamodb:DescribeExport", resource=_export_resource)
async def describe_export(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the export, and how far it is."""
    found = await dynamo.store.read(find_transfer, call, TransferKind.EXPORT, params["ExportArn"])
    return {"ExportDescription": found.shown}


@operation("DescribeImport", action="dynamodb:DescribeImport", resource=_import_resource)
async def describe_import(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the import, and how far it is."""
    found = await dynamo.store.read(find_transfer, call, TransferKind.IMPORT, params["ImportArn"])
    return {"ImportTableDescription": found.shown}


@operation("ListExports", action="dynamodb:ListExports")
async def list_exports(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns a page of the exports of the last 90 days, in the order in which they began."""
    limit = params.get("MaxResults") or _PAGE
    token = params.get("NextToken")
    after = read_page_token(token) if token else ""
    asked = _Asked(TransferKind.EXPORT, params.get("TableArn"), _label(after), limit)
    page = await dynamo.store.read(_page, call, asked)
    members = ("ExportArn", "ExportStatus", "ExportType")
    answer: Params = {"ExportSummaries": [_some(one, members) for one in page[:limit]]}
    if len(page) > limit:
        answer["NextToken"] = page_token(page[limit - 1].label)
    return answer


@operation("ListImports", action="dynamodb:ListImports")
async def list_imports(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns a page of the imports of the last 90 days, in the order in which they began."""
    limit = params.get("PageSize") or _PAGE
    token = params.get("NextToken")
    after = _read_hex(token) if token else ""
    asked = _Asked(TransferKind.IMPORT, params.get("TableArn"), _label(after), limit)
    page = await dynamo.store.read(_page, call, asked)
    answer: Params = {"ImportSummaryList": [_some(one, _OF_IMPORTS) for one in page[:limit]]}
    if len(page) > limit:
        answer["NextToken"] = page[limit - 1].label.encode().hex().rjust(_TOKEN_CHARS, "0")
    return answer


def _page(tx: ReadTx, call: Call, asked: _Asked) -> list[Transfer]:
    count = asked.limit + 1
    if asked.table is None:
        rows = tx.all(Q.find_transfers, call.account, call.region, asked.kind, asked.after, count)
    else:
        found = named(asked.table)
        if found is None or found.kind or table_arn(found.table) != asked.table:
            raise invalid(f"Invalid TableArn: {asked.table}")
        if found.table[:2] != (call.account, call.region):
            return []
        rows = tx.all(Q.find_transfers_of_table, *found.table, asked.kind, asked.after, count)
    return [transfer_of(row) for row in rows]


def _some(transfer: Transfer, members: tuple[str, ...]) -> Params:
    shown = transfer.shown
    return {name: shown[name] for name in members if name in shown}


def _label(read: str | None) -> str:
    if read is None:
        raise invalid("Invalid NextToken value")
    return read


def _read_hex(token: str) -> str | None:
    try:
        return bytes.fromhex(token).lstrip(b"\0").decode("ascii")
    except ValueError:
        return None
