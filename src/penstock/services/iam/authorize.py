"""On which ARN, and with which condition keys, operations on roles and policies are authorised.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from penstock.access import Keys
from penstock.arn import Arn
from penstock.server import Call, Params, operation, resource_tag_keys, tag_keys
from penstock.services.iam import errors
from penstock.services.iam.role import Role, find_role
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, queries

Q = queries(__package__)

RoleHandler = Callable[..., Any]


def role_operation(
    name: str, *, check: Callable[[Params], None] | None = None
) -> Callable[[RoleHandler], RoleHandler]:
    """Returns a decorator that declares a handler of an existing role as AWS's ``name``, allowed by ``iam:name``.

    A role's ARN holds its path, so only the store knows it. ``check`` is the declared operation's.
    """

    def declare(handler: RoleHandler) -> RoleHandler:
        @wraps(handler)
        async def authorised(iam: IamState, call: Call, params: Params) -> Params:
            arn = await iam.store.read(_role_arn, call.account, params["RoleName"])
            context = request_tags(iam, call, params)
            if "PolicyArn" in params:
                context["iam:PolicyARN"] = params["PolicyArn"]
            await call.authorize(f"iam:{name}", arn, context)
            result: Params = await handler(iam, call, params)
            return result

        return operation(name, action=None, check=check)(authorised)

    return declare


def policy_arn(iam: IamState, call: Call, params: Params) -> str:
    """Returns the ARN that a call about a policy is authorised on; AwsError ``InvalidInput`` when it is none."""
    if "PolicyArn" in params:
        return checked_arn(params["PolicyArn"])
    return f"arn:aws:iam::{call.account}:policy{params.get('Path', '/')}{params['PolicyName']}"


def checked_arn(text: str) -> str:
    """Returns ``text``, which is a managed policy's ARN; AwsError ``InvalidInput``."""
    try:
        parsed = Arn.parse(text)
    except ValueError:
        raise errors.invalid_arn(text) from None
    if parsed.service != "iam" or parsed.region or not parsed.resource.startswith("policy/"):
        raise errors.invalid_arn(text)
    return text


def request_tags(iam: IamState, call: Call, params: Mapping[str, Any]) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
    return tag_keys(tags, params.get("TagKeys", ()))


def entity_tag_keys(tx: ReadTx, arn: str) -> dict[str, str]:
    """Returns the condition keys of the tags that the role or the managed policy with this ARN has."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        return {}
    if parsed.resource.startswith("policy/"):
        return _tag_keys(dict(tx.all(Q.find_tags, arn)))
    role = find_role(tx, parsed.account, parsed.resource.rpartition("/")[2])
    return role_tag_keys(role) if role is not None and role.arn == arn else {}


def role_tag_keys(role: Role) -> dict[str, str]:
    """Returns the condition keys of the role's tags."""
    return _tag_keys(dict(role.tags)) if role.tags else {}


def _tag_keys(tags: Mapping[str, str]) -> dict[str, str]:
    return resource_tag_keys(tags) | resource_tag_keys(tags, "iam:ResourceTag/")


def _role_arn(tx: ReadTx, account: str, name: str) -> str:
    role = find_role(tx, account, name)
    # Who may not ask is not told that there is no such role.
    return role.arn if role else f"arn:aws:iam::{account}:role/{name}"
