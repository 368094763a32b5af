"""Passwords of users. A hash is kept; there is no console that they would open.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html
"""

import asyncio
from typing import Any, NamedTuple

import orjson

from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.api.authorize import entity_operation, own_user_operation
from penstock.services.iam.entities.account import check_password, find_account
from penstock.services.iam.entities.entity import Kind
from penstock.services.iam.entities.login_profile import (
    LoginProfile,
    find_login_profile,
    hashed,
    is_of,
    new_salt,
)
from penstock.services.iam.entities.user import get_user
from penstock.services.iam.instant import instant
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_REMEMBERED = 24


class _Known(NamedTuple):
    """What decides about a new password."""

    policy: dict[str, Any] | None
    profile: LoginProfile | None


@own_user_operation("CreateLoginProfile")
async def create_login_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the new profile of a user who had no password."""
    if "Password" not in params:
        raise errors.validation("Password is required to create a login profile.")
    digest = await _checked(iam, call.account, params["UserName"], params["Password"])
    return await iam.store.write(_create, call.account, params, digest)


@own_user_operation("GetLoginProfile")
async def get_login_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Returns that the user has a password, and since when."""
    return await iam.store.read(_get, call.account, params["UserName"])


@entity_operation(Kind.USER, "UpdateLoginProfile")
async def update_login_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Changes the password, or whether the user has to."""
    password, digest = params.get("Password"), None
    if password is not None:
        digest = await _checked(iam, call.account, params["UserName"], password)
    await iam.store.write(_update, call.account, params, digest)
    return {}


@own_user_operation("DeleteLoginProfile")
async def delete_login_profile(iam: IamState, call: Call, params: Params) -> Params:
    """Takes the password away."""
    await iam.store.write(_delete, call.account, params["UserName"])
    return {}


@operation("ChangePassword", action=None)
async def change_password(iam: IamState, call: Call, params: Params) -> Params:
    """Changes the password of the user who asks, and knows the old one."""
    if call.principal.kind != "user":
        raise errors.only_for_users()
    name = call.principal.arn.rpartition("/")[2]
    known = await iam.store.read(_known, call.account, name)
    if not (known.policy or {}).get("AllowUsersToChangePassword"):
        await call.authorize("iam:ChangePassword", call.principal.arn)
    if known.profile is None:
        raise errors.no_login_profile(name)
    if not await asyncio.to_thread(is_of, known.profile.hash, params["OldPassword"]):
        raise errors.wrong_password()
    digest = await _checked(iam, call.account, name, params["NewPassword"])
    changes = {"UserName": name, "PasswordResetRequired": False}
    await iam.store.write(_update, call.account, changes, digest)
    return {}


async def _checked(iam: IamState, account: str, name: str, password: str) -> str:
    """Returns the hash of a password that conforms and is not one of the latest; AwsError when it is or does not."""
    policy, profile = await iam.store.read(_known, account, name)
    check_password(password, policy)
    if profile is not None and (remembered := (policy or {}).get("PasswordReusePrevention", 0)):
        for kept in (profile.hash, *profile.former)[:remembered]:
            if await asyncio.to_thread(is_of, kept, password):
                raise errors.password_violates()
    return await asyncio.to_thread(hashed, password, new_salt(iam.ids))


def _known(tx: ReadTx, account: str, name: str) -> _Known:
    return _Known(
        find_account(tx, account).password_policy, find_login_profile(tx, get_user(tx, account, name).id)
    )


def _create(tx: Tx, account: str, params: dict[str, Any], digest: str) -> Params:
    user = get_user(tx, account, params["UserName"])
    if find_login_profile(tx, user.id):
        raise errors.login_profile_exists(user.name)
    reset = bool(params.get("PasswordResetRequired"))
    tx.run(Q.put_login_profile, user.id, digest, "[]", int(reset), tx.now_ms, tx.now_ms)
    return _get(tx, account, user.name)


def _update(tx: Tx, account: str, params: dict[str, Any], digest: str | None) -> None:
    profile = _profile(tx, account, params["UserName"])
    reset = params.get("PasswordResetRequired", profile.reset_required)
    former, changed_ms = profile.former, profile.changed_ms
    if digest is not None:
        former, changed_ms = (profile.hash, *former)[:_REMEMBERED], tx.now_ms
    kept = orjson.dumps(former).decode()
    tx.run(
        Q.put_login_profile,
        *(profile.user_id, digest or profile.hash, kept, int(reset), profile.created_ms, changed_ms),
    )


def _delete(tx: Tx, account: str, name: str) -> None:
    tx.run(Q.delete_login_profile, _profile(tx, account, name).user_id)


def _get(tx: ReadTx, account: str, name: str) -> Params:
    profile = _profile(tx, account, name)
    return {
        "LoginProfile": {
            "UserName": get_user(tx, account, name).name,
            "CreateDate": instant(profile.created_ms),
            "PasswordResetRequired": profile.reset_required,
        }
    }


def _profile(tx: ReadTx, account: str, name: str) -> LoginProfile:
    profile = find_login_profile(tx, get_user(tx, account, name).id)
    if profile is None:
        raise errors.no_login_profile(name)
    return profile
