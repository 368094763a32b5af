"""Keys that customers send with each request (SSE-C): nobody else has them, and they are not kept.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import NamedTuple

from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.server import Params
from penstock.services.s3.errors import access_denied, invalid_argument, invalid_request
from penstock.services.s3.objects.encryption import MANAGED, Encryption

_HEADER = "x-amz-server-side-encryption-customer"
_MEMBERS = {
    prefix: tuple(f"{prefix}SSECustomer{name}" for name in ("Algorithm", "Key", "KeyMD5"))
    for prefix in ("", "CopySource")
}
_KEY_BYTES = 32
_NONCE_BYTES = 12


class CustomerKey(NamedTuple):
    """A key that came with a request, and its MD5 in Base64."""

    key: bytes
    md5: str


def customer_key(params: Params, prefix: str = "") -> CustomerKey | None:
    """Returns the key in the request, None when there is none; ``prefix`` is ``CopySource`` for a copy's; AwsError."""
    names = _MEMBERS[prefix]
    if params.keys().isdisjoint(names):
        return None
    algorithm, text, md5 = (params.get(name) for name in names)
    if algorithm is None:
        raise _lacking("must provide a valid encryption algorithm.", "algorithm")
    if algorithm != MANAGED:
        message = "The Encryption request you specified is not valid. Supported value: AES256."
        raise AwsError("InvalidEncryptionAlgorithmError", message, status=400)
    if not text:
        raise _lacking("must provide an appropriate secret key.", "key")
    if not md5:
        raise _lacking("must provide the client calculated MD5 of the secret key.", "key-MD5")
    key = _decoded(text)
    if len(key) != _KEY_BYTES:
        raise invalid_argument(
            "The secret key was invalid for the specified algorithm.", f"{_HEADER}-key", None
        )
    found = b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    if not hmac.compare_digest(found.encode(), md5.encode()):
        message = "The calculated MD5 hash of the key did not match the hash that was provided."
        raise invalid_argument(message, f"{_HEADER}-key-MD5", md5)
    return CustomerKey(key, found)


def seal_secret(key: bytes, ids: Ids, secret: bytes) -> bytes:
    """Returns a data key, encrypted with a customer's key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = ids.bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, None)


def open_secret(given: CustomerKey | None, encryption: Encryption) -> bytes:
    """Returns the data key of a version that a customer's key encrypts, if that is ``given``; AwsError."""
    if given is None:
        raise invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided "
            "to retrieve the object."
        )
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    blob = b64decode(encryption.blob)
    try:
        return AESGCM(given.key).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], None)
    except InvalidTag:
        raise access_denied() from None


def refuse_needless(given: CustomerKey | None) -> None:
    """Returns when no key is given for what needs none; AwsError ``InvalidRequest``."""
    if given is not None:
        raise invalid_request("The encryption parameters are not applicable to this object.")


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _lacking(what: str, name: str) -> AwsError:
    message = f"Requests specifying Server Side Encryption with Customer provided keys {what}"
    return invalid_argument(message, f"{_HEADER}-{name}", "null")
