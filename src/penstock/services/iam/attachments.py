"""Managed policies attached to roles."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.authorize import checked_arn, policy_arn, role_operation
from penstock.services.iam.managed_policy import find_policy, get_policy
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.role import forget_identity, get_role
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def _check_given(params: Params) -> None:
    if not params.get("PolicyArn"):
        raise errors.no_arn()


@role_operation("AttachRolePolicy", check=_check_given)
async def attach_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Attaches a managed policy, in force with the answer."""
    await iam.store.write(_attach, call.account, params["RoleName"], params["PolicyArn"])
    return {}


@role_operation("DetachRolePolicy", check=_check_given)
async def detach_role_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Takes a managed policy away."""
    await iam.store.write(_detach, call.account, params["RoleName"], params["PolicyArn"])
    return {}


@role_operation("ListAttachedRolePolicies")
async def list_attached_role_policies(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the managed policies that are attached."""
    return await iam.store.read(_list, call.account, params)


@operation("ListEntitiesForPolicy", action="iam:ListEntitiesForPolicy", resource=policy_arn)
async def list_entities_for_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's roles that a policy is attached to; there are no users and groups that it could be."""
    return await iam.store.read(_entities, call.account, params)


def _attach(tx: Tx, account: str, name: str, arn: str) -> None:
    role = get_role(tx, account, name)
    policy = find_policy(tx, checked_arn(arn))
    if policy is None or policy.account not in ("aws", account):
        raise errors.not_attachable(arn)
    tx.run(Q.add_attachment, role.id, arn, account)
    if len(tx.all(Q.find_attachments, role.id)) > limits.POLICIES_PER_ROLE:
        raise errors.limit_exceeded(f"Cannot exceed quota for PoliciesPerRole: {limits.POLICIES_PER_ROLE}")
    forget_identity(tx, role.id)


def _detach(tx: Tx, account: str, name: str, arn: str) -> None:
    role = get_role(tx, account, name)
    if not tx.run(Q.delete_attachment, role.id, checked_arn(arn)):
        raise errors.no_such_policy(arn)
    forget_identity(tx, role.id)


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    role = get_role(tx, account, params["RoleName"])
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    attached = [get_policy(tx, arn, account) for (arn,) in tx.all(Q.find_attachments, role.id)]
    return page(
        "AttachedPolicies",
        [
            (policy.arn, {"PolicyName": policy.name, "PolicyArn": policy.arn})
            for policy in attached
            if policy.arn > after and policy.path.startswith(prefix)
        ],
        size,
    )


def _entities(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    policy = get_policy(tx, params["PolicyArn"], account)
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    shown: list[tuple[str, Params]] = []
    if (
        params.get("EntityFilter", "Role") == "Role"
        and params.get("PolicyUsageFilter") != "PermissionsBoundary"
    ):
        rows = tx.all(Q.find_attached_roles_after, policy.arn, account, after, len(prefix), prefix, size + 1)
        shown = [(key, {"RoleName": name, "RoleId": id}) for key, name, id in rows]
    return {"PolicyUsers": [], "PolicyGroups": []} | page("PolicyRoles", shown, size)
