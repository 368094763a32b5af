"""CreateGrant, RevokeGrant, RetireGrant, ListGrants, ListRetirableGrants.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from penstock.access import Keys, PolicyError
from penstock.arn import Arn
from penstock.server import Call, Params, operation
from penstock.services.kms.arns import key_name
from penstock.services.kms.errors import (
    dry_run,
    invalid_grant_token,
    invalid_principal,
    limit_exceeded,
    no_grant,
    not_implemented,
    validation,
)
from penstock.services.kms.keys.authorize import (
    admit,
    aliases_of,
    encryption_context,
    implied,
    key_operation,
)
from penstock.services.kms.keys.ciphertext import EncryptionContext
from penstock.services.kms.keys.grants import (
    Grant,
    all_grants,
    constraint_keys,
    drop_grant,
    grant_of,
    put_grant,
    retiring_keys,
    statements_of,
)
from penstock.services.kms.keys.key import Key, find_key, get_key
from penstock.services.kms.keys.paging import behind, page
from penstock.services.kms.keys.shown import grant_entry
from penstock.services.kms.keys.specs import ENCRYPT, MAC
from penstock.services.kms.limits import GRANT_PAGE, GRANTS
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.kms.keys")

_ALWAYS = {"CreateGrant", "DescribeKey", "RetireGrant"}
_ENCRYPTION = {"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"}
_DATA_KEYS = {
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
}


@operation("CreateGrant", action=None)
async def create_grant(state: KmsState, call: Call, params: Params) -> Params:
    """Returns the id and the token of the grant, which holds at once; the same for what was granted before."""
    _refuse_lacking(params)
    key = await admit(state, call, "CreateGrant", key_name(call, params["KeyId"]), _requested(call, params))
    key.check_enabled()
    _check_operations(key, params["Operations"])
    grant = _new_grant(state, call, key, params)
    try:
        statements_of([grant])
    except PolicyError:
        raise invalid_principal(grant.grantee) from None
    if params.get("DryRun"):
        raise dry_run()
    made = await state.store.write(_create, key, grant)
    return {"GrantToken": made.token, "GrantId": made.id}


@key_operation("RevokeGrant")
async def revoke_grant(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Takes the grant back."""
    if params.get("DryRun"):
        await state.store.read(_get, key, params["GrantId"])
        raise dry_run()
    await state.store.write(_revoke, key, params["GrantId"])


@operation("RetireGrant", action=None)
async def retire_grant(state: KmsState, call: Call, params: Params) -> None:
    """Ends the grant, for whom it names for that, and for whom the key's policy lets do so."""
    grant, key = await _retirable(state, call, params)
    asked = {**_constrained(grant.constraints), **retiring_keys(grant)}
    await call.authorize("kms:RetireGrant", key.arn, asked, aliases_of(key))
    if params.get("DryRun"):
        raise dry_run()
    await state.store.write(_revoke, key, grant.id)


@key_operation("ListGrants")
async def list_grants(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the grants of the key, those of one grantee or one id when it is given."""
    if params.get("GranteeServicePrincipal"):
        raise not_implemented("Grants to services are")

    def wanted(grant: Grant) -> bool:
        return all(
            params.get(member, value) == value
            for member, value in (("GrantId", grant.id), ("GranteePrincipal", grant.grantee))
        )

    return await state.store.read(_list, key, behind(params), params.get("Limit") or GRANT_PAGE, wanted)


@operation("ListRetirableGrants", action="kms:ListRetirableGrants")
async def list_retirable_grants(state: KmsState, call: Call, params: Params) -> Params:
    """Returns the grants in the region that name a principal of the caller's account as who may retire them."""
    retiring = params.get("RetiringPrincipal")
    if retiring is None:
        raise not_implemented("Grants that services retire are")
    if _account(retiring) != call.account:
        raise invalid_principal(retiring)
    limit = params.get("Limit") or GRANT_PAGE
    return await state.store.read(_list_retirable, call.region, retiring, behind(params), limit)


def _refuse_lacking(params: Params) -> None:
    if params.get("GranteeServicePrincipal") or params.get("RetiringServicePrincipal"):
        raise not_implemented("Grants to services are")
    constraints = params.get("Constraints") or {}
    if constraints.get("SourceArn"):
        raise not_implemented("Grants for one source are")
    if len(constraints) > 1:
        raise validation("Only one of EncryptionContextEquals and EncryptionContextSubset can be specified.")
    if "GranteePrincipal" not in params:
        raise validation("You must specify a GranteePrincipal.")
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        if member in params:
            _account(params[member])
    if not params["Operations"]:
        raise validation("You must specify at least one operation.")


def _account(principal: str) -> str:
    try:
        parsed = Arn.parse(principal)
    except ValueError:
        raise invalid_principal(principal) from None
    if parsed.service not in ("iam", "sts"):
        raise invalid_principal(principal)
    return parsed.account


def _requested(call: Call, params: Params) -> Keys:
    constraints = params.get("Constraints") or {}
    keys: Keys = {
        "kms:GrantOperations": list(params["Operations"]),
        "kms:GranteePrincipal": params["GranteePrincipal"],
        **implied(call, "CreateGrant"),
    }
    if "RetiringPrincipal" in params:
        keys["kms:RetiringPrincipal"] = params["RetiringPrincipal"]
    return {**keys, **_constrained(constraints), **constraint_keys(constraints)}


def _constrained(constraints: Mapping[str, EncryptionContext]) -> Keys:
    """Returns AWS's condition keys of what a grant asks of the encryption context."""
    for kind, context in constraints.items():
        return {"kms:GrantConstraintType": kind, **encryption_context(context)}
    return {}


def _check_operations(key: Key, wanted: list[str]) -> None:
    can = set(_ALWAYS)
    if key.usage == ENCRYPT:
        can |= _ENCRYPTION | (_DATA_KEYS if key.is_symmetric else {"GetPublicKey"})
    else:
        can |= {"GenerateMac", "VerifyMac"} if key.usage == MAC else {"Sign", "Verify", "GetPublicKey"}
    if wrong := set(wanted) - can:
        raise validation(f"Operation {min(wrong)} is not supported by keys of the spec {key.spec}.")


def _new_grant(state: KmsState, call: Call, key: Key, params: Params) -> Grant:
    settings: dict[str, Any] = {
        "Operations": list(dict.fromkeys(params["Operations"])),
        "IssuingAccount": f"arn:aws:iam::{call.account}:root",
    }
    if params.get("Constraints"):
        settings["Constraints"] = params["Constraints"]
    token = base64.urlsafe_b64encode(state.ids.bytes(96)).decode()
    name, grantee = params.get("Name", ""), params["GranteePrincipal"]
    retiring = params.get("RetiringPrincipal", "")
    return Grant(state.ids.hex(64), key.id, name, grantee, retiring, settings, token, call.now_ms)


def _create(tx: Tx, key: Key, grant: Grant) -> Grant:
    get_key(tx, key.id, key.place).check_enabled()
    there = all_grants(tx, key.id, GRANTS)
    for other in there if grant.name else ():
        if other[1:6] == grant[1:6]:
            return other
    if len(there) == GRANTS:
        raise limit_exceeded(f"A key can have no more than {GRANTS} grants.")
    put_grant(tx, grant)
    return grant


def _get(tx: ReadTx, key: Key, id: str) -> Grant:
    row = tx.one(Q.find_grant, id, key.id)
    if row is None:
        raise no_grant(id)
    return grant_of(row)


def _revoke(tx: Tx, key: Key, id: str) -> None:
    drop_grant(tx, _get(tx, key, id))


async def _retirable(state: KmsState, call: Call, params: Params) -> tuple[Grant, Key]:
    if "GrantToken" in params:
        found = await state.store.read(_by_token, params["GrantToken"])
    elif "KeyId" in params and "GrantId" in params:
        name = key_name(call, params["KeyId"])
        if name.is_alias:
            raise validation("KeyId must be the ARN of a key.")
        found = await state.store.read(_by_id, name.resource.removeprefix("key/"), params["GrantId"])
    else:
        raise validation("Either GrantToken or both KeyId and GrantId must be provided.")
    if found is None or found[1].place[1] != call.region:
        raise invalid_grant_token() if "GrantToken" in params else no_grant(params["GrantId"])
    return found


def _by_token(tx: ReadTx, token: str) -> tuple[Grant, Key] | None:
    row = tx.one(Q.find_grant_by_token, token)
    return _with_key(tx, grant_of(row)) if row else None


def _by_id(tx: ReadTx, key_id: str, id: str) -> tuple[Grant, Key] | None:
    row = tx.one(Q.find_grant, id, key_id)
    return _with_key(tx, grant_of(row)) if row else None


def _with_key(tx: ReadTx, grant: Grant) -> tuple[Grant, Key] | None:
    key = find_key(tx, grant.key_id)
    return (grant, key) if key else None


def _list(tx: ReadTx, key: Key, after: str, limit: int, wanted: Callable[[Grant], bool]) -> Params:
    grants = [grant for grant in all_grants(tx, key.id, GRANTS) if grant.id > after and wanted(grant)]
    return page("Grants", grants, limit, lambda grant: grant_entry(key, grant), lambda grant: str(grant.id))


def _list_retirable(tx: ReadTx, region: str, retiring: str, after: str, limit: int) -> Params:
    rows = tx.all(Q.find_retirable, retiring, after, limit + 1)
    answer = page(
        "Grants", [grant_of(row) for row in rows], limit, lambda grant: grant, lambda grant: str(grant.id)
    )
    found = [pair for grant in answer["Grants"] if (pair := _with_key(tx, grant))]
    answer["Grants"] = [grant_entry(key, grant) for grant, key in found if key.place[1] == region]
    return answer
