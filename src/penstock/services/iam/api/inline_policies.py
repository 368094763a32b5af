"""Inline policies of roles, users and groups."""

from typing import Any
from urllib.parse import quote

from penstock.server import Call, Params
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import EntityHandler, entity_operation
from penstock.services.iam.entities.entity import Entity, Kind, get_entity
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.role import checked_document
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


def _putting(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Put{kind}Policy")
    async def put_policy(iam: IamState, call: Call, params: Params) -> Params:
        """Puts an inline policy, in force with the answer."""
        checked_document(params["PolicyDocument"])
        await iam.store.write(_put, kind, call.account, params)
        return {}

    return put_policy


def _getting(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Get{kind}Policy")
    async def get_policy(iam: IamState, call: Call, params: Params) -> Params:
        """Returns an inline policy."""
        return await iam.store.read(_get, kind, call.account, params)

    return get_policy


def _listing(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"List{kind}Policies")
    async def list_policies(iam: IamState, call: Call, params: Params) -> Params:
        """Returns the names of the inline policies."""
        return await iam.store.read(_list, kind, call.account, params)

    return list_policies


def _deleting(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Delete{kind}Policy")
    async def delete_policy(iam: IamState, call: Call, params: Params) -> Params:
        """Deletes an inline policy."""
        await iam.store.write(_delete, kind, call.account, params)
        return {}

    return delete_policy


put_role_policy, put_user_policy, put_group_policy = map(_putting, Kind)
get_role_policy, get_user_policy, get_group_policy = map(_getting, Kind)
list_role_policies, list_user_policies, list_group_policies = map(_listing, Kind)
delete_role_policy, delete_user_policy, delete_group_policy = map(_deleting, Kind)


def _put(tx: Tx, kind: Kind, account: str, params: dict[str, Any]) -> None:
    entity = _entity(tx, kind, account, params)
    tx.run(Q.put_inline_policy, entity.id, params["PolicyName"], params["PolicyDocument"])
    used = sum(limits.counted_bytes(document) for _, document in tx.all(Q.find_inline_policies, entity.id))
    if used > kind.inline_bytes:
        text = f"Maximum policy size of {kind.inline_bytes} bytes exceeded for {kind.word} {entity.name}"
        raise errors.limit_exceeded(text)
    forget_identity(tx, entity.id)


def _get(tx: ReadTx, kind: Kind, account: str, params: dict[str, Any]) -> Params:
    entity = _entity(tx, kind, account, params)
    row = tx.one(Q.find_inline_policy, entity.id, params["PolicyName"])
    if row is None:
        raise errors.no_such(f"{kind.word} policy", params["PolicyName"])
    document = quote(row[0], safe="")
    return {kind.member: entity.name, "PolicyName": params["PolicyName"], "PolicyDocument": document}


def _list(tx: ReadTx, kind: Kind, account: str, params: dict[str, Any]) -> Params:
    entity = _entity(tx, kind, account, params)
    after, size = page_start(params)
    names = [name for (name,) in tx.all(Q.find_inline_policies_after, entity.id, after, size + 1)]
    return page("PolicyNames", [(name, name) for name in names], size)


def _delete(tx: Tx, kind: Kind, account: str, params: dict[str, Any]) -> None:
    entity = _entity(tx, kind, account, params)
    if not tx.run(Q.delete_inline_policy, entity.id, params["PolicyName"]):
        raise errors.no_such(f"{kind.word} policy", params["PolicyName"])
    forget_identity(tx, entity.id)


def _entity(tx: ReadTx, kind: Kind, account: str, params: dict[str, Any]) -> Entity:
    return get_entity(tx, kind, account, params[kind.member])
