"""Long-term keys of users.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import own_user_operation
from penstock.services.iam.credentials import AccessKey, add_key, find_key, forget_key, keys_of
from penstock.services.iam.entities.user import User, get_user
from penstock.services.iam.instant import instant
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_STATUS = {True: "Active", False: "Inactive"}


@own_user_operation("CreateAccessKey")
async def create_access_key(iam: IamState, call: Call, params: Params) -> Params:
    """Returns a new key with its secret, which is shown this once."""
    return await iam.store.write(_create, call.account, params["UserName"])


@own_user_operation("ListAccessKeys")
async def list_access_keys(iam: IamState, call: Call, params: Params) -> Params:
    """Returns a user's keys, without their secrets."""
    return await iam.store.read(_list, call.account, params)


@own_user_operation("UpdateAccessKey")
async def update_access_key(iam: IamState, call: Call, params: Params) -> Params:
    """Makes a key active or inactive, at once."""
    await iam.store.write(_update, call.account, params)
    return {}


@own_user_operation("DeleteAccessKey")
async def delete_access_key(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes a key, at once."""
    await iam.store.write(_delete, call.account, params)
    return {}


@operation("GetAccessKeyLastUsed", action=None)
async def get_access_key_last_used(iam: IamState, call: Call, params: Params) -> Params:
    """Returns whose key it is; when it was last used is not told here."""
    user = await iam.store.read(_owner, call.account, params["AccessKeyId"])
    await call.authorize("iam:GetAccessKeyLastUsed", user.arn)
    return {"UserName": user.name, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}


def _create(tx: Tx, account: str, name: str) -> Params:
    user = get_user(tx, account, name)
    if len(keys_of(tx, user.id)) >= limits.KEYS_PER_USER:
        raise errors.limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {limits.KEYS_PER_USER}")
    key = add_key(tx, user.id)
    return {"AccessKey": _shown(user, key) | {"SecretAccessKey": key.secret}}


def _list(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    user = get_user(tx, account, params["UserName"])
    after, size = page_start(params)
    shown = [(key.id, _shown(user, key)) for key in keys_of(tx, user.id) if key.id > after]
    return page("AccessKeyMetadata", shown, size) | {"UserName": user.name}


def _update(tx: Tx, account: str, params: dict[str, Any]) -> None:
    key = _key(tx, account, params)
    tx.run(Q.put_access_key, params["Status"] == _STATUS[True], key.id)
    forget_key(tx, key.id)


def _delete(tx: Tx, account: str, params: dict[str, Any]) -> None:
    key = _key(tx, account, params)
    tx.run(Q.delete_access_key, key.id)
    forget_key(tx, key.id)


def _key(tx: ReadTx, account: str, params: dict[str, Any]) -> AccessKey:
    """Returns the key of the user; AwsError ``NoSuchEntity``."""
    user = get_user(tx, account, params["UserName"])
    key = find_key(tx, params["AccessKeyId"])
    if key is None or key.user_id != user.id:
        raise errors.no_such_key(params["AccessKeyId"])
    return key


def _owner(tx: ReadTx, account: str, access_key_id: str) -> User:
    key = find_key(tx, access_key_id)
    row = tx.one(Q.find_user_by_id, key.user_id) if key else None
    if row is None or row[1] != account:
        raise errors.no_such_key(access_key_id)
    return get_user(tx, account, row[2])


def _shown(user: User, key: AccessKey) -> Params:
    return {
        "UserName": user.name,
        "AccessKeyId": key.id,
        "Status": _STATUS[key.is_active],
        "CreateDate": instant(key.created_ms),
    }
