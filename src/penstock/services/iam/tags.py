"""Tags of roles and policies."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.authorize import policy_arn, request_tags, role_operation
from penstock.services.iam.managed_policy import get_policy, own_policy
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.role import forget_identity, forget_role, get_role
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@role_operation("TagRole")
async def tag_role(iam: IamState, call: Call, params: Params) -> Params:
    """Sets tags of a role."""
    await iam.store.write(_tag_role, call.account, params)
    return {}


@role_operation("UntagRole")
async def untag_role(iam: IamState, call: Call, params: Params) -> Params:
    """Removes tags of a role."""
    await iam.store.write(_untag_role, call.account, params)
    return {}


@role_operation("ListRoleTags")
async def list_role_tags(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the tags of a role."""
    return await iam.store.read(_list_role_tags, call.account, params)


@operation("TagPolicy", action="iam:TagPolicy", resource=policy_arn, context=request_tags)
async def tag_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Sets tags of a managed policy."""
    await iam.store.write(_tag_policy, call.account, params)
    return {}


@operation("UntagPolicy", action="iam:UntagPolicy", resource=policy_arn, context=request_tags)
async def untag_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Removes tags of a managed policy."""
    await iam.store.write(_untag_policy, call.account, params)
    return {}


@operation("ListPolicyTags", action="iam:ListPolicyTags", resource=policy_arn)
async def list_policy_tags(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the tags of a managed policy."""
    return await iam.store.read(_list_policy_tags, call.account, params)


def put_tags(tx: Tx, entity: str, tags: list[dict[str, str]]) -> None:
    """Sets tags of a role's id or a policy's ARN; AwsError ``InvalidInput``, ``LimitExceeded``."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(keys) != len(set(keys)):
        text = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise errors.invalid_input(text)
    for tag in tags:
        tx.run(Q.put_tag, entity, tag["Key"].lower(), tag["Key"], tag["Value"])
    if tags and len(tag_list(tx, entity)) > limits.TAGS_PER_ENTITY:
        raise errors.limit_exceeded("The number of tags has reached the maximum limit.")


def tag_list(tx: ReadTx, entity: str) -> list[dict[str, str]]:
    """Returns the tags as IAM shows them."""
    return [{"Key": key, "Value": value} for key, value in tx.all(Q.find_tags, entity)]


def _remove(tx: Tx, entity: str, keys: list[str]) -> None:
    for key in keys:
        tx.run(Q.delete_tag, entity, key.lower())


def _tag_role(tx: Tx, account: str, params: dict[str, Any]) -> None:
    role = get_role(tx, account, params["RoleName"])
    put_tags(tx, role.id, params["Tags"])
    forget_role(tx, account, role.name)
    forget_identity(tx, role.id)


def _untag_role(tx: Tx, account: str, params: dict[str, Any]) -> None:
    role = get_role(tx, account, params["RoleName"])
    _remove(tx, role.id, params["TagKeys"])
    forget_role(tx, account, role.name)
    forget_identity(tx, role.id)


def _list_role_tags(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    return _page(tx, get_role(tx, account, params["RoleName"]).id, params)


def _tag_policy(tx: Tx, account: str, params: dict[str, Any]) -> None:
    put_tags(tx, own_policy(tx, params["PolicyArn"], account).arn, params["Tags"])


def _untag_policy(tx: Tx, account: str, params: dict[str, Any]) -> None:
    _remove(tx, own_policy(tx, params["PolicyArn"], account).arn, params["TagKeys"])


def _list_policy_tags(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    return _page(tx, get_policy(tx, params["PolicyArn"], account).arn, params)


def _page(tx: ReadTx, entity: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    tags = [(tag["Key"].lower(), tag) for tag in tag_list(tx, entity)]
    return page("Tags", [(key, tag) for key, tag in tags if key > after], size)
