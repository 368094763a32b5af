"""GenerateDataKey, GenerateDataKeyPair, both also without plaintext, and GenerateRandom.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/data-keys.html
"""

import asyncio

from penstock.server import Call, Params, operation
from penstock.services.kms.errors import dry_run, invalid_usage, not_implemented, validation
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.authorize import key_operation
from penstock.services.kms.keys.ciphertext import NONCE_BYTES, encrypted
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import current, material_id
from penstock.services.kms.keys.specs import ENCRYPT, PAIR_SPECS
from penstock.services.kms.state import KmsState

_BYTES = {"AES_128": 16, "AES_256": 32}


@key_operation("GenerateDataKey")
async def generate_data_key(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns a new key, as it is and encrypted."""
    return await _data_key(state, call, key, params)


@key_operation("GenerateDataKeyWithoutPlaintext")
async def generate_data_key_without_plaintext(
    state: KmsState, call: Call, key: Key, params: Params
) -> Params:
    """Returns a new key, encrypted only."""
    answer = await _data_key(state, call, key, params)
    del answer["Plaintext"]
    return answer


@key_operation("GenerateDataKeyPair")
async def generate_data_key_pair(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns a new pair of keys: the public one, and the private one as it is and encrypted."""
    return await _pair(state, call, key, params)


@key_operation("GenerateDataKeyPairWithoutPlaintext")
async def generate_data_key_pair_without_plaintext(
    state: KmsState, call: Call, key: Key, params: Params
) -> Params:
    """Returns a new pair of keys, the private one encrypted only."""
    answer = await _pair(state, call, key, params)
    del answer["PrivateKeyPlaintext"]
    return answer


@operation("GenerateRandom", action="kms:GenerateRandom")
async def generate_random(state: KmsState, call: Call, params: Params) -> Params:
    """Returns random bytes."""
    if params.get("CustomKeyStoreId") or params.get("Recipient"):
        raise not_implemented("Custom key stores and answers to enclaves are")
    if "NumberOfBytes" not in params:
        raise validation("NumberOfBytes is required.")
    return {"Plaintext": state.ids.bytes(params["NumberOfBytes"])}


async def _data_key(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    count, spec = params.get("NumberOfBytes"), params.get("KeySpec")
    if (count is None) == (spec is None):
        raise validation("Please specify either number of bytes or key spec.")
    _check(key, call, params)
    size: int = count or _BYTES[spec or ""]
    made = state.ids.bytes(size)
    blob, material = await _sealed(state, key, made, params)
    return {"CiphertextBlob": blob, "Plaintext": made, "KeyId": key.arn, "KeyMaterialId": material}


async def _pair(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    spec = params["KeyPairSpec"]
    if spec not in PAIR_SPECS:
        raise not_implemented(f"Pairs of the spec {spec} are")
    _check(key, call, params)
    private = await asyncio.to_thread(secrets.make_secret, spec, b"")
    public = await asyncio.to_thread(secrets.public_key, private)
    blob, material = await _sealed(state, key, private, params)
    return {
        "PrivateKeyCiphertextBlob": blob,
        "PrivateKeyPlaintext": private,
        "PublicKey": public,
        "KeyId": key.arn,
        "KeyPairSpec": spec,
        "KeyMaterialId": material,
    }


def _check(key: Key, call: Call, params: Params) -> None:
    if params.get("Recipient"):
        raise not_implemented("Answers to enclaves are")
    key.check_usable(ENCRYPT, call.operation)
    if not key.is_symmetric:
        raise invalid_usage(key.arn, f"{key.usage} with {key.spec}", call.operation)
    if params.get("DryRun"):
        raise dry_run()


async def _sealed(state: KmsState, key: Key, secret: bytes, params: Params) -> tuple[bytes, str]:
    material = await state.store.read(current, key)
    nonce, context = state.ids.bytes(NONCE_BYTES), params.get("EncryptionContext") or {}
    return encrypted(key, material, nonce, secret, context), material_id(key, material.number)
