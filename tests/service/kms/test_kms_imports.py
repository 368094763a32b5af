"""Keys whose material their owner brings along."""

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from penstock.testing import LocalServer

DAY_S = 86_400
FOR_EVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@pytest.fixture(scope="module")
def kms(server: LocalServer) -> Any:
    return server.client("kms")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def make(kms: Any, **settings: Any) -> str:
    id: str = kms.create_key(Origin="EXTERNAL", **settings)["KeyMetadata"]["KeyId"]
    return id


def wrapped(kms: Any, key: str, secret: bytes, algorithm: str = "RSAES_OAEP_SHA_256") -> dict[str, Any]:
    """Returns what ImportKeyMaterial takes."""
    asked = kms.get_parameters_for_import(KeyId=key, WrappingAlgorithm=algorithm, WrappingKeySpec="RSA_2048")
    public: Any = serialization.load_der_public_key(asked["PublicKey"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    if algorithm.startswith("RSA_AES"):
        wrapping = os.urandom(32)
        blob = public.encrypt(wrapping, oaep) + aes_key_wrap_with_padding(wrapping, secret)
    else:
        blob = public.encrypt(secret, oaep)
    return {"KeyId": key, "ImportToken": asked["ImportToken"], "EncryptedKeyMaterial": blob}


def state(kms: Any, key: str) -> str:
    found: str = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    return found


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
def test_a_key_waits_for_its_material(kms: Any, algorithm: str) -> None:
    key = make(kms)
    assert state(kms, key) == "PendingImport"
    with refused("KMSInvalidStateException", "is pending import"):
        kms.encrypt(KeyId=key, Plaintext=b"x")
    with refused("KMSInvalidStateException", "is pending import"):
        kms.disable_key(KeyId=key)
    kms.import_key_material(**wrapped(kms, key, os.urandom(32), algorithm), **FOR_EVER)
    assert state(kms, key) == "Enabled"
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_only_the_same_material_can_be_imported_again(kms: Any) -> None:
    key, secret = make(kms), os.urandom(32)
    kms.import_key_material(**wrapped(kms, key, secret), **FOR_EVER)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.delete_imported_key_material(KeyId=key)
    with refused("KMSInvalidStateException", "is pending import"):
        kms.decrypt(CiphertextBlob=blob)
    with refused("IncorrectKeyMaterialException"):
        kms.import_key_material(**wrapped(kms, key, os.urandom(32)), **FOR_EVER)
    kms.import_key_material(**wrapped(kms, key, secret), **FOR_EVER)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_material_expires(server: LocalServer, kms: Any) -> None:
    key = make(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    until = server.clock.now_ms() / 1000 + DAY_S
    kms.import_key_material(**wrapped(kms, key, b"s" * 32), ValidTo=until)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    asked = {"KeyId": key, "Message": b"hello", "MacAlgorithm": "HMAC_SHA_256"}
    assert kms.generate_mac(**asked)["Mac"]
    server.advance(DAY_S + 1)
    assert state(kms, key) == "PendingImport"
    with refused("KMSInvalidStateException"):
        kms.generate_mac(**asked)


def test_a_token_is_good_for_its_key_and_a_day(server: LocalServer, kms: Any) -> None:
    key, other = make(kms), make(kms)
    asked = wrapped(kms, key, os.urandom(32))
    with refused("InvalidImportTokenException"):
        kms.import_key_material(**{**asked, "KeyId": other}, **FOR_EVER)
    for token in (b"x", b"\xff", b"[]"):
        with refused("InvalidImportTokenException"):
            kms.import_key_material(**{**asked, "ImportToken": token}, **FOR_EVER)
    with refused("InvalidCiphertextException"):
        kms.import_key_material(**{**asked, "EncryptedKeyMaterial": b"x"}, **FOR_EVER)
    with refused("ValidationException", "ValidTo"):
        kms.import_key_material(**asked)
    server.advance(DAY_S)
    with refused("ExpiredImportTokenException"):
        kms.import_key_material(**asked, **FOR_EVER)


def test_what_is_not_the_key_s_own_kind_is_refused(kms: Any) -> None:
    key = make(kms)
    with refused("IncorrectKeyMaterialException"):
        kms.import_key_material(**wrapped(kms, key, b"short"), **FOR_EVER)
    made: str = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused("UnsupportedOperationException", "origin is AWS_KMS"):
        kms.delete_imported_key_material(KeyId=made)
