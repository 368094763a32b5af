"""Users: create, read, rename, delete."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import entity_operation, own_name, request_tags, requested
from penstock.services.iam.api.boundary import checked_boundary, shown_boundary
from penstock.services.iam.api.tags import put_tags
from penstock.services.iam.credentials import new_id
from penstock.services.iam.entities.entity import Kind
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.user import User, find_user, get_user, users_after
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


def _new_arn(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:user{params.get('Path', '/')}{params['UserName']}"


def _every_user(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:user{params.get('PathPrefix', '/')}"


@operation("CreateUser", action="iam:CreateUser", resource=_new_arn, context=requested)
async def create_user(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the new user, who has no keys and may do nothing yet."""
    if params.get("Tags"):
        await call.authorize("iam:TagUser", _new_arn(iam, call, params), request_tags(iam, call, params))
    return await iam.store.write(_create, call.account, params)


@operation("GetUser", action=None)
async def get_user_operation(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the user; without a name whoever asks, if that is a user or the root user."""
    if "UserName" not in params and call.principal.kind == "root":
        root = {"UserId": call.account, "Arn": call.principal.arn, "CreateDate": instant(0)}
        return {"User": root}
    user = await iam.store.read(find_user, call.account, name := own_name(call, params))
    await call.authorize("iam:GetUser", user.arn if user else f"arn:aws:iam::{call.account}:user/{name}")
    if user is None:
        raise errors.no_such("user", name)
    return {"User": shown_user(user) | _tags(user)}


@operation("ListUsers", action="iam:ListUsers", resource=_every_user)
async def list_users(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's users by name."""
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    users = await iam.store.read(users_after, call.account, after, prefix, size + 1)
    return page("Users", [(user.name.lower(), shown_user(user)) for user in users], size)


@entity_operation(Kind.USER, "UpdateUser")
async def update_user(iam: IamState, call: Call, params: Params) -> Params:
    """Changes name and path; keys, policies and groups stay."""
    await iam.store.write(_update, call.account, params)
    return {}


@entity_operation(Kind.USER, "DeleteUser")
async def delete_user(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a user who has no keys, policies and groups left."""
    await iam.store.write(_delete, call.account, params["UserName"])
    return {}


def shown_user(user: User) -> Params:
    """Returns the user as lists show it."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": instant(user.created_ms),
        **shown_boundary(user.boundary),
    }


def _tags(user: User) -> Params:
    return {"Tags": [{"Key": key, "Value": value} for key, value in user.tags]} if user.tags else {}


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    name = params["UserName"]
    if find_user(tx, account, name):
        raise errors.exists("User", name)
    if (tx.one(Q.count_users, account) or (0,))[0] >= limits.USERS_PER_ACCOUNT:
        raise errors.limit_exceeded(f"Cannot exceed quota for UsersPerAccount: {limits.USERS_PER_ACCOUNT}")
    given = params.get("PermissionsBoundary")
    boundary = checked_boundary(tx, account, given) if given else None
    id = new_id(tx.ids, "AIDA")
    tx.run(Q.add_user, id, account, name, name.lower(), params.get("Path", "/"), boundary, tx.now_ms)
    put_tags(tx, id, params.get("Tags", []))
    user = get_user(tx, account, name)
    return {"User": shown_user(user) | _tags(user)}


def _update(tx: Tx, account: str, params: dict[str, Any]) -> None:
    user = get_user(tx, account, params["UserName"])
    name = params.get("NewUserName", user.name)
    there = find_user(tx, account, name)
    if there is not None and there.id != user.id:
        raise errors.exists("User", name)
    tx.run(Q.put_user, name, name.lower(), params.get("NewPath", user.path), user.id)
    forget_identity(tx, user.id)


def _delete(tx: Tx, account: str, name: str) -> None:
    user = get_user(tx, account, name)
    _check_bare(tx, user)
    tx.run(Q.delete_user, user.id)
    tx.run(Q.delete_tags, user.id)
    forget_identity(tx, user.id)


def _check_bare(tx: ReadTx, user: User) -> None:
    """Returns when nothing hangs on the user; AwsError ``DeleteConflict``."""
    for statement, text in (
        (Q.find_attachments, "must detach all policies first"),
        (Q.find_access_keys, "must delete access keys first"),
        (Q.find_inline_policies, "must delete policies first"),
        (Q.find_login_profile, "must delete login profile first"),
        (Q.find_groups_of, "must remove users from group first"),
    ):
        if tx.all(statement, user.id):
            raise errors.conflict(f"Cannot delete entity, {text}.")
