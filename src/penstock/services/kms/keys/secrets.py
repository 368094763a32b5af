"""What is done with the secrets of keys: nothing here knows the store.

What is about public and private keys takes long: callers do it in a thread.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING

from penstock.services.kms.errors import NotMade
from penstock.services.kms.keys.specs import SYMMETRIC

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SYMMETRIC_BYTES = 32
_NONCE_BYTES = 12


def make_secret(spec: str, random: bytes) -> bytes:
    """Returns new key material: ``random`` itself, or a private key in PKCS 8."""
    if spec == SYMMETRIC or spec.startswith("HMAC_"):
        return random
    from penstock.services.kms.keys.asymmetric import make_private

    return make_private(spec)


def random_bytes(spec: str) -> int:
    """Returns how many random bytes ``make_secret`` needs."""
    return int(spec.partition("_")[2]) // 8 if spec.startswith("HMAC_") else _SYMMETRIC_BYTES


def public_key(secret: bytes) -> bytes:
    """Returns the public key that belongs to a private one, as SubjectPublicKeyInfo."""
    from penstock.services.kms.keys import asymmetric

    return asymmetric.public_key(secret)


def seal(secret: bytes, nonce: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Returns the nonce and the text that only the same secret and context open."""
    return nonce + _cipher(secret).encrypt(nonce, plaintext, context)


def unseal(secret: bytes, sealed: bytes, context: bytes) -> bytes:
    """Returns what was sealed; NotMade."""
    from cryptography.exceptions import InvalidTag

    try:
        return _cipher(secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise NotMade from None


def encrypt(secret: bytes, algorithm: str, plaintext: bytes) -> bytes:
    """Returns the text encrypted with the public key; ValueError when it is too long for it."""
    from penstock.services.kms.keys import asymmetric

    return asymmetric.encrypt(secret, algorithm, plaintext)


def decrypt(secret: bytes, algorithm: str, ciphertext: bytes) -> bytes:
    """Returns what was encrypted with the public key; NotMade."""
    from penstock.services.kms.keys import asymmetric

    return asymmetric.decrypt(secret, algorithm, ciphertext)


def unwrap(secret: bytes, algorithm: str, wrapped: bytes) -> bytes:
    """Returns what was wrapped with the public key; NotMade."""
    from penstock.services.kms.keys import asymmetric

    return asymmetric.unwrap(secret, algorithm, wrapped)


def sign(secret: bytes, algorithm: str, message: bytes, *, is_digest: bool) -> bytes:
    """Returns the signature of the message, or of what it is the digest of."""
    from penstock.services.kms.keys import asymmetric

    return asymmetric.sign(secret, algorithm, message, is_digest=is_digest)


def verify(secret: bytes, algorithm: str, message: bytes, signature: bytes, *, is_digest: bool) -> None:
    """Returns when the signature is the key's; NotMade."""
    from penstock.services.kms.keys import asymmetric

    asymmetric.verify(secret, algorithm, message, signature, is_digest=is_digest)


def mac(secret: bytes, algorithm: str, message: bytes) -> bytes:
    """Returns the HMAC of the message."""
    return hmac.digest(secret, message, f"sha{algorithm.rpartition('_')[2]}")


def same(left: bytes, right: bytes) -> bool:
    """Returns whether two HMACs are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(left, right)


def digest_bytes(algorithm: str) -> int:
    """Returns how long a digest is for the algorithm."""
    return hashlib.new(f"sha{algorithm.rpartition('_')[2]}").digest_size


def _cipher(secret: bytes) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(secret)
