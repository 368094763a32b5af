"""Groups: create, read, rename, delete; who is in them."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import entity_operation
from penstock.services.iam.api.users import shown_user
from penstock.services.iam.credentials import new_id
from penstock.services.iam.entities.entity import Kind
from penstock.services.iam.entities.group import Group, find_group, get_group, groups_of
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.user import get_user, user_of_row
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


def _new_arn(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:group{params.get('Path', '/')}{params['GroupName']}"


def _every_group(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:group{params.get('PathPrefix', '/')}"


@operation("CreateGroup", action="iam:CreateGroup", resource=_new_arn)
async def create_group(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the new group, which nobody is in."""
    return await iam.store.write(_create, call.account, params)


@entity_operation(Kind.GROUP, "GetGroup")
async def get_group_operation(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the group, and its members by name."""
    return await iam.store.read(_get, call.account, params)


@operation("ListGroups", action="iam:ListGroups", resource=_every_group)
async def list_groups(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's groups by name."""
    return await iam.store.read(_list, call.account, params)


@entity_operation(Kind.USER, "ListGroupsForUser")
async def list_groups_for_user(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the groups that a user is in."""
    return await iam.store.read(_list_of_user, call.account, params)


@entity_operation(Kind.GROUP, "UpdateGroup")
async def update_group(iam: IamState, call: Call, params: Params) -> Params:
    """Changes name and path; members and policies stay."""
    await iam.store.write(_update, call.account, params)
    return {}


@entity_operation(Kind.GROUP, "DeleteGroup")
async def delete_group(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a group that has no members and policies left."""
    await iam.store.write(_delete, call.account, params["GroupName"])
    return {}


@entity_operation(Kind.GROUP, "AddUserToGroup")
async def add_user_to_group(iam: IamState, call: Call, params: Params) -> Params:
    """Puts a user into a group: its policies are in force with the answer."""
    await iam.store.write(_add, call.account, params["GroupName"], params["UserName"])
    return {}


@entity_operation(Kind.GROUP, "RemoveUserFromGroup")
async def remove_user_from_group(iam: IamState, call: Call, params: Params) -> Params:
    """Takes a user out of a group."""
    await iam.store.write(_remove, call.account, params["GroupName"], params["UserName"])
    return {}


def _shown(group: Group) -> Params:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": instant(group.created_ms),
    }


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    name = params["GroupName"]
    if find_group(tx, account, name):
        raise errors.exists("Group", name)
    if (tx.one(Q.count_groups, account) or (0,))[0] >= limits.GROUPS_PER_ACCOUNT:
        raise errors.limit_exceeded(f"Cannot exceed quota for GroupsPerAccount: {limits.GROUPS_PER_ACCOUNT}")
    id = new_id(tx.ids, "AGPA")
    tx.run(Q.add_group, id, account, name, name.lower(), params.get("Path", "/"), tx.now_ms)
    return {"Group": _shown(get_group(tx, account, name))}


def _get(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    group = get_group(tx, account, params["GroupName"])
    after, size = page_start(params)
    members = [user_of_row(tx, row) for row in tx.all(Q.find_members_after, group.id, after, size + 1)]
    shown = [(user.name.lower(), shown_user(user)) for user in members]
    return {"Group": _shown(group)} | page("Users", shown, size)


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    prefix = params.get("PathPrefix", "/")
    rows = tx.all(Q.find_groups_after, account, after, len(prefix), prefix, size + 1)
    return page(
        "Groups", [(group.name.lower(), _shown(group)) for group in (Group(*row) for row in rows)], size
    )


def _list_of_user(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    groups = groups_of(tx, get_user(tx, account, params["UserName"]).id)
    shown = [(group.name.lower(), _shown(group)) for group in groups if group.name.lower() > after]
    return page("Groups", shown, size)


def _update(tx: Tx, account: str, params: dict[str, Any]) -> None:
    group = get_group(tx, account, params["GroupName"])
    name = params.get("NewGroupName", group.name)
    there = find_group(tx, account, name)
    if there is not None and there.id != group.id:
        raise errors.exists("Group", name)
    tx.run(Q.put_group, name, name.lower(), params.get("NewPath", group.path), group.id)


def _delete(tx: Tx, account: str, name: str) -> None:
    group = get_group(tx, account, name)
    for statement, text in (
        (Q.find_members, "must remove users from group first"),
        (Q.find_attachments, "must detach all policies first"),
        (Q.find_inline_policies, "must delete policies first"),
    ):
        if tx.all(statement, group.id):
            raise errors.conflict(f"Cannot delete entity, {text}.")
    tx.run(Q.delete_group, group.id)


def _add(tx: Tx, account: str, group_name: str, user_name: str) -> None:
    group, user = get_group(tx, account, group_name), get_user(tx, account, user_name)
    tx.run(Q.add_member, group.id, user.id)
    if len(groups_of(tx, user.id)) > limits.GROUPS_PER_USER:
        raise errors.limit_exceeded(f"Cannot exceed quota for GroupsPerUser: {limits.GROUPS_PER_USER}")
    forget_identity(tx, user.id)


def _remove(tx: Tx, account: str, group_name: str, user_name: str) -> None:
    group, user = get_group(tx, account, group_name), get_user(tx, account, user_name)
    tx.run(Q.delete_member, group.id, user.id)
    forget_identity(tx, user.id)
