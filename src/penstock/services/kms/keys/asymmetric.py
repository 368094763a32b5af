"""Public and private keys: made, and used. RSA takes long: callers do it in a thread.

Imported when the first is needed, because what it imports takes longer than most servers' start.
"""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from penstock.services.kms.errors import NotMade

_CURVES: dict[str, ec.EllipticCurve] = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "1": hashes.SHA1(),
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


def make_private(spec: str) -> bytes:
    """Returns a new private key, in PKCS 8."""
    return _private_bytes(_make_private(spec))


def public_key(secret: bytes) -> bytes:
    """Returns the public key that belongs to a private one, as SubjectPublicKeyInfo."""
    return bytes(
        _private(secret)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def encrypt(secret: bytes, algorithm: str, plaintext: bytes) -> bytes:
    """Returns the text encrypted with the public key; ValueError when it is too long for it."""
    return bytes(_private(secret).public_key().encrypt(plaintext, _oaep(algorithm)))


def decrypt(secret: bytes, algorithm: str, ciphertext: bytes) -> bytes:
    """Returns what was encrypted with the public key; NotMade."""
    try:
        return bytes(_private(secret).decrypt(ciphertext, _oaep(algorithm)))
    except ValueError:
        raise NotMade from None


def unwrap(secret: bytes, algorithm: str, wrapped: bytes) -> bytes:
    """Returns what was wrapped with the public key, by AES under a key of its own if the algorithm says so; NotMade."""
    if not algorithm.startswith("RSA_AES"):
        return decrypt(secret, algorithm, wrapped)
    size = _private(secret).key_size // 8
    try:
        return aes_key_unwrap_with_padding(decrypt(secret, algorithm, wrapped[:size]), wrapped[size:])
    except (InvalidUnwrap, ValueError):
        raise NotMade from None


def sign(secret: bytes, algorithm: str, message: bytes, *, is_digest: bool) -> bytes:
    """Returns the signature; ValueError when a digest has not the algorithm's length."""
    key = _private(secret)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    return bytes(key.sign(message, *_signing(algorithm, is_digest=is_digest)))


def verify(secret: bytes, algorithm: str, message: bytes, signature: bytes, *, is_digest: bool) -> None:
    """Returns when the signature is the key's; NotMade; ValueError as ``sign``."""
    key = _private(secret).public_key()
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, *_signing(algorithm, is_digest=is_digest))
    except InvalidSignature:
        raise NotMade from None


def _make_private(spec: str) -> Any:
    if spec.startswith("RSA_"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(spec.removeprefix("RSA_")))
    if spec in _CURVES:
        return ec.generate_private_key(_CURVES[spec])
    return ed25519.Ed25519PrivateKey.generate()


def _private_bytes(key: Any) -> bytes:
    return bytes(
        key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _private(secret: bytes) -> Any:
    # They were made here and lie sealed; to prove again that they are RSA keys takes longer than to use them.
    return serialization.load_der_private_key(secret, None, unsafe_skip_rsa_key_validation=True)


def _oaep(algorithm: str) -> padding.OAEP:
    hashed = _HASHES[algorithm.rpartition("_")[2]]
    return padding.OAEP(padding.MGF1(hashed), hashed, None)


def _signing(algorithm: str, *, is_digest: bool) -> tuple[Any, ...]:
    hashed = _HASHES[algorithm.rpartition("_")[2]]
    over = Prehashed(hashed) if is_digest else hashed
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(over),)
    if algorithm.startswith("RSASSA_PSS"):
        return padding.PSS(padding.MGF1(hashed), hashed.digest_size), over
    return padding.PKCS1v15(), over
