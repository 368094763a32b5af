"""Instance profiles: kept and shown, and taken on by nothing.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import EntityHandler, request_tags, role_operation
from penstock.services.iam.api.roles import shown_role
from penstock.services.iam.api.tags import put_tags, remove_tags, tag_list, tag_page
from penstock.services.iam.credentials import new_id
from penstock.services.iam.entities.instance_profile import (
    InstanceProfile,
    find_instance_profile,
    get_instance_profile,
    instance_profiles_after,
    instance_profiles_of,
    role_in,
)
from penstock.services.iam.entities.role import get_role
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


def _new_arn(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:instance-profile{params.get('Path', '/')}{params['InstanceProfileName']}"


def _every_profile(iam: IamState, call: Call, params: Params) -> str:
    return f"arn:aws:iam::{call.account}:instance-profile{params.get('PathPrefix', '/')}"


def _profile_operation(name: str) -> Callable[[EntityHandler], EntityHandler]:
    """Returns a decorator that declares a handler of an existing profile: its path, and so its ARN, is in the store."""

    def declare(handler: EntityHandler) -> EntityHandler:
        @wraps(handler)
        async def authorised(iam: IamState, call: Call, params: Params) -> Params:
            found = await iam.store.read(find_instance_profile, call.account, params["InstanceProfileName"])
            arn = found.arn if found else _new_arn(iam, call, params)
            await call.authorize(f"iam:{name}", arn, request_tags(iam, call, params))
            return await handler(iam, call, params)

        return operation(name, action=None)(authorised)

    return declare


@operation(
    "CreateInstanceProfile", action="iam:CreateInstanceProfile", resource=_new_arn, context=request_tags
)
async def create_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Returns a new profile, which has no role yet."""
    if params.get("Tags"):
        context = request_tags(iam, call, params)
        await call.authorize("iam:TagInstanceProfile", _new_arn(iam, call, params), context)
    return await iam.store.write(_create, call.account, params)


@_profile_operation("GetInstanceProfile")
async def get_instance_profile_operation(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the profile with its role."""
    return await iam.store.read(_get, call.account, params["InstanceProfileName"])


@operation("ListInstanceProfiles", action="iam:ListInstanceProfiles", resource=_every_profile)
async def list_instance_profiles(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's profiles by name."""
    return await iam.store.read(_list, call.account, params)


@role_operation("ListInstanceProfilesForRole")
async def list_instance_profiles_for_role(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the profiles that have the role, by name."""
    return await iam.store.read(_list_of_role, call.account, params)


@_profile_operation("AddRoleToInstanceProfile")
async def add_role_to_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Gives the profile its role, of which it has one at most."""
    role = await iam.store.read(get_role, call.account, params["RoleName"])
    await call.authorize("iam:PassRole", role.arn, {"iam:PassedToService": "ec2.amazonaws.com"})
    await iam.store.write(_add_role, call.account, params)
    return {}


@_profile_operation("RemoveRoleFromInstanceProfile")
async def remove_role_from_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Takes the role out of the profile."""
    await iam.store.write(_remove_role, call.account, params)
    return {}


@_profile_operation("DeleteInstanceProfile")
async def delete_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a profile that has no role."""
    await iam.store.write(_delete, call.account, params["InstanceProfileName"])
    return {}


@_profile_operation("TagInstanceProfile")
async def tag_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Sets tags of the profile."""
    await iam.store.write(_tag, call.account, params)
    return {}


@_profile_operation("UntagInstanceProfile")
async def untag_instance_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Removes tags of the profile."""
    await iam.store.write(_untag, call.account, params)
    return {}


@_profile_operation("ListInstanceProfileTags")
async def list_instance_profile_tags(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the tags of the profile."""
    return await iam.store.read(_list_tags, call.account, params)


def shown_profile(tx: ReadTx, profile: InstanceProfile) -> Params:
    """Returns the profile as lists show it."""
    role = role_in(tx, profile)
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": instant(profile.created_ms),
        "Roles": [shown_role(role)] if role else [],
    }


def _whole(tx: ReadTx, profile: InstanceProfile) -> Params:
    tags = tag_list(tx, profile.id)
    return {"InstanceProfile": shown_profile(tx, profile) | ({"Tags": tags} if tags else {})}


def _create(tx: Tx, account: str, params: dict[str, Any]) -> Params:
    name = params["InstanceProfileName"]
    if find_instance_profile(tx, account, name):
        raise errors.instance_profile_exists(name)
    if (tx.one(Q.count_instance_profiles, account) or (0,))[0] >= limits.INSTANCE_PROFILES_PER_ACCOUNT:
        quota = f"InstanceProfilesPerAccount: {limits.INSTANCE_PROFILES_PER_ACCOUNT}"
        raise errors.limit_exceeded(f"Cannot exceed quota for {quota}")
    id = new_id(tx.ids, "AIPA")
    tx.run(Q.add_instance_profile, id, account, name, name.lower(), params.get("Path", "/"), tx.now_ms)
    put_tags(tx, id, params.get("Tags", []))
    return _whole(tx, get_instance_profile(tx, account, name))


def _get(tx: ReadTx, account: str, name: str) -> Params:
    return _whole(tx, get_instance_profile(tx, account, name))


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    after, size = page_start(params)
    return _page(
        tx, instance_profiles_after(tx, account, after, params.get("PathPrefix", "/"), size + 1), size
    )


def _list_of_role(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    role = get_role(tx, account, params["RoleName"])
    after, size = page_start(params)
    return _page(tx, instance_profiles_of(tx, role.id, after, size + 1), size)


def _page(tx: ReadTx, found: list[InstanceProfile], size: int) -> Params:
    return page("InstanceProfiles", [(one.name.lower(), shown_profile(tx, one)) for one in found], size)


def _add_role(tx: Tx, account: str, params: dict[str, Any]) -> None:
    profile = get_instance_profile(tx, account, params["InstanceProfileName"])
    role = get_role(tx, account, params["RoleName"])
    if profile.role_id is not None:
        raise errors.limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    tx.run(Q.put_instance_profile_role, role.id, profile.id)


def _remove_role(tx: Tx, account: str, params: dict[str, Any]) -> None:
    profile = get_instance_profile(tx, account, params["InstanceProfileName"])
    role = get_role(tx, account, params["RoleName"])
    if profile.role_id != role.id:
        raise errors.no_such("role", role.name)
    tx.run(Q.put_instance_profile_role, None, profile.id)


def _delete(tx: Tx, account: str, name: str) -> None:
    profile = get_instance_profile(tx, account, name)
    if profile.role_id is not None:
        raise errors.conflict("Cannot delete entity, must remove roles from instance profile first.")
    tx.run(Q.delete_instance_profile, profile.id)
    tx.run(Q.delete_tags, profile.id)


def _tag(tx: Tx, account: str, params: dict[str, Any]) -> None:
    put_tags(tx, get_instance_profile(tx, account, params["InstanceProfileName"]).id, params["Tags"])


def _untag(tx: Tx, account: str, params: dict[str, Any]) -> None:
    remove_tags(tx, get_instance_profile(tx, account, params["InstanceProfileName"]).id, params["TagKeys"])


def _list_tags(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    return tag_page(tx, get_instance_profile(tx, account, params["InstanceProfileName"]).id, params)
