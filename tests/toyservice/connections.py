"""The operations.

Source: https://docs.aws.amazon.com/codestar-connections/latest/APIReference/Welcome.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.store import ReadTx, Row, Tx, queries
from tests.toyservice.state import ToyState

Q = queries(__package__)

_PATIENCE_MS = 3_600_000


def connection_arn(toy: ToyState, call: Call, params: Params) -> str:
    """Returns the ARN that a call is about."""
    return str(params["ConnectionArn"])


@operation("CreateConnection", action="codestar-connections:CreateConnection")
async def create_connection(toy: ToyState, call: Call, params: Params) -> Params:
    """Returns the ARN of a new connection."""
    arn = await toy.store.write(_create, call, params)
    toy.woken.set()
    return {"ConnectionArn": arn}


@operation("GetConnection", action="codestar-connections:GetConnection", resource=connection_arn)
async def get_connection(toy: ToyState, call: Call, params: Params) -> Params:
    """Returns the connection; ResourceNotFoundException."""
    row = await toy.store.read(_find, params["ConnectionArn"])
    if row is None:
        raise AwsError("ResourceNotFoundException", "Connection was not found.")
    return {"Connection": _shown(row)}


@operation("ListConnections", action="codestar-connections:ListConnections")
async def list_connections(toy: ToyState, call: Call, params: Params) -> Params:
    """Returns the account's connections."""
    return {"Connections": [_shown(row) for row in await toy.store.read(_list, call.account)]}


def _create(tx: Tx, call: Call, params: Params) -> str:
    arn = f"arn:aws:codestar-connections:{call.region}:{call.account}:connection/{tx.ids.uuid()}"
    due_ms = tx.now_ms + _PATIENCE_MS
    tx.run(
        Q.add_connection,
        arn,
        params["ConnectionName"],
        params.get("ProviderType", "GitHub"),
        call.account,
        due_ms,
    )
    return arn


def _find(tx: ReadTx, arn: str) -> Row | None:
    return tx.one(Q.find_connection, arn)


def _list(tx: ReadTx, account: str) -> list[Row]:
    return tx.all(Q.find_connections, account)


def _shown(row: Row) -> Params:
    names = ("ConnectionArn", "ConnectionName", "ProviderType", "OwnerAccountId", "ConnectionStatus")
    return dict(zip(names, row, strict=True))
