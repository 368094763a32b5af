"""CreateAlias, UpdateAlias, DeleteAlias, ListAliases.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

import re

from penstock.server import Call, Params, operation
from penstock.services.kms.arns import KeyName, Place, key_name
from penstock.services.kms.errors import (
    alias_exists,
    invalid_alias,
    limit_exceeded,
    no_alias,
    reserved_alias,
    validation,
)
from penstock.services.kms.keys.authorize import admit_own
from penstock.services.kms.keys.key import Key, find_named, get_key, get_named
from penstock.services.kms.keys.making import is_aws_alias, point_alias
from penstock.services.kms.keys.paging import behind, page
from penstock.services.kms.keys.shown import alias_entry
from penstock.services.kms.limits import ALIASES_PER_KEY, PAGE
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.kms.keys")

_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")


@operation("CreateAlias", action=None)
async def create_alias(state: KmsState, call: Call, params: Params) -> None:
    """Gives the key another name."""
    name = _new_name(call, params)
    key = await _admit(state, call, "CreateAlias", name, params["TargetKeyId"])
    key.check_kept()
    await state.store.write(_create, name, key)


@operation("UpdateAlias", action=None)
async def update_alias(state: KmsState, call: Call, params: Params) -> None:
    """Gives the name to another key of the same kind."""
    name = _new_name(call, params)
    key = await _admit(state, call, "UpdateAlias", name, params["TargetKeyId"])
    former = await admit_own(state, call, "UpdateAlias", name, {})
    key.check_kept()
    if not _are_alike(former, key):
        raise validation(
            "Alias update failed because the current and new KMS keys have different types or key usages."
        )
    await state.store.write(_update, name, key)


@operation("DeleteAlias", action=None)
async def delete_alias(state: KmsState, call: Call, params: Params) -> None:
    """Takes the name away; the key stays."""
    name = _new_name(call, params)
    await call.authorize("kms:DeleteAlias", name.arn)
    await admit_own(state, call, "DeleteAlias", name, {})
    await state.store.write(_delete, name)


@operation("ListAliases", action="kms:ListAliases")
async def list_aliases(state: KmsState, call: Call, params: Params) -> Params:
    """Returns the account's aliases in the region, or those of one key."""
    place, limit = (call.account, call.region), params.get("Limit") or PAGE
    if "KeyId" in params:
        name = key_name(call, params["KeyId"])
        return await state.store.read(_list_of, place, name, behind(params), limit)
    return await state.store.read(_list, place, behind(params), limit)


async def _admit(state: KmsState, call: Call, action: str, name: KeyName, target: str) -> Key:
    """Returns the key that the alias is to name; the caller may do so to both. An alias of an alias is none."""
    key = key_name(call, target)
    if key.is_alias:
        raise validation("Aliases must refer to keys. Not aliases")
    await call.authorize(f"kms:{action}", name.arn)
    return await admit_own(state, call, action, key, {})


def _new_name(call: Call, params: Params) -> KeyName:
    text: str = params["AliasName"]
    if not _NAME.fullmatch(text):
        raise invalid_alias(
            'Alias must start with the prefix "alias/" and have only alphanumeric characters, /, _ and - behind it.'
        )
    if is_aws_alias(text):
        raise reserved_alias()
    return KeyName((call.account, call.region), text)


def _are_alike(one: Key, other: Key) -> bool:
    """Returns whether a name may go from one key to the other: symmetric stays symmetric, HMAC stays HMAC."""
    kinds = [(key.is_symmetric, bool(key.kind.macs), key.usage) for key in (one, other)]
    return kinds[0] == kinds[1]


def _create(tx: Tx, name: KeyName, key: Key) -> None:
    if find_named(tx, name):
        raise alias_exists(name.arn)
    get_key(tx, key.id, key.place)
    _check_count(tx, key)
    point_alias(tx, name, key)


def _check_count(tx: Tx, key: Key) -> None:
    if len(tx.all(Q.find_key_aliases, key.id, "", ALIASES_PER_KEY)) == ALIASES_PER_KEY:
        raise limit_exceeded(f"A key can have no more than {ALIASES_PER_KEY} aliases.")


def _update(tx: Tx, name: KeyName, key: Key) -> None:
    former = get_named(tx, name)
    get_key(tx, key.id, key.place)
    if former.id != key.id:
        _check_count(tx, key)
    tx.run(Q.put_alias, key.id, tx.now_ms, *name.place, name.resource)


def _delete(tx: Tx, name: KeyName) -> None:
    if not tx.run(Q.delete_alias, *name.place, name.resource):
        raise no_alias(name.arn)


def _list(tx: ReadTx, place: Place, after: str, limit: int) -> Params:
    rows = tx.all(Q.find_aliases, *place, after, tx.now_ms, limit + 1)
    return page("Aliases", rows, limit, lambda row: alias_entry(place, row), lambda row: str(row[0]))


def _list_of(tx: ReadTx, place: Place, name: KeyName, after: str, limit: int) -> Params:
    key = get_named(tx, KeyName(place, name.resource))
    rows = tx.all(Q.find_key_aliases, key.id, after, limit + 1)
    return page("Aliases", rows, limit, lambda row: alias_entry(place, row), lambda row: str(row[0]))
