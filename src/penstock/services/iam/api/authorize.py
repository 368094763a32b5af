"""On which ARN, and with which condition keys, operations on roles, users, groups and policies are authorised.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

from penstock.access import Keys
from penstock.arn import Arn
from penstock.server import Call, Params, operation, resource_tag_keys, tag_keys
from penstock.services.iam import errors
from penstock.services.iam.entities.entity import Kind
from penstock.services.iam.entities.group import find_group
from penstock.services.iam.entities.instance_profile import find_instance_profile
from penstock.services.iam.entities.role import Role, find_role
from penstock.services.iam.entities.user import User, find_user
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, queries

Q = queries("penstock.services.iam")

_BOUNDARY = "iam:PermissionsBoundary"
_ASKS_BOUNDARY = frozenset(
    {
        "AttachRolePolicy",
        "AttachUserPolicy",
        "DeleteRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DeleteUserPermissionsBoundary",
        "DeleteUserPolicy",
        "DetachRolePolicy",
        "DetachUserPolicy",
        "GetRole",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "PutUserPermissionsBoundary",
        "PutUserPolicy",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    }
)
"""The actions whose condition keys the boundary of the role or user belongs to."""

LINKED_PATH = "/aws-service-role/"
"""Where the path of each service-linked role begins."""
_PROTECTED = frozenset(
    {
        "AttachRolePolicy",
        "DeleteRole",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
    }
)
"""What nobody may do with a service-linked role."""

EntityHandler = Callable[..., Awaitable[Params]]


def entity_operation(
    kind: Kind, name: str, *, check: Callable[[Params], None] | None = None
) -> Callable[[EntityHandler], EntityHandler]:
    """Returns a decorator that declares a handler of an existing role, user or group as AWS's ``name``.

    Allowed by ``iam:name`` on its ARN, which holds its path, so only the store knows it. ``check`` is the declared
    operation's.
    """

    def declare(handler: EntityHandler) -> EntityHandler:
        return operation(name, action=None, check=check)(_authorised(kind, name, handler))

    return declare


def own_user_operation(name: str) -> Callable[[EntityHandler], EntityHandler]:
    """Returns a decorator that declares a handler of a user as AWS's ``name``: of the caller when none is named."""

    def declare(handler: EntityHandler) -> EntityHandler:
        authorised = _authorised(Kind.USER, name, handler)

        @wraps(handler)
        async def of_caller(iam: IamState, call: Call, params: Params) -> Params:
            return await authorised(iam, call, {**params, "UserName": own_name(call, params)})

        return operation(name, action=None)(of_caller)

    return declare


def role_operation(
    name: str, *, check: Callable[[Params], None] | None = None
) -> Callable[[EntityHandler], EntityHandler]:
    """Returns a decorator that declares a handler of an existing role as AWS's ``name``."""
    return entity_operation(Kind.ROLE, name, check=check)


def own_name(call: Call, params: Params) -> str:
    """Returns the user that is named, or who asks; AwsError ``ValidationError`` when that is no user."""
    if "UserName" in params:
        return str(params["UserName"])
    if call.principal.kind != "user":
        raise errors.validation("Must specify userName when calling with non-User credentials")
    return call.principal.arn.rpartition("/")[2]


def _authorised(kind: Kind, name: str, handler: EntityHandler) -> EntityHandler:
    @wraps(handler)
    async def authorised(iam: IamState, call: Call, params: Params) -> Params:
        arn, boundary = await iam.store.read(_asked_entity, kind, call.account, params[kind.member])
        context = requested(iam, call, params)
        if boundary and name in _ASKS_BOUNDARY:
            context.setdefault(_BOUNDARY, boundary)
        await call.authorize(f"iam:{name}", arn, context)
        if name in _PROTECTED and f":role{LINKED_PATH}" in arn:
            raise errors.protected_role(params["RoleName"])
        return await handler(iam, call, params)

    return authorised


def linked_path(service: str) -> str:
    """Returns the path of the service's own role."""
    return f"{LINKED_PATH}{service}/"


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


def requested(iam: IamState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of what a call brings: tags, a policy, a boundary."""
    context = request_tags(iam, call, params)
    if "PolicyArn" in params:
        context["iam:PolicyARN"] = params["PolicyArn"]
    if "PermissionsBoundary" in params:
        context[_BOUNDARY] = params["PermissionsBoundary"]
    return context


def entity_tag_keys(tx: ReadTx, arn: str) -> dict[str, str]:
    """Returns the condition keys of the tags of the role, user or managed policy with this ARN."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        return {}
    name = parsed.resource.rpartition("/")[2]
    match parsed.resource.partition("/")[0]:
        case "policy" | "oidc-provider":
            return _tag_keys(dict(tx.all(Q.find_tags, arn)))
        case "role":
            return _keys_of(find_role(tx, parsed.account, name), arn)
        case "user":
            return _keys_of(find_user(tx, parsed.account, name), arn)
        case "instance-profile":
            profile = find_instance_profile(tx, parsed.account, name)
            return _tag_keys(dict(tx.all(Q.find_tags, profile.id))) if profile else {}
    return {}


def role_tag_keys(role: Role) -> dict[str, str]:
    """Returns the condition keys of the role's tags."""
    return _tag_keys(dict(role.tags)) if role.tags else {}


def _keys_of(found: Role | User | None, arn: str) -> dict[str, str]:
    return _tag_keys(dict(found.tags)) if found is not None and found.arn == arn else {}


def _tag_keys(tags: Mapping[str, str]) -> dict[str, str]:
    return resource_tag_keys(tags) | resource_tag_keys(tags, "iam:ResourceTag/")


def _asked_entity(tx: ReadTx, kind: Kind, account: str, name: str) -> tuple[str, str | None]:
    """Returns the ARN of the entity, and what bounds it."""
    # Who may not ask is not told that there is no such thing.
    arn = f"arn:aws:iam::{account}:{kind.word}/{name}"
    if kind is Kind.GROUP:
        group = find_group(tx, account, name)
        return group.arn if group else arn, None
    found = find_role(tx, account, name) if kind is Kind.ROLE else find_user(tx, account, name)
    return (found.arn, found.boundary) if found else (arn, None)
