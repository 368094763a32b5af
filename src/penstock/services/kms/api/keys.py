"""CreateKey, DescribeKey, ListKeys, UpdateKeyDescription, GetPublicKey.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
"""

import asyncio

from penstock.access import Keys
from penstock.server import Call, Params, operation
from penstock.services.kms.arns import Place, key_arn
from penstock.services.kms.errors import not_implemented, unsupported, validation
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.authorize import key_operation, own_key_operation
from penstock.services.kms.keys.key import Key, put_settings
from penstock.services.kms.keys.making import NewKey, insert_key
from penstock.services.kms.keys.material import FIRST, current, current_number
from penstock.services.kms.keys.paging import behind, page
from penstock.services.kms.keys.policies import check_no_lockout, check_policy, default_policy
from penstock.services.kms.keys.shown import metadata
from penstock.services.kms.keys.specs import ENCRYPT, SPECS, SYMMETRIC
from penstock.services.kms.keys.tag_list import checked_tags, requested_tags
from penstock.services.kms.limits import PAGE
from penstock.services.kms.state import KmsState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.kms.keys")


def _requested(state: KmsState, call: Call, params: Params) -> Keys:
    bypass = _truth(params.get("BypassPolicyLockoutSafetyCheck"))
    return {"kms:BypassPolicyLockoutSafetyCheck": bypass, **_to_be(params)}


def _to_be(params: Params) -> Keys:
    """Returns the condition keys of the key that is to be made."""
    keys: Keys = {
        "kms:KeyOrigin": params.get("Origin") or "AWS_KMS",
        "kms:KeySpec": _spec(params),
        "kms:KeyUsage": params.get("KeyUsage") or ENCRYPT,
        "kms:MultiRegion": _truth(params.get("MultiRegion")),
    }
    if params.get("MultiRegion"):
        keys["kms:MultiRegionKeyType"] = "PRIMARY"
    return {**keys, **requested_tags(params)}


@operation("CreateKey", action="kms:CreateKey", context=_requested)
async def create_key(state: KmsState, call: Call, params: Params) -> Params:
    """Returns the new key, which can be used at once."""
    _refuse_lacking(params)
    spec, usage = _spec(params), _usage(params)
    tags = checked_tags({}, params.get("Tags") or [])
    if tags:
        await call.authorize("kms:TagResource", "*", _to_be(params))
    many = bool(params.get("MultiRegion"))
    id = f"mrk-{state.ids.hex(32)}" if many else state.ids.uuid()
    place = (call.account, call.region)
    policy = _policy(call, key_arn(place, id), params)
    settings = {"Description": params.get("Description", ""), "MultiRegion": many}
    secret = None
    if params.get("Origin") != "EXTERNAL":
        random = state.ids.bytes(secrets.random_bytes(spec))
        secret = await asyncio.to_thread(secrets.make_secret, spec, random)
    new = NewKey(id, place, spec, usage, settings, policy, tags, secret)
    key = await state.store.write(insert_key, new)
    return {"KeyMetadata": metadata(key, FIRST)}


@key_operation("DescribeKey")
async def describe_key(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns what the key is, also when it waits to be deleted."""
    return {"KeyMetadata": metadata(key, await state.store.read(current_number, key))}


@operation("ListKeys", action="kms:ListKeys")
async def list_keys(state: KmsState, call: Call, params: Params) -> Params:
    """Returns the account's keys in the region, by id."""
    if params.get("ResourceOwners"):
        raise not_implemented("Lists of others' keys are")
    limit = params.get("Limit") or PAGE
    return await state.store.read(_list, (call.account, call.region), behind(params), limit)


@own_key_operation("UpdateKeyDescription")
async def update_key_description(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Describes the key anew."""
    key.check_kept()
    await state.store.write(_describe, key, params["Description"])


@key_operation("GetPublicKey")
async def get_public_key(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the public half of an asymmetric key, as SubjectPublicKeyInfo."""
    if not (key.kind.signing or len(key.kind.encryption) > 1):
        raise unsupported(f"{key.arn} has no public key.")
    key.check_enabled()
    material = await state.store.read(current, key)
    public = await asyncio.to_thread(secrets.public_key, material.secret)
    return {
        "KeyId": key.arn,
        "PublicKey": public,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        **key.kind.shown(key.usage),
    }


def _refuse_lacking(params: Params) -> None:
    origin = params.get("Origin") or "AWS_KMS"
    if origin == "EXTERNAL" and _spec(params).startswith(("RSA_", "ECC_")):
        raise not_implemented("Private keys from elsewhere are")
    if origin not in ("AWS_KMS", "EXTERNAL"):
        raise not_implemented("Custom key stores are")
    if params.get("CustomKeyStoreId") or params.get("XksKeyId"):
        raise not_implemented("Custom key stores are")
    if _spec(params) not in SPECS:
        raise not_implemented(f"Keys of the spec {_spec(params)} are")
    if params.get("KeyUsage") in ("KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"):
        raise not_implemented(f"Keys for {params['KeyUsage']} are")


def _spec(params: Params) -> str:
    spec: str = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC
    return spec


def _usage(params: Params) -> str:
    spec, usage = _spec(params), params.get("KeyUsage")
    if usage is None and spec != SYMMETRIC:
        raise validation(
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
        )
    usage = usage or ENCRYPT
    if usage not in SPECS[spec].usages:
        raise validation(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return str(usage)


def _policy(call: Call, arn: str, params: Params) -> str:
    text: str | None = params.get("Policy")
    if text is None:
        return default_policy(call.account)
    policy = check_policy(text)
    if not params.get("BypassPolicyLockoutSafetyCheck"):
        check_no_lockout(call, policy, arn)
    return text


def _list(tx: ReadTx, place: Place, after: str, limit: int) -> Params:
    ids = [row[0] for row in tx.all(Q.find_keys, *place, after, tx.now_ms, limit + 1)]

    def entry(id: str) -> Params:
        return {"KeyId": id, "KeyArn": key_arn(place, id)}

    return page("Keys", ids, limit, entry, str)


def _describe(tx: Tx, key: Key, text: str) -> None:
    put_settings(tx, key, {**key.settings, "Description": text})


def _truth(value: object) -> str:
    return "true" if value else "false"
