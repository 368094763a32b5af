"""Managed policies: create, read, list, delete."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import policy_arn, request_tags
from penstock.services.iam.api.tags import put_tags, tag_list
from penstock.services.iam.credentials import new_id
from penstock.services.iam.entities.managed_policies import aws_policies
from penstock.services.iam.entities.managed_policy import ManagedPolicy, aws_policy, get_policy, own_policy
from penstock.services.iam.entities.role import checked_document
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_AWS_KEY = "~"  # sorts behind every customer's policy, whose names hold no tilde


@operation("CreatePolicy", action="iam:CreatePolicy", resource=policy_arn, context=request_tags)
async def create_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Creates a managed policy with its first version."""
    check_policy_document(params["PolicyDocument"])
    if params.get("Tags"):
        await call.authorize("iam:TagPolicy", policy_arn(iam, call, params), request_tags(iam, call, params))
    return await iam.store.write(_create, call.account, policy_arn(iam, call, params), params)


@operation("GetPolicy", action="iam:GetPolicy", resource=policy_arn)
async def get_policy_operation(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the policy, without its document."""
    return await iam.store.read(_get, call.account, params["PolicyArn"])


@operation("ListPolicies", action="iam:ListPolicies")
async def list_policies(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's policies by name, then AWS's."""
    return await iam.store.read(_list, call.account, params)


@operation("DeletePolicy", action="iam:DeletePolicy", resource=policy_arn)
async def delete_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a policy that is attached nowhere and has no version but the default one."""
    await iam.store.write(_delete, call.account, params["PolicyArn"])
    return {}


def check_policy_document(document: str) -> None:
    """Returns when the document may become a version; AwsError ``MalformedPolicyDocument``, ``LimitExceeded``."""
    checked_document(document)
    if limits.counted_bytes(document) > limits.POLICY_BYTES:
        raise errors.limit_exceeded(f"Cannot exceed quota for PolicySize: {limits.POLICY_BYTES}")


def _create(tx: Tx, account: str, arn: str, params: dict[str, Any]) -> Params:
    name = params["PolicyName"]
    if tx.one(Q.find_policy_by_name, account, name.lower()):
        raise errors.policy_exists(name)
    if (tx.one(Q.count_policies, account) or (0,))[0] >= limits.POLICIES_PER_ACCOUNT:
        quota = f"Cannot exceed quota for PoliciesPerAccount: {limits.POLICIES_PER_ACCOUNT}"
        raise errors.limit_exceeded(quota)
    now_ms, unique = tx.now_ms, new_id(tx.ids, "ANPA")
    path, description = params.get("Path", "/"), params.get("Description")
    tx.run(Q.add_policy, arn, unique, account, name, name.lower(), path, description, now_ms, now_ms)
    tx.run(Q.add_version, arn, 1, params["PolicyDocument"], now_ms)
    put_tags(tx, arn, params.get("Tags", []))
    return {"Policy": shown_policy(tx, get_policy(tx, arn, account), account) | _tags(tx, arn)}


def _get(tx: ReadTx, account: str, arn: str) -> Params:
    policy = shown_policy(tx, get_policy(tx, arn, account), account)
    return {"Policy": policy | _tags(tx, arn)}


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    scope, prefix = params.get("Scope", "All"), params.get("PathPrefix", "/")
    found: list[tuple[str, ManagedPolicy]] = []
    if scope != "AWS" and not after.startswith(_AWS_KEY):
        rows = tx.all(Q.find_policies_after, account, after, limits.POLICIES_PER_ACCOUNT)
        found += [(policy.name.lower(), policy) for policy in (ManagedPolicy(*row) for row in rows)]
    if scope != "Local":
        found += [(_AWS_KEY + arn, aws_policy(aws_policies()[arn])) for arn in sorted(aws_policies())]
    shown = []
    for key, policy in found:
        if key > after and policy.path.startswith(prefix):
            summary = shown_policy(tx, policy, account)
            if _is_wanted(summary, params):
                shown.append((key, summary))
        if len(shown) > size:
            break
    return page("Policies", shown, size)


def _delete(tx: Tx, account: str, arn: str) -> None:
    policy = own_policy(tx, arn, account)
    if tx.all(Q.find_attached, arn) or tx.all(Q.find_bounded, arn, arn):
        raise errors.conflict("Cannot delete a policy attached to entities.")
    if len(tx.all(Q.find_versions, arn)) > 1:
        raise errors.conflict(
            "This policy has more than one version. "
            "Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    tx.run(Q.delete_policy, policy.arn)
    tx.run(Q.delete_versions, policy.arn)
    tx.run(Q.delete_tags, policy.arn)


def shown_policy(tx: ReadTx, policy: ManagedPolicy, account: str) -> Params:
    """Returns the policy as lists show it."""
    shown = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": (tx.one(Q.count_attachments, policy.arn, account) or (0,))[0],
        "PermissionsBoundaryUsageCount": _bounded(tx, policy.arn, account),
        "IsAttachable": True,
        "CreateDate": instant(policy.created_ms),
        "UpdateDate": instant(policy.updated_ms),
    }
    if policy.description is not None:
        shown["Description"] = policy.description
    return shown


def _is_wanted(summary: Params, params: dict[str, Any]) -> bool:
    attached, bounding = summary["AttachmentCount"], summary["PermissionsBoundaryUsageCount"]
    if params.get("PolicyUsageFilter") == "PermissionsBoundary":
        return bool(bounding)
    return not params.get("OnlyAttached") or bool(attached)


def _bounded(tx: ReadTx, arn: str, account: str) -> int:
    rows = (tx.one(statement, arn, account) for statement in (Q.count_bounded_users, Q.count_bounded_roles))
    return sum(row[0] for row in rows if row)


def _tags(tx: ReadTx, arn: str) -> Params:
    tags = tag_list(tx, arn)
    return {"Tags": tags} if tags else {}
