"""Encrypt, Decrypt, ReEncrypt.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
"""

import asyncio

from penstock.server import Call, Params, operation
from penstock.services.kms.arns import key_name
from penstock.services.kms.errors import dry_run, not_implemented, validation
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.authorize import (
    admit,
    context_conditions,
    key_operation,
    requested,
    resolve,
)
from penstock.services.kms.keys.ciphertext import NONCE_BYTES, EncryptionContext, encrypted
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import Material, current, material_id
from penstock.services.kms.keys.opening import (
    Sealed,
    check_context,
    check_openable,
    key_to_open,
    open_with,
)
from penstock.services.kms.keys.specs import ENCRYPT, SYMMETRIC
from penstock.services.kms.state import KmsState


@key_operation("Encrypt")
async def encrypt(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the ciphertext, which Decrypt opens under the same context."""
    algorithm = params.get("EncryptionAlgorithm") or SYMMETRIC
    context = params.get("EncryptionContext") or {}
    _check_encrypting(key, algorithm, context, "Encrypt")
    if params.get("DryRun"):
        raise dry_run()
    blob, _ = await _encrypted(state, key, algorithm, params["Plaintext"], context)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


@operation("Decrypt", action=None)
async def decrypt(state: KmsState, call: Call, params: Params) -> Params:
    """Returns what was encrypted; the ciphertext of a symmetric key says which key that was."""
    _refuse_lacking(params)
    sealed = Sealed(
        _blob(params),
        params.get("EncryptionAlgorithm") or SYMMETRIC,
        params.get("KeyId"),
        params.get("EncryptionContext") or {},
    )
    name = key_name(call, await key_to_open(state, call, sealed, "kms:Decrypt"))
    key = await admit(state, call, "Decrypt", name, requested(call, "Decrypt", params))
    check_openable(key, sealed, "Decrypt")
    if params.get("DryRun"):
        raise dry_run()
    opened = await open_with(state, key, sealed)
    answer: Params = {
        "KeyId": key.arn,
        "Plaintext": opened.plaintext,
        "EncryptionAlgorithm": sealed.algorithm,
    }
    return {**answer, "KeyMaterialId": material_id(key, opened.number)} if key.is_symmetric else answer


@operation("ReEncrypt", action=None)
async def re_encrypt(state: KmsState, call: Call, params: Params) -> Params:
    """Returns what was encrypted with one key, encrypted with another; nobody sees what it is."""
    _refuse_lacking(params)
    sealed = Sealed(
        _blob(params),
        params.get("SourceEncryptionAlgorithm") or SYMMETRIC,
        params.get("SourceKeyId"),
        params.get("SourceEncryptionContext") or {},
    )
    source, key = await _admit_both(state, call, sealed, params)
    algorithm = params.get("DestinationEncryptionAlgorithm") or SYMMETRIC
    context = params.get("DestinationEncryptionContext") or {}
    check_openable(source, sealed, "ReEncrypt")
    _check_encrypting(key, algorithm, context, "ReEncrypt")
    if params.get("DryRun"):
        raise dry_run()
    opened = await open_with(state, source, sealed)
    blob, number = await _encrypted(state, key, algorithm, opened.plaintext, context)
    answer: Params = {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": sealed.algorithm,
        "DestinationEncryptionAlgorithm": algorithm,
    }
    if source.is_symmetric:
        answer["SourceKeyMaterialId"] = material_id(source, opened.number)
    if key.is_symmetric:
        answer["DestinationKeyMaterialId"] = material_id(key, number)
    return answer


async def _admit_both(state: KmsState, call: Call, sealed: Sealed, params: Params) -> tuple[Key, Key]:
    """Returns the source and the destination; the caller may re-encrypt from one to the other."""
    name = key_name(call, await key_to_open(state, call, sealed, "kms:ReEncryptFrom"))
    to = key_name(call, params["DestinationKeyId"])
    both = [await resolve(state, call, "ReEncrypt", one) for one in (name, to)]
    same = {"kms:ReEncryptOnSameKey": "true" if both[0] and both[0] == both[1] else "false"}
    asked = {**same, **context_conditions(sealed.context), "kms:EncryptionAlgorithm": sealed.algorithm}
    source = await admit(state, call, "ReEncryptFrom", name, asked)
    algorithm = params.get("DestinationEncryptionAlgorithm") or SYMMETRIC
    context = params.get("DestinationEncryptionContext") or {}
    asked = {**same, **context_conditions(context), "kms:EncryptionAlgorithm": algorithm}
    return source, await admit(state, call, "ReEncryptTo", to, asked)


def _refuse_lacking(params: Params) -> None:
    if params.get("Recipient"):
        raise not_implemented("Answers to enclaves are")
    if params.get("DryRunModifiers"):
        raise not_implemented("Modifiers of dry runs are")


def _blob(params: Params) -> bytes:
    blob: bytes | None = params.get("CiphertextBlob")
    if blob is None:
        raise validation("You must specify a CiphertextBlob.")
    return blob


def _check_encrypting(key: Key, algorithm: str, context: EncryptionContext, operation: str) -> None:
    key.check_usable(ENCRYPT, operation)
    key.check_algorithm(algorithm, key.kind.encryption)
    check_context(key, context)


async def _encrypted(
    state: KmsState, key: Key, algorithm: str, plaintext: bytes, context: EncryptionContext
) -> tuple[bytes, int]:
    """Returns the ciphertext, and the number of the material that it takes to open it."""
    material: Material = await state.store.read(current, key)
    if key.is_symmetric:
        nonce = state.ids.bytes(NONCE_BYTES)
        return encrypted(key, material, nonce, plaintext, context), material.number
    try:
        blob = await asyncio.to_thread(secrets.encrypt, material.secret, algorithm, plaintext)
    except ValueError:
        raise validation(
            f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data as long as {len(plaintext)} bytes."
        ) from None
    return blob, material.number
