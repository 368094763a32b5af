"""GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html
"""

import asyncio

from penstock.server import Call, Params
from penstock.services.kms.errors import (
    NotMade,
    invalid_ciphertext,
    not_implemented,
    unsupported,
    validation,
)
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.authorize import own_key_operation
from penstock.services.kms.keys.imports import (
    TOKEN_MS,
    Token,
    forget_imported,
    keep_imported,
    open_token,
    seal_token,
)
from penstock.services.kms.keys.key import Key, get_key
from penstock.services.kms.keys.material import FIRST, material_id
from penstock.services.kms.state import KmsState
from penstock.store import Tx

_WRAPPING = frozenset(
    {
        "RSAES_OAEP_SHA_1",
        "RSAES_OAEP_SHA_256",
        "RSA_AES_KEY_WRAP_SHA_1",
        "RSA_AES_KEY_WRAP_SHA_256",
    }
)


@own_key_operation("GetParametersForImport")
async def get_parameters_for_import(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the public key to wrap material with, and the token to send with it: both are good for a day."""
    _check_external(key)
    algorithm, spec = params["WrappingAlgorithm"], params["WrappingKeySpec"]
    if algorithm not in _WRAPPING or not spec.startswith("RSA_"):
        raise not_implemented(f"Wrapping by {algorithm} with {spec} is")
    private = await asyncio.to_thread(secrets.make_secret, spec, b"")
    public = await asyncio.to_thread(secrets.public_key, private)
    until_ms = call.now_ms + TOKEN_MS
    token = await state.store.read(seal_token, key, Token(private, algorithm), until_ms)
    return {"KeyId": key.arn, "ImportToken": token, "PublicKey": public, "ParametersValidTo": until_ms}


@own_key_operation("ImportKeyMaterial")
async def import_key_material(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key, which can be used from now on; until ``ValidTo``, if its material expires."""
    _check_external(key)
    expires_ms = _expiry(call, params)
    token = await state.store.read(open_token, key, params["ImportToken"])
    what = (token.private, token.algorithm, params["EncryptedKeyMaterial"])
    try:
        secret = await asyncio.to_thread(secrets.unwrap, *what)
    except NotMade:
        raise invalid_ciphertext() from None
    await state.store.write(_keep, key, secret, expires_ms)
    return {"KeyId": key.arn, "KeyMaterialId": material_id(key, FIRST)}


@own_key_operation("DeleteImportedKeyMaterial")
async def delete_imported_key_material(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key, which cannot be used before the same material is imported again."""
    _check_external(key)
    await state.store.write(_forget, key)
    return {"KeyId": key.arn, "KeyMaterialId": material_id(key, FIRST)}


def _check_external(key: Key) -> None:
    if key.origin != "EXTERNAL":
        raise unsupported(f"{key.arn} origin is {key.origin} which is not valid for this operation.")
    key.check_kept()


def _expiry(call: Call, params: Params) -> int | None:
    if params.get("ImportType") == "NEW_KEY_MATERIAL":
        raise not_implemented("Rotations to imported material are")
    valid_to = params.get("ValidTo")
    if params.get("ExpirationModel") == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if valid_to is not None:
            raise validation("ValidTo must not be specified when key material does not expire.")
        return None
    until_ms = round(valid_to.timestamp() * 1000) if valid_to else 0
    if until_ms <= call.now_ms:
        raise validation("ValidTo must be specified and in the future when key material expires.")
    return until_ms


def _keep(tx: Tx, key: Key, secret: bytes, expires_ms: int | None) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_kept()
    keep_imported(tx, there, secret, expires_ms)


def _forget(tx: Tx, key: Key) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_kept()
    forget_imported(tx, there)
