"""Objects that are encrypted with a key of KMS, or with one that comes with each request."""

import base64
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.kit.control import scrubbed
from tests.kit.keys import allow, make_key, refused
from tests.kit.policies import s3_may_send
from tests.kit.roles import clients_of

from penstock.testing import LocalServer

KIB = 1024
LARGE = os.urandom(300 * KIB)
VIA = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
KMS = {"ServerSideEncryption": "aws:kms"}


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="sealed")
    return "sealed"


@pytest.fixture(scope="module")
def reader(server: LocalServer) -> Any:
    """Returns S3's client of a role whose own policies say nothing of keys."""
    return clients_of(server, "reader", "s3:*")("s3")


def read(s3: Any, bucket: str, key: str, **params: Any) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key, **params)["Body"].read()
    return body


def under(key: str, *, bucket_key: bool = False) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}]}


@pytest.mark.parametrize("body", [b"", b"small", LARGE], ids=["empty", "row", "file"])
def test_an_object_under_a_key_is_read_as_it_was_written(
    server: LocalServer, s3: Any, bucket: str, body: bytes
) -> None:
    key = make_key(server)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, SSEKMSKeyId=key, **KMS)
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == body and got["ContentLength"] == len(body)
    assert (got["ServerSideEncryption"], got["SSEKMSKeyId"], got["ETag"]) == ("aws:kms", key, put["ETag"])
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["SSEKMSKeyId"] == key and "BucketKeyEnabled" not in head
    for first, last in ((0, 3), (65_530, 65_545), (131_072, 131_072), (299_999, 10**9)):
        if first < len(body):
            assert read(s3, bucket, "k", Range=f"bytes={first}-{last}") == body[first : last + 1]
    assert put["ETag"] != s3.put_object(Bucket=bucket, Key="plain", Body=body)["ETag"]


def test_whom_the_key_does_not_let_in_reads_and_writes_nothing(
    server: LocalServer, s3: Any, reader: Any, bucket: str
) -> None:
    theirs = make_key(server, allow("reader", "kms:GenerateDataKey", "kms:Decrypt", **VIA))
    narrow = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::sealed/may"}}
    by_context = make_key(server, allow("reader", "kms:Decrypt", **narrow))
    reader.put_object(Bucket=bucket, Key="mine", Body=b"x", SSEKMSKeyId=theirs, **KMS)
    assert read(reader, bucket, "mine") == b"x"
    for name in ("may", "may not"):
        s3.put_object(Bucket=bucket, Key=name, Body=name, SSEKMSKeyId=by_context, **KMS)
    assert read(reader, bucket, "may") == b"may"
    with refused("AccessDenied", "not authorized to perform: kms:Decrypt on resource: arn:aws:kms"):
        reader.get_object(Bucket=bucket, Key="may not")
    assert reader.head_object(Bucket=bucket, Key="may not")["ContentLength"] == 7
    for body in (b"x", LARGE):
        with refused("AccessDenied", "kms:GenerateDataKey"):
            reader.put_object(Bucket=bucket, Key="no", Body=body, SSEKMSKeyId=by_context, **KMS)
    with refused("AccessDenied", "kms:Decrypt"):
        reader.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/may not")
    nobody = server.client("s3", config=Config(signature_version=UNSIGNED))
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    )
    with refused("InvalidArgument", "require AWS Signature Version 4"):
        nobody.get_object(Bucket=bucket, Key="mine")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "mine"})
    assert "X-Amz-Signature" not in url  # boto3's default for this is version 2, which S3 refuses here
    v4 = server.client("s3", config=Config(signature_version="s3v4"))
    url = v4.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "mine"})
    assert fetched(url) == b"x"


def fetched(url: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(url) as answer:
        body: bytes = answer.read()
    return body


def test_a_disabled_or_deleted_key_gives_aws_s_errors(server: LocalServer, s3: Any, bucket: str) -> None:
    kms, key = server.client("kms"), make_key(server)
    s3.put_object(Bucket=bucket, Key="d", Body=b"x", SSEKMSKeyId=key, **KMS)
    kms.disable_key(KeyId=key)
    with refused("KMS.DisabledException", f"{key} is disabled"):
        s3.get_object(Bucket=bucket, Key="d")
    with refused("KMS.DisabledException"):
        s3.put_object(Bucket=bucket, Key="d", Body=b"x", SSEKMSKeyId=key, **KMS)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with refused("KMS.KMSInvalidStateException", "is pending deletion"):
        s3.get_object(Bucket=bucket, Key="d")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert read(s3, bucket, "d") == b"x"
    with refused("KMS.NotFoundException", "is not found"):
        s3.put_object(Bucket=bucket, Key="d", Body=b"x", SSEKMSKeyId="alias/nowhere", **KMS)
    with refused("KMS.NotFoundException"):
        s3.put_object(Bucket=bucket, Key="d", Body=b"x", SSEKMSKeyId="arn:aws:kms:x", **KMS)
    hmac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    with refused("KMS.InvalidKeyUsageException"):
        s3.put_object(Bucket=bucket, Key="d", Body=b"x", SSEKMSKeyId=hmac, **KMS)


def test_a_bucket_s_default_encrypts_and_its_events_come(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="default")
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName="sealed", Attributes={"Policy": s3_may_send()})["QueueUrl"]
    rule = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:sealed", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="default", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    sqs.purge_queue(QueueUrl=queue)
    key = make_key(server)
    s3.put_bucket_encryption(Bucket="default", ServerSideEncryptionConfiguration=under(key, bucket_key=True))
    (shown,) = s3.get_bucket_encryption(Bucket="default")["ServerSideEncryptionConfiguration"]["Rules"]
    assert shown == under(key, bucket_key=True)["Rules"][0]
    put = s3.put_object(Bucket="default", Key="k", Body=b"xyz")
    assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (key, True)
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])["Records"][0]["s3"]["object"]
    assert (told["key"], told["size"], f'"{told["eTag"]}"') == ("k", 3, put["ETag"])
    assert (
        s3.put_object(Bucket="default", Key="k", Body=b"x", ServerSideEncryption="AES256")[
            "ServerSideEncryption"
        ]
        == "AES256"
    )
    own = s3.put_object(
        Bucket="default",
        Key="k",
        Body=b"x",
        BucketKeyEnabled=False,
        SSEKMSEncryptionContext=base64.b64encode(b'{"team":"red"}').decode(),
        **KMS,
    )
    aws_managed = server.client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert own["SSEKMSKeyId"] == aws_managed and "BucketKeyEnabled" not in own
    assert read(s3, "default", "k") == b"x"
    s3.delete_bucket_encryption(Bucket="default")
    assert s3.put_object(Bucket="default", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    "name", ["", "x" * 3000, "\u00e4", "alias/", "key/a", "arn:aws:kms:us-east-1:0:alias/a"]
)
def test_a_name_that_no_key_has_is_refused(server: LocalServer, s3: Any, name: str) -> None:
    s3.create_bucket(Bucket="named")
    if len(name) > 2048:
        with refused("MalformedXML"):
            s3.put_bucket_encryption(Bucket="named", ServerSideEncryptionConfiguration=under(name))
        return
    s3.put_bucket_encryption(Bucket="named", ServerSideEncryptionConfiguration=under(name))
    if not name:
        assert s3.put_object(Bucket="named", Key="k", Body=b"x")["ServerSideEncryption"] == "aws:kms"
        return
    for body in (b"x", LARGE):
        with refused("KMS.NotFoundException"):
            s3.put_object(Bucket="named", Key="k", Body=body)


def test_copies_are_encrypted_as_their_place_says(server: LocalServer, s3: Any, bucket: str) -> None:
    key, other = make_key(server), make_key(server)
    for name, body in (("row", b"0123456789"), ("file", LARGE)):
        s3.put_object(Bucket=bucket, Key=name, Body=body, SSEKMSKeyId=key, **KMS)
        source = f"{bucket}/{name}"
        open_copy = s3.copy_object(Bucket=bucket, Key="open", CopySource=source)
        assert open_copy["ServerSideEncryption"] == "AES256" and read(s3, bucket, "open") == body
        assert (
            open_copy["CopyObjectResult"]["ETag"]
            == s3.put_object(Bucket=bucket, Key="same", Body=body)["ETag"]
        )
        again = s3.copy_object(
            Bucket=bucket, Key="again", CopySource=f"{bucket}/open", SSEKMSKeyId=other, **KMS
        )
        assert again["SSEKMSKeyId"] == other and read(s3, bucket, "again") == body
        s3.copy_object(Bucket=bucket, Key=name, CopySource=source, SSEKMSKeyId=other, **KMS)
        assert s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] == other
    server.client("kms").disable_key(KeyId=key)
    assert (read(s3, bucket, "row"), read(s3, bucket, "file")) == (b"0123456789", LARGE)


def test_an_upload_in_parts_is_encrypted_with_its_key(
    server: LocalServer, s3: Any, reader: Any, bucket: str
) -> None:
    key = make_key(server, allow("reader", "kms:GenerateDataKey"))
    made = s3.create_multipart_upload(Bucket=bucket, Key="parts", SSEKMSKeyId=key, **KMS)
    where = {"Bucket": bucket, "Key": "parts", "UploadId": made["UploadId"]}
    assert made["SSEKMSKeyId"] == key
    first, last = os.urandom(5 * KIB * KIB + 17), b"end"
    s3.put_object(Bucket=bucket, Key="whole", Body=b"x" + last)
    one = s3.upload_part(**where, PartNumber=1, Body=first)
    two = s3.upload_part_copy(
        **where, PartNumber=2, CopySource=f"{bucket}/whole", CopySourceRange="bytes=1-3"
    )
    assert one["SSEKMSKeyId"] == two["SSEKMSKeyId"] == key
    with refused("AccessDenied", "kms:Decrypt"):
        reader.upload_part(**where, PartNumber=3, Body=b"x")
    etags = [one["ETag"], two["CopyPartResult"]["ETag"]]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    with refused("AccessDenied", "kms:Decrypt"):
        reader.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    done = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    assert done["SSEKMSKeyId"] == key and done["ETag"].endswith('-2"')
    assert read(s3, bucket, "parts") == first + last
    assert read(s3, bucket, "parts", PartNumber=2) == last
    assert read(s3, bucket, "parts", Range="bytes=-5") == (first + last)[-5:]


def test_a_customer_s_key_opens_what_it_encrypted_and_nothing_else_does(s3: Any, bucket: str) -> None:
    mine = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
    other = {**mine, "SSECustomerKey": os.urandom(32)}
    md5 = s3.put_object(Bucket=bucket, Key="c", Body=LARGE, **mine)["SSECustomerKeyMD5"]
    got = s3.get_object(Bucket=bucket, Key="c", Range="bytes=70000-70009", **mine)
    assert got["Body"].read() == LARGE[70_000:70_010] and got["SSECustomerKeyMD5"] == md5
    assert "ServerSideEncryption" not in got
    with refused("InvalidRequest", "stored using a form of Server Side Encryption"):
        s3.get_object(Bucket=bucket, Key="c")
    with refused("AccessDenied"):
        s3.get_object(Bucket=bucket, Key="c", **other)
    with refused("400"):
        s3.head_object(Bucket=bucket, Key="c")
    s3.put_object(Bucket=bucket, Key="p", Body=b"x")
    with refused("InvalidRequest", "not applicable"):
        s3.get_object(Bucket=bucket, Key="p", **mine)
    source = {f"CopySource{name}": value for name, value in mine.items()}
    s3.copy_object(Bucket=bucket, Key="c2", CopySource=f"{bucket}/c", **source, **other)
    assert read(s3, bucket, "c2", **other) == LARGE
    upload = {"Bucket": bucket, "Key": "c3"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, **mine)["UploadId"]
    with refused("InvalidRequest"):
        s3.upload_part(**upload, PartNumber=1, Body=b"part")
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"part", **mine)["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert read(s3, bucket, "c3", **mine) == b"part"
    with refused("InvalidArgument", "incompatible with the encryption method"):
        s3.put_object(Bucket=bucket, Key="c", Body=b"x", ServerSideEncryption="AES256", **mine)


@pytest.mark.embedded
def test_encrypted_bodies_are_nowhere_in_the_data_folder_and_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    row, file = b"a sentence in a row", b"a sentence in a file. " * 20_000
    with LocalServer(data=tmp_path) as server:
        s3, key = server.client("s3"), make_key(server)
        s3.create_bucket(Bucket="rot")
        for name, body in (("row", row), ("file", file), ("well", file)):
            s3.put_object(Bucket="rot", Key=name, Body=body, SSEKMSKeyId=key, **KMS)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert row not in kept and b"a sentence" not in kept
    with closing(sqlite3.connect(tmp_path / "penstock.db")) as database, database:
        database.execute("UPDATE s3_inline SET data = zeroblob(length(data))")
        (files,) = database.execute("SELECT files FROM s3_object WHERE key = 'file'").fetchone()
    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        assert read(s3, "rot", "file") == read(s3, "rot", "well") == file
        with refused("InternalError"):
            s3.get_object(Bucket="rot", Key="row")
        ref = json.loads(files)[0][0]
        path = tmp_path / "bodies" / ref[:2] / ref
        data = bytearray(path.read_bytes())
        data[10] ^= 1
        path.write_bytes(data)
        with refused("InternalError"):
            s3.get_object(Bucket="rot", Key="file")
        assert read(s3, "rot", "well") == file
        damaged = {found["key"]: found["why"] for found in scrubbed(server)["damaged"]}
        assert damaged.keys() == {"row", "file"} and "block 0" in damaged["file"]
