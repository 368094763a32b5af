"""Keys over the wire: made, found, named, disabled, deleted, rotated; and what each kind of key does."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from penstock.store import queries
from penstock.testing import LocalServer

KEYS = "penstock.services.kms.keys"
DAY_S = 86_400
PLACE = "us-east-1:000000000000"


@pytest.fixture(scope="module")
def kms(server: LocalServer) -> Any:
    return server.client("kms")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def make(kms: Any, **settings: Any) -> str:
    id: str = kms.create_key(**settings)["KeyMetadata"]["KeyId"]
    return id


def test_a_new_key_says_what_it_is(kms: Any) -> None:
    made = kms.create_key(Description="of the app")["KeyMetadata"]
    assert made["Arn"] == f"arn:aws:kms:{PLACE}:key/{made['KeyId']}"
    assert (made["KeyState"], made["Enabled"], made["KeySpec"]) == ("Enabled", True, "SYMMETRIC_DEFAULT")
    assert (made["KeyManager"], made["Origin"], made["MultiRegion"]) == ("CUSTOMER", "AWS_KMS", False)
    assert made["EncryptionAlgorithms"] == ["SYMMETRIC_DEFAULT"]
    for name in (made["KeyId"], made["Arn"]):
        assert kms.describe_key(KeyId=name)["KeyMetadata"] == made


def test_a_multi_region_key_is_called_so(kms: Any) -> None:
    made = kms.create_key(MultiRegion=True)["KeyMetadata"]
    assert made["KeyId"].startswith("mrk-") and len(made["KeyId"]) == 36
    primary = {"Arn": made["Arn"], "Region": "us-east-1"}
    assert made["MultiRegionConfiguration"]["PrimaryKey"] == primary
    blob = kms.encrypt(KeyId=made["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_that_is_not_there_is_refused(kms: Any) -> None:
    with refused("NotFoundException", "does not exist"):
        kms.describe_key(KeyId="00000000-0000-0000-0000-000000000000")
    with refused("NotFoundException", "Alias arn:aws:kms:.*:alias/nobody is not found"):
        kms.describe_key(KeyId="alias/nobody")
    with refused("NotFoundException", "Invalid keyId"):
        kms.describe_key(KeyId="arn:aws:s3:::bucket")
    with refused("NotFoundException", "Invalid arn eu-west-1"):
        kms.describe_key(KeyId="arn:aws:kms:eu-west-1:000000000000:key/1")


def test_what_cannot_be_a_key_is_refused(kms: Any) -> None:
    with refused("ValidationException", "You must specify a KeyUsage"):
        kms.create_key(KeySpec="RSA_2048")
    with refused("ValidationException", "not compatible"):
        kms.create_key(KeySpec="HMAC_256", KeyUsage="SIGN_VERIFY")
    with refused("NotImplemented", "ML_DSA_44"):
        kms.create_key(KeySpec="ML_DSA_44", KeyUsage="SIGN_VERIFY")
    with refused("NotImplemented", "elsewhere"):
        kms.create_key(Origin="EXTERNAL", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


def test_keys_are_listed_page_by_page(kms: Any) -> None:
    made = {make(kms) for _ in range(3)}
    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))
    listed = [key["KeyId"] for page in pages for key in page["Keys"]]
    assert made <= set(listed) and listed == sorted(listed) and len(pages) > 1
    with refused("InvalidMarkerException"):
        kms.list_keys(Marker="none of ours")


def test_what_was_encrypted_is_decrypted_under_the_same_context_only(kms: Any) -> None:
    key, context = make(kms), {"app": "a", "stage": "prod"}
    sealed = kms.encrypt(KeyId=key, Plaintext=b"hunter2", EncryptionContext=context)
    assert b"hunter2" not in sealed["CiphertextBlob"]
    turned = dict(reversed(context.items()))
    opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=turned)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"hunter2", sealed["KeyId"])
    for wrong in ({}, {"app": "a"}, {**context, "more": ""}, {**context, "app": "A"}):
        with refused("InvalidCiphertextException"):
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=wrong)


def test_a_ciphertext_that_was_changed_is_refused_wherever_it_was(kms: Any) -> None:
    key = make(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for at in range(len(blob)):
        changed = blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :]
        with pytest.raises(ClientError) as told:
            kms.decrypt(CiphertextBlob=changed)
        assert told.value.response["Error"]["Code"] in ("InvalidCiphertextException", "AccessDeniedException")
    for short in (b"\1", b"\1\0", blob[:20], blob[:42], blob + b"x", b"\1" + b"\xff" * 300):
        with pytest.raises(ClientError, match=r"InvalidCiphertext|AccessDenied"):
            kms.decrypt(CiphertextBlob=short)


def test_a_ciphertext_of_another_key_than_the_named_one_is_refused(kms: Any) -> None:
    key, other = make(kms), make(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    with refused("IncorrectKeyException"):
        kms.decrypt(CiphertextBlob=blob, KeyId=other)


def test_what_is_re_encrypted_needs_the_other_key(kms: Any) -> None:
    key, other = make(kms), make(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "1"})["CiphertextBlob"]
    again = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other,
        DestinationEncryptionContext={"b": "2"},
    )
    assert (again["SourceKeyId"][-36:], again["KeyId"][-36:]) == (key, other)
    opened = kms.decrypt(CiphertextBlob=again["CiphertextBlob"], EncryptionContext={"b": "2"})
    assert (opened["Plaintext"], opened["KeyId"][-36:]) == (b"x", other)


def test_a_data_key_comes_as_it_is_and_encrypted(kms: Any) -> None:
    key = make(kms)
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"a": "1"})
    assert len(made["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1"})
    assert opened["Plaintext"] == made["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=7)
    assert (
        "Plaintext" not in hidden
        and len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 7
    )
    with refused("ValidationException", "either number of bytes or key spec"):
        kms.generate_data_key(KeyId=key)


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519"])
def test_a_pair_of_data_keys_belongs_together(kms: Any, spec: str) -> None:
    key = make(kms)
    made = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec)
    private: Any = serialization.load_der_private_key(made["PrivateKeyPlaintext"], None)
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert public == made["PublicKey"]
    opened = kms.decrypt(CiphertextBlob=made["PrivateKeyCiphertextBlob"])
    assert opened["Plaintext"] == made["PrivateKeyPlaintext"]
    hidden = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec=spec)
    assert "PrivateKeyPlaintext" not in hidden


def test_rsa_encrypts_for_whoever_has_the_public_key(kms: Any) -> None:
    key = make(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public: Any = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    for name, hashed in (("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256())):
        blob = public.encrypt(b"x", padding.OAEP(padding.MGF1(hashed), hashed, None))
        assert kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=name)["Plaintext"] == b"x"
        blob = kms.encrypt(KeyId=key, Plaintext=b"y", EncryptionAlgorithm=name)["CiphertextBlob"]
        assert kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=name)["Plaintext"] == b"y"
    with refused("InvalidCiphertextException"):
        kms.decrypt(KeyId=key, CiphertextBlob=b"x" * 256, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with refused("ValidationException", "cannot encrypt data as long as 191"):
        kms.encrypt(KeyId=key, Plaintext=b"x" * 191, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with refused("InvalidKeyUsageException", "SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048"):
        kms.encrypt(KeyId=key, Plaintext=b"x")


@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256"),
        ("RSA_3072", "RSASSA_PSS_SHA_384"),
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_P384", "ECDSA_SHA_384"),
        ("ECC_NIST_P521", "ECDSA_SHA_512"),
        ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    ],
)
def test_a_signature_of_a_message_is_that_of_its_digest(kms: Any, spec: str, algorithm: str) -> None:
    key = make(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    digest = hashlib.new(f"sha{algorithm[-3:]}", b"hello").digest()
    signed = kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm=algorithm)["Signature"]
    asked = {"KeyId": key, "SigningAlgorithm": algorithm, "Signature": signed}
    assert kms.verify(Message=b"hello", **asked)["SignatureValid"]
    assert kms.verify(Message=digest, MessageType="DIGEST", **asked)["SignatureValid"]
    with refused("KMSInvalidSignatureException"):
        kms.verify(Message=b"hellO", **asked)
    with refused("ValidationException", "Digest is invalid length"):
        kms.sign(KeyId=key, Message=b"x", MessageType="DIGEST", SigningAlgorithm=algorithm)
    with refused("InvalidKeyUsageException", "SIGN_VERIFY which is not valid for Encrypt"):
        kms.encrypt(KeyId=key, Plaintext=b"x")


def test_a_signature_is_checked_by_others_with_the_public_key(kms: Any) -> None:
    key = make(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    shown = kms.get_public_key(KeyId=key)
    assert shown["SigningAlgorithms"] == ["ECDSA_SHA_256"]
    public: Any = serialization.load_der_public_key(shown["PublicKey"])
    signed = kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    public.verify(signed, b"hello", ec.ECDSA(hashes.SHA256()))
    with refused("UnsupportedOperationException"):
        kms.get_public_key(KeyId=make(kms))


def test_edwards_curves_sign_messages_only(kms: Any) -> None:
    key = make(kms, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    signed = kms.sign(KeyId=key, Message=b"hello", SigningAlgorithm="ED25519_SHA_512")["Signature"]
    asked = {"KeyId": key, "SigningAlgorithm": "ED25519_SHA_512", "Signature": signed}
    assert kms.verify(Message=b"hello", **asked)["SignatureValid"]
    with refused("ValidationException", "DIGEST is not valid"):
        kms.verify(Message=b"x" * 64, MessageType="DIGEST", **asked)


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_a_mac_is_the_key_s_own(kms: Any, bits: int) -> None:
    key = make(kms, KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC")
    asked = {"KeyId": key, "Message": b"hello", "MacAlgorithm": f"HMAC_SHA_{bits}"}
    mac = kms.generate_mac(**asked)["Mac"]
    assert len(mac) == bits // 8 and kms.verify_mac(Mac=mac, **asked)["MacValid"]
    with refused("KMSInvalidMacException"):
        kms.verify_mac(Mac=mac[:-1], **asked)


def test_random_bytes_are_as_many_as_were_asked_for(kms: Any) -> None:
    assert len(kms.generate_random(NumberOfBytes=1024)["Plaintext"]) == 1024
    with refused("ValidationException"):
        kms.generate_random()


def test_a_dry_run_does_nothing_and_says_that_it_would(kms: Any) -> None:
    key = make(kms)
    with refused("DryRunOperationException"):
        kms.encrypt(KeyId=key, Plaintext=b"x", DryRun=True)
    with refused("DryRunOperationException"):
        kms.create_grant(
            KeyId=key, GranteePrincipal="arn:aws:iam::000000000000:root", Operations=["Decrypt"], DryRun=True
        )
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms: Any) -> None:
    key = make(kms)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("DisabledException", "is disabled"):
        kms.decrypt(CiphertextBlob=blob)
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_is_deleted_when_its_window_is_over_and_not_before(server: LocalServer, kms: Any) -> None:
    key = make(kms)
    kms.create_alias(AliasName="alias/doomed", TargetKeyId=key)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    with refused("ValidationException", "between 7 and 30"):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=6)
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 7)
    for use in (
        lambda: kms.decrypt(CiphertextBlob=blob),
        lambda: kms.enable_key(KeyId=key),
        lambda: kms.schedule_key_deletion(KeyId=key),
        lambda: kms.create_alias(AliasName="alias/new", TargetKeyId=key),
    ):
        with refused("KMSInvalidStateException", "is pending deletion"):
            use()
    server.advance(6 * DAY_S)
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("KMSInvalidStateException", "is not pending deletion"):
        kms.cancel_key_deletion(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    server.advance(7 * DAY_S)
    with refused("NotFoundException"):
        kms.describe_key(KeyId=key)
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/doomed")
    with refused("AccessDeniedException", "associated with this ciphertext"):
        kms.decrypt(CiphertextBlob=blob)
    assert key not in [listed["KeyId"] for listed in kms.list_keys()["Keys"]]
    assert "alias/doomed" not in [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    kms.create_alias(AliasName="alias/doomed", TargetKeyId=make(kms))


def test_aliases_name_keys(kms: Any) -> None:
    key, other = make(kms), make(kms)
    kms.create_alias(AliasName="alias/app/main", TargetKeyId=key)
    blob = kms.encrypt(KeyId="alias/app/main", Plaintext=b"x")["CiphertextBlob"]
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName="alias/app/main", TargetKeyId=other)
    kms.update_alias(AliasName="alias/app/main", TargetKeyId=other)
    shown = kms.describe_key(KeyId=f"arn:aws:kms:{PLACE}:alias/app/main")["KeyMetadata"]
    assert shown["KeyId"] == other and kms.decrypt(CiphertextBlob=blob)["KeyId"].endswith(key)
    (listed,) = kms.list_aliases(KeyId=other)["Aliases"]
    assert (listed["AliasName"], listed["TargetKeyId"]) == ("alias/app/main", other)
    kms.delete_alias(AliasName="alias/app/main")
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/app/main")


def test_a_name_that_cannot_be_an_alias_is_refused(kms: Any) -> None:
    key = make(kms)
    with refused("InvalidAliasNameException"):
        kms.create_alias(AliasName="app", TargetKeyId=key)
    with refused("NotAuthorizedException"):
        kms.create_alias(AliasName="alias/aws/mine", TargetKeyId=key)
    with refused("ValidationException", "Not aliases"):
        kms.create_alias(AliasName="alias/a", TargetKeyId="alias/b")
    kms.create_alias(AliasName="alias/kind", TargetKeyId=key)
    with refused("ValidationException", "different types"):
        kms.update_alias(
            AliasName="alias/kind", TargetKeyId=make(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        )


def test_a_key_is_rotated_when_it_is_time_and_opens_what_it_ever_sealed(
    server: LocalServer, kms: Any
) -> None:
    key = make(kms)
    old = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    first = kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    server.advance(89 * DAY_S)
    assert kms.list_key_rotations(KeyId=key)["Rotations"] == []
    server.advance(92 * DAY_S)
    rotations = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert [rotation["RotationType"] for rotation in rotations] == ["AUTOMATIC", "AUTOMATIC"]
    assert rotations[0]["RotationDate"] == status["NextRotationDate"]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"] == rotations[1]["KeyMaterialId"]
    assert kms.decrypt(CiphertextBlob=old)["KeyMaterialId"] == first
    new = kms.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=new)["KeyMaterialId"] == rotations[1]["KeyMaterialId"]
    kms.disable_key_rotation(KeyId=key)
    assert not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def test_a_key_is_rotated_on_demand_so_often(kms: Any) -> None:
    key = make(kms)
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key)
    with refused("LimitExceededException", "25"):
        kms.rotate_key_on_demand(KeyId=key)
    pages = kms.get_paginator("list_key_rotations").paginate(KeyId=key, PaginationConfig={"PageSize": 10})
    assert [rotation["RotationType"] for page in pages for rotation in page["Rotations"]] == [
        "ON_DEMAND"
    ] * 25
    with refused("UnsupportedOperationException"):
        kms.rotate_key_on_demand(KeyId=make(kms, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"))


def test_tags_are_put_and_taken_away(kms: Any) -> None:
    key = make(kms, Tags=[{"TagKey": "a", "TagValue": "1"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": ""}, {"TagKey": "a", "TagValue": "2"}])
    kms.untag_resource(KeyId=key, TagKeys=["b", "c"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "a", "TagValue": "2"}]
    with refused("TagException", "reserved"):
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "aws:x", "TagValue": ""}])
    with refused("TagException", "Duplicate"):
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "x", "TagValue": ""}] * 2)
    with refused("LimitExceededException"):
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": str(n), "TagValue": ""} for n in range(50)])


def test_a_description_is_changed(kms: Any) -> None:
    key = make(kms)
    kms.update_key_description(KeyId=key, Description="new")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "new"


def test_no_material_lies_open_in_the_store(server: LocalServer, kms: Any) -> None:
    key = make(kms)
    row = server.wait(server.app.store.read(lambda tx: tx.one(queries(KEYS).find_secret, key, 1)))
    assert row is not None and row[0].startswith("penstock:1:")
