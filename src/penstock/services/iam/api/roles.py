"""Roles: create, read, change, delete."""

from typing import Any
from urllib.parse import quote

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import LINKED_PATH, request_tags, requested, role_operation
from penstock.services.iam.api.boundary import checked_boundary, shown_boundary
from penstock.services.iam.api.tags import put_tags, tag_list
from penstock.services.iam.credentials import new_id
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.instance_profile import instance_profiles_of
from penstock.services.iam.entities.role import (
    Role,
    checked_trust,
    find_role,
    forget_role,
    get_role,
    role_of_row,
)
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_DEFAULT_SESSION_S = 3600


def new_role_arn(iam: IamState, call: Call, params: Params) -> str:
    """Returns the ARN that a role will have."""
    path = params.get("Path", "/")
    return f"arn:aws:iam::{call.account}:role{path}{params['RoleName']}"


def every_role(iam: IamState, call: Call, params: Params) -> str:
    """Returns the ARN that listing roles is authorised on."""
    return f"arn:aws:iam::{call.account}:role{params.get('PathPrefix', '/')}"


@operation("CreateRole", action="iam:CreateRole", resource=new_role_arn, context=requested)
async def create_role(iam: IamState, call: Call, params: Params) -> Params:
    """Creates a role that its trust policy's principals may assume."""
    if params.get("Path", "/").startswith(LINKED_PATH):
        raise errors.reserved_path(params["Path"])
    checked_trust(params["AssumeRolePolicyDocument"])
    _check_trust_size(params["AssumeRolePolicyDocument"])
    if params.get("Tags"):
        await call.authorize("iam:TagRole", new_role_arn(iam, call, params), request_tags(iam, call, params))
    return await iam.store.write(_create, call.account, params)


@role_operation("GetRole")
async def get_role_operation(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the role."""
    return await iam.store.read(_get, call.account, params["RoleName"])


@operation("ListRoles", action="iam:ListRoles", resource=every_role)
async def list_roles(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's roles by name."""
    return await iam.store.read(_list, call.account, params)


@role_operation("UpdateRole")
async def update_role(iam: IamState, call: Call, params: Params) -> Params:
    """Changes description and longest session."""
    await iam.store.write(_update, call.account, params)
    return {}


@role_operation("UpdateRoleDescription")
async def update_role_description(iam: IamState, call: Call, params: Params) -> Params:
    """Changes the description and returns the role."""
    await iam.store.write(_update, call.account, params)
    return await iam.store.read(_get, call.account, params["RoleName"])


@role_operation("UpdateAssumeRolePolicy")
async def update_assume_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Changes who may assume the role."""
    checked_trust(params["PolicyDocument"])
    _check_trust_size(params["PolicyDocument"])
    await iam.store.write(_update_trust, call.account, params["RoleName"], params["PolicyDocument"])
    return {}


@role_operation("DeleteRole")
async def delete_role(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a role that has no policies left; its sessions may do nothing from now on."""
    await iam.store.write(_delete, call.account, params["RoleName"])
    return {}


def create_linked_role(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    """Returns a new role of a service's own; AwsError ``InvalidInput`` when there is one of that name."""
    if find_role(tx, account, params["RoleName"]):
        raise errors.linked_role_exists(params["RoleName"])
    return _create(tx, account, params)


def delete_linked_role(tx: Tx, account: str, name: str) -> str:
    """Deletes a service's own role and returns its path; AwsError ``NoSuchEntity`` when it is no such role."""
    role = get_role(tx, account, name)
    if not role.path.startswith(LINKED_PATH):
        raise errors.no_such("role", name)
    _delete(tx, account, name)
    return role.path


def shown_role(role: Role) -> Params:
    """Returns the role as other things show it that have one."""
    return _summary(role)


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    name = params["RoleName"]
    if find_role(tx, account, name):
        raise errors.exists("Role", name)
    if (tx.one(Q.count_roles, account) or (0,))[0] >= limits.ROLES_PER_ACCOUNT:
        raise errors.limit_exceeded(f"Cannot exceed quota for RolesPerAccount: {limits.ROLES_PER_ACCOUNT}")
    tx.run(
        Q.add_role,
        new_id(tx.ids, "AROA"),
        account,
        name,
        name.lower(),
        params.get("Path", "/"),
        params.get("Description"),
        params.get("MaxSessionDuration", _DEFAULT_SESSION_S),
        params["AssumeRolePolicyDocument"],
        tx.now_ms,
    )
    forget_role(tx, account, name)
    if boundary := params.get("PermissionsBoundary"):
        tx.run(Q.put_role_boundary, checked_boundary(tx, account, boundary), get_role(tx, account, name).id)
        forget_role(tx, account, name)
    role = get_role(tx, account, name)
    if tags := params.get("Tags"):
        put_tags(tx, role.id, tags)
        forget_role(tx, account, name)
    return {"Role": _made(tx, role)}


def _get(tx: ReadTx, account: str, name: str) -> Params:
    role = get_role(tx, account, name)
    # When a role was last used is told a while later at AWS, and here never.
    return {"Role": _made(tx, role) | _session(role) | {"RoleLastUsed": {}}}


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    rows = tx.all(Q.find_roles_after, account, after, len(prefix), prefix, size + 1)
    roles = [role_of_row(row) for row in rows]
    return page("Roles", [(role.name.lower(), _summary(role) | _session(role)) for role in roles], size)


def _update(tx: Tx, account: str, params: dict[str, Any]) -> None:
    role = get_role(tx, account, params["RoleName"])
    description = params.get("Description", role.description)
    max_session_s = params.get("MaxSessionDuration", role.max_session_s)
    tx.run(Q.put_role, description, max_session_s, role.trust_text, role.id)
    forget_role(tx, account, role.name)


def _update_trust(tx: Tx, account: str, name: str, document: str) -> None:
    role = get_role(tx, account, name)
    tx.run(Q.put_role, role.description, role.max_session_s, document, role.id)
    forget_role(tx, account, name)


def _delete(tx: Tx, account: str, name: str) -> None:
    role = get_role(tx, account, name)
    if tx.all(Q.find_attachments, role.id):
        raise errors.conflict("Cannot delete entity, must detach all policies first.")
    if tx.all(Q.find_inline_policies, role.id):
        raise errors.conflict("Cannot delete entity, must delete policies first.")
    if instance_profiles_of(tx, role.id, "", 1):
        raise errors.conflict("Cannot delete entity, must remove roles from instance profile first.")
    tx.run(Q.delete_role, role.id)
    tx.run(Q.delete_tags, role.id)
    forget_role(tx, account, name)
    forget_identity(tx, role.id)


def _summary(role: Role) -> Params:
    shown = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": instant(role.created_ms),
        "AssumeRolePolicyDocument": quote(role.trust_text, safe=""),
    }
    if role.description is not None:
        shown["Description"] = role.description
    return shown | shown_boundary(role.boundary)


def _session(role: Role) -> Params:
    """Returns what every answer but CreateRole's says."""
    return {"MaxSessionDuration": role.max_session_s}


def _made(tx: ReadTx, role: Role) -> Params:
    shown = _summary(role)
    if tags := tag_list(tx, role.id):
        shown["Tags"] = tags
    return shown


def _check_trust_size(document: str) -> None:
    if limits.counted_bytes(document) > limits.TRUST_BYTES:
        raise errors.limit_exceeded(f"Cannot exceed quota for ACLSizePerRole: {limits.TRUST_BYTES}")
