"""Inline policies of a role."""

from typing import Any
from urllib.parse import quote

from penstock.server import Call, Params
from penstock.services.iam import errors, limits
from penstock.services.iam.authorize import role_operation
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.role import checked_document, forget_identity, get_role
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@role_operation("PutRolePolicy")
async def put_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Puts an inline policy, in force with the answer."""
    checked_document(params["PolicyDocument"])
    await iam.store.write(_put, call.account, params)
    return {}


@role_operation("GetRolePolicy")
async def get_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns an inline policy."""
    return await iam.store.read(_get, call.account, params)


@role_operation("ListRolePolicies")
async def list_role_policies(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the names of the inline policies."""
    return await iam.store.read(_list, call.account, params)


@role_operation("DeleteRolePolicy")
async def delete_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes an inline policy."""
    await iam.store.write(_delete, call.account, params)
    return {}


def _put(tx: Tx, account: str, params: dict[str, Any]) -> None:
    role = get_role(tx, account, params["RoleName"])
    tx.run(Q.put_role_policy, role.id, params["PolicyName"], params["PolicyDocument"])
    used = sum(limits.counted_bytes(document) for _, document in tx.all(Q.find_role_policies, role.id))
    if used > limits.INLINE_BYTES_PER_ROLE:
        text = f"Maximum policy size of {limits.INLINE_BYTES_PER_ROLE} bytes exceeded for role {role.name}"
        raise errors.limit_exceeded(text)
    forget_identity(tx, role.id)


def _get(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    role = get_role(tx, account, params["RoleName"])
    row = tx.one(Q.find_role_policy, role.id, params["PolicyName"])
    if row is None:
        raise errors.no_such_role_policy(params["PolicyName"])
    document = quote(row[0], safe="")
    return {"RoleName": role.name, "PolicyName": params["PolicyName"], "PolicyDocument": document}


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    role = get_role(tx, account, params["RoleName"])
    after, size = page_start(params)
    names = [name for (name,) in tx.all(Q.find_role_policies_after, role.id, after, size + 1)]
    return page("PolicyNames", [(name, name) for name in names], size)


def _delete(tx: Tx, account: str, params: dict[str, Any]) -> None:
    role = get_role(tx, account, params["RoleName"])
    if not tx.run(Q.delete_role_policy, role.id, params["PolicyName"]):
        raise errors.no_such_role_policy(params["PolicyName"])
    forget_identity(tx, role.id)
