"""On which ARN, and with which condition keys, operations on roles and policies are authorised.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from penstock.arn import Arn
from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.role import find_role
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, queries

Q = queries(__package__)

Context = dict[str, str | list[str]]
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
            arn, tags = await iam.store.read(_role, call.account, params["RoleName"])
            context = tags | request_tags(iam, call, params)
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


def request_tags(iam: IamState, call: Call, params: Mapping[str, Any]) -> Context:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = params.get("Tags", [])
    keys = [tag["Key"] for tag in tags] + params.get("TagKeys", [])
    context: Context = {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return context | {"aws:TagKeys": keys} if keys else context


def _role(tx: ReadTx, account: str, name: str) -> tuple[str, Context]:
    role = find_role(tx, account, name)
    if role is None:
        # Who may not ask is not told that there is no such role.
        return f"arn:aws:iam::{account}:role/{name}", {}
    context: Context = {}
    for key, value in tx.all(Q.find_tags, role.id):
        context |= {f"aws:ResourceTag/{key}": value, f"iam:ResourceTag/{key}": value}
    return role.arn, context
