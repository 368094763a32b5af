"""What a symmetric key's ciphertext is: it names the key and the number of the material that opens it.

A version byte, the length of the key's id and the id, four bytes of the material's number, then what ``secrets.seal``
made. All that stands before, and the encryption context, is bound to the text.
"""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from penstock.services.kms.errors import NotMade, invalid_ciphertext, validation
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import Material
from penstock.services.kms.keys.secrets import seal, unseal

NONCE_BYTES = 12

_VERSION = 1
_MAX_CONTEXT = 8192

EncryptionContext = Mapping[str, str]


class Ciphertext(NamedTuple):
    """A ciphertext, taken apart; ``head`` is what stands before what was ``sealed``."""

    key_id: str
    number: int
    head: bytes
    sealed: bytes


def canonical(context: EncryptionContext) -> bytes:
    """Returns the context in the one form that it has, whatever the order of its pairs; AwsError."""
    text = orjson.dumps(dict(context), option=orjson.OPT_SORT_KEYS)
    if len(text) > _MAX_CONTEXT:
        raise validation(f"The encryption context cannot be longer than {_MAX_CONTEXT} bytes.")
    return text


def encrypted(
    key: Key, material: Material, nonce: bytes, plaintext: bytes, context: EncryptionContext
) -> bytes:
    """Returns the ciphertext."""
    id = key.id.encode()
    head = bytes((_VERSION, len(id))) + id + material.number.to_bytes(4)
    return head + seal(material.secret, nonce, plaintext, head + canonical(context))


def read_ciphertext(blob: bytes) -> Ciphertext:
    """Returns the parts; AwsError ``InvalidCiphertextException``."""
    if len(blob) < 2 or blob[0] != _VERSION:
        raise invalid_ciphertext()
    end = 2 + blob[1] + 4
    try:
        key_id = blob[2 : end - 4].decode("ascii")
    except UnicodeDecodeError:
        raise invalid_ciphertext() from None
    if not key_id or len(blob) <= end + NONCE_BYTES:
        raise invalid_ciphertext()
    # Databases know no number above 2**63; this is one of 2**32 at most.
    return Ciphertext(key_id, int.from_bytes(blob[end - 4 : end]), blob[:end], blob[end:])


def decrypted(ciphertext: Ciphertext, material: Material | None, context: EncryptionContext) -> bytes:
    """Returns what was encrypted; AwsError ``InvalidCiphertextException``."""
    if material is None:
        raise invalid_ciphertext()
    try:
        return unseal(material.secret, ciphertext.sealed, ciphertext.head + canonical(context))
    except NotMade:
        raise invalid_ciphertext() from None
