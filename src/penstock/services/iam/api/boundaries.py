"""Put…PermissionsBoundary and Delete…PermissionsBoundary, of roles and users."""

from typing import Any

from penstock.server import Call, Params
from penstock.services.iam import errors
from penstock.services.iam.api.authorize import EntityHandler, entity_operation
from penstock.services.iam.api.boundary import checked_boundary
from penstock.services.iam.entities.entity import Kind
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.role import forget_role, get_role
from penstock.services.iam.entities.user import get_user
from penstock.services.iam.state import IamState
from penstock.store import Tx, queries

Q = queries("penstock.services.iam")


def _putting(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Put{kind}PermissionsBoundary")
    async def put_boundary(iam: IamState, call: Call, params: Params) -> Params:
        """Bounds what the role or user may do, from now on."""
        await iam.store.write(_put, kind, call.account, params)
        return {}

    return put_boundary


def _deleting(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Delete{kind}PermissionsBoundary")
    async def delete_boundary(iam: IamState, call: Call, params: Params) -> Params:
        """Takes the bound away: the policies alone say what the role or user may do."""
        await iam.store.write(_delete, kind, call.account, params[kind.member])
        return {}

    return delete_boundary


put_role_boundary, put_user_boundary = map(_putting, (Kind.ROLE, Kind.USER))
delete_role_boundary, delete_user_boundary = map(_deleting, (Kind.ROLE, Kind.USER))


def _put(tx: Tx, kind: Kind, account: str, params: dict[str, Any]) -> None:
    _set(tx, kind, account, params[kind.member], checked_boundary(tx, account, params["PermissionsBoundary"]))


def _delete(tx: Tx, kind: Kind, account: str, name: str) -> None:
    found = get_role(tx, account, name) if kind is Kind.ROLE else get_user(tx, account, name)
    if found.boundary is None:
        raise errors.no_boundary(found.arn)
    _set(tx, kind, account, name, None)


def _set(tx: Tx, kind: Kind, account: str, name: str, arn: str | None) -> None:
    if kind is Kind.USER:
        user = get_user(tx, account, name)
        tx.run(Q.put_user_boundary, arn, user.id)
        forget_identity(tx, user.id)
        return
    role = get_role(tx, account, name)
    tx.run(Q.put_role_boundary, arn, role.id)
    forget_role(tx, account, name)
    forget_identity(tx, role.id)
