"""Decrypting, whichever kind of key it takes: for Decrypt, and for the first half of ReEncrypt."""

import asyncio
from typing import NamedTuple

from penstock.server import Call
from penstock.services.kms.errors import (
    NotMade,
    incorrect_key,
    invalid_ciphertext,
    unknown_ciphertext,
    validation,
)
from penstock.services.kms.keys import secrets
from penstock.services.kms.keys.ciphertext import (
    Ciphertext,
    EncryptionContext,
    decrypted,
    read_ciphertext,
)
from penstock.services.kms.keys.key import Key, find_key
from penstock.services.kms.keys.material import current, opened
from penstock.services.kms.keys.specs import ENCRYPT, SYMMETRIC
from penstock.services.kms.state import KmsState


class Sealed(NamedTuple):
    """What is to be decrypted: ``key_id`` is what the caller calls the key, None when the blob is to say it."""

    blob: bytes
    algorithm: str
    key_id: str | None
    context: EncryptionContext


class Opened(NamedTuple):
    """What was decrypted, and the number of the material that it took."""

    plaintext: bytes
    number: int


async def key_to_open(state: KmsState, call: Call, sealed: Sealed, action: str) -> str:
    """Returns what the key is called that is to open it; AwsError."""
    if sealed.key_id is not None:
        return sealed.key_id
    if sealed.algorithm != SYMMETRIC:
        raise validation("You must specify a KeyId for an asymmetric KMS key.")
    key = await state.store.read(find_key, read_ciphertext(sealed.blob).key_id)
    if key is None or key.place[1] != call.region:
        raise unknown_ciphertext(call.principal.arn or call.principal.service, action)
    return key.arn


async def open_with(state: KmsState, key: Key, sealed: Sealed) -> Opened:
    """Returns what was encrypted with the key; AwsError."""
    if key.is_symmetric:
        return await _open_symmetric(state, key, read_ciphertext(sealed.blob), sealed.context)
    material = await state.store.read(current, key)
    try:
        plaintext = await asyncio.to_thread(secrets.decrypt, material.secret, sealed.algorithm, sealed.blob)
    except NotMade:
        raise invalid_ciphertext() from None
    return Opened(plaintext, material.number)


def check_openable(key: Key, sealed: Sealed, operation: str) -> None:
    """Returns when the key may open such things; AwsError."""
    key.check_usable(ENCRYPT, operation)
    key.check_algorithm(sealed.algorithm, key.kind.encryption)
    check_context(key, sealed.context)


def check_context(key: Key, context: EncryptionContext) -> None:
    """Returns unless there is a context and a key that knows none; AwsError."""
    if context and not key.is_symmetric:
        raise validation(
            "An encryption context is valid only for operations with symmetric encryption KMS keys."
        )


async def _open_symmetric(
    state: KmsState, key: Key, ciphertext: Ciphertext, context: EncryptionContext
) -> Opened:
    if ciphertext.key_id != key.id:
        raise incorrect_key()
    material = await state.store.read(opened, key, ciphertext.number)
    return Opened(decrypted(ciphertext, material, context), ciphertext.number)
