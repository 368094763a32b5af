"""Versions of a managed policy; the default one is in force."""

from typing import Any
from urllib.parse import quote

from penstock.digits import whole_number
from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import policy_arn
from penstock.services.iam.api.policies import check_policy_document
from penstock.services.iam.entities.identity import forget_policy
from penstock.services.iam.entities.managed_policy import get_policy, own_policy, version_document
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


@operation("GetPolicyVersion", action="iam:GetPolicyVersion", resource=policy_arn)
async def get_policy_version(iam: IamState, call: Call, params: Params) -> Params:
    """Returns one version with its document."""
    return await iam.store.read(_get, call.account, params["PolicyArn"], params["VersionId"])


@operation("ListPolicyVersions", action="iam:ListPolicyVersions", resource=policy_arn)
async def list_policy_versions(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the versions, newest first, without their documents."""
    return await iam.store.read(_list, call.account, params)


@operation("CreatePolicyVersion", action="iam:CreatePolicyVersion", resource=policy_arn)
async def create_policy_version(iam: IamState, call: Call, params: Params) -> Params:
    """Creates the next version, in force with the answer when it is to be the default."""
    check_policy_document(params["PolicyDocument"])
    return await iam.store.write(_create, call.account, params)


@operation("SetDefaultPolicyVersion", action="iam:SetDefaultPolicyVersion", resource=policy_arn)
async def set_default_policy_version(iam: IamState, call: Call, params: Params) -> Params:
    """Puts a version in force."""
    await iam.store.write(_set_default, call.account, params["PolicyArn"], params["VersionId"])
    return {}


@operation("DeletePolicyVersion", action="iam:DeletePolicyVersion", resource=policy_arn)
async def delete_policy_version(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a version that is not the default one."""
    await iam.store.write(_delete, call.account, params["PolicyArn"], params["VersionId"])
    return {}


def _get(tx: ReadTx, account: str, arn: str, version_id: str) -> Params:
    policy = get_policy(tx, arn, account)
    version = _number(version_id)
    document, created_ms = version_document(tx, policy, version)
    shown = _shown(version, policy.default_version, created_ms)
    return {"PolicyVersion": {"Document": quote(document, safe="")} | shown}


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    policy = get_policy(tx, params["PolicyArn"], account)
    after, size = page_start(params)
    rows = tx.all(Q.find_versions, policy.arn)
    if policy.account == "aws":
        rows = [(policy.default_version, policy.updated_ms)]
    below = _number(after) if after else policy.last_version + 1
    shown = [(f"v{v}", _shown(v, policy.default_version, ms)) for v, ms in rows if v < below]
    return page("Versions", shown, size)


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    policy = own_policy(tx, params["PolicyArn"], account)
    if len(tx.all(Q.find_versions, policy.arn)) >= limits.VERSIONS_PER_POLICY:
        raise errors.limit_exceeded(
            f"A managed policy can have up to {limits.VERSIONS_PER_POLICY} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    version = policy.last_version + 1
    tx.run(Q.add_version, policy.arn, version, params["PolicyDocument"], tx.now_ms)
    default = version if params.get("SetAsDefault") else policy.default_version
    tx.run(Q.put_policy_version, default, version, tx.now_ms, policy.arn)
    forget_policy(tx, policy.arn)
    return {"PolicyVersion": _shown(version, default, tx.now_ms)}


def _set_default(tx: Tx, account: str, arn: str, version_id: str) -> None:
    policy = own_policy(tx, arn, account)
    version = _number(version_id)
    version_document(tx, policy, version)
    tx.run(Q.put_policy_version, version, policy.last_version, tx.now_ms, arn)
    forget_policy(tx, arn)


def _delete(tx: Tx, account: str, arn: str, version_id: str) -> None:
    policy = own_policy(tx, arn, account)
    version = _number(version_id)
    version_document(tx, policy, version)
    if version == policy.default_version:
        raise errors.conflict("Cannot delete the default version of a policy.")
    tx.run(Q.delete_version, arn, version)


def _number(version_id: str) -> int:
    """Returns the number in ``v12``; 0, which no version has, when there is none."""
    return whole_number(version_id[1:].partition(".")[0]) or 0


def _shown(version: int, default: int, created_ms: int) -> Params:
    return {
        "VersionId": f"v{version}",
        "IsDefaultVersion": version == default,
        "CreateDate": instant(created_ms),
    }
