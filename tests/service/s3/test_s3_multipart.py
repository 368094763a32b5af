"""Multipart uploads over the wire."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.services.s3 import files
from penstock.testing import LocalServer

MIB = 1024 * 1024
FIRST = bytes(range(256)) * 4 * 5 * 1024  # 5 MiB
LAST = b"the end"


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="parts")
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response["Error"]


def upload_parts(s3: Any, where: dict[str, str], upload: str, *bodies: bytes) -> list[dict[str, Any]]:
    """Uploads ``bodies`` as parts 1, 2, … and returns what completing them takes."""
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    return parts


def begin(s3: Any, key: str, **options: Any) -> tuple[dict[str, str], str]:
    """Returns bucket and key, and the id of an upload."""
    where = {"Bucket": "parts", "Key": key}
    return where, s3.create_multipart_upload(**where, **options)["UploadId"]


def test_the_files_of_many_parts_go_in_steps(
    server: LocalServer, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_AT_ONCE", 2)
    before = server.wait(server.app.store.read(files.file_refs))
    where, upload = begin(s3, "many")
    parts = upload_parts(s3, where, upload, FIRST, FIRST, FIRST, FIRST, LAST * 20_000)
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    s3.copy_object(Bucket="parts", Key="copy", CopySource=where)
    held = server.wait(server.app.store.read(files.file_refs))
    assert len(held - before) == 5
    s3.delete_object(**where)
    server.wait(server.app.service("s3").state.sweeper.sweep())
    assert server.wait(server.app.store.read(files.file_refs)) == held
    assert len(s3.get_object(Bucket="parts", Key="copy")["Body"].read()) == 4 * len(FIRST) + 20_000 * len(
        LAST
    )
    s3.put_object(Bucket="parts", Key="copy", Body=b"")
    server.wait(server.app.service("s3").state.sweeper.sweep())
    assert server.wait(server.app.store.read(files.file_refs)) == before


def test_parts_become_one_object(s3: Any) -> None:
    where, upload = begin(s3, "whole", ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=1")
    parts = upload_parts(s3, where, upload, FIRST, LAST)
    done = s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    digests = hashlib.md5(FIRST).digest() + hashlib.md5(LAST).digest()
    assert done["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
    assert done["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(**where, ChecksumMode="ENABLED")
    assert got["Body"].read() == FIRST + LAST
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/plain", {"a": "b"}, 1)
    assert got["ChecksumCRC64NVME"] == done["ChecksumCRC64NVME"]
    across = s3.get_object(**where, Range=f"bytes={5 * MIB - 2}-{5 * MIB + 2}")
    assert across["Body"].read() == FIRST[-2:] + LAST[:3]
    assert failure(s3.list_parts, **where, UploadId=upload)["Code"] == "NoSuchUpload"


def test_one_part_of_an_object_is_read_alone(s3: Any) -> None:
    where, upload = begin(s3, "numbered")
    parts = upload_parts(s3, where, upload, FIRST, LAST)
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    got = s3.get_object(**where, PartNumber=2)
    assert (got["Body"].read(), got["PartsCount"]) == (LAST, 2)
    assert got["ContentRange"] == f"bytes {5 * MIB}-{5 * MIB + 6}/{5 * MIB + 7}"
    assert s3.head_object(**where, PartNumber=1)["ContentLength"] == 5 * MIB
    assert failure(s3.get_object, **where, PartNumber=3)["Code"] == "InvalidPartNumber"


def test_a_part_may_be_sent_again(s3: Any) -> None:
    where, upload = begin(s3, "again")
    upload_parts(s3, where, upload, b"first try")
    parts = upload_parts(s3, where, upload, b"second try")
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**where)["Body"].read() == b"second try"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_a_composite_checksum_covers_the_parts(s3: Any, algorithm: str) -> None:
    member = f"Checksum{algorithm}"
    where, upload = begin(s3, f"composite-{algorithm}", ChecksumAlgorithm=algorithm)
    parts = []
    for number, body in enumerate((FIRST, LAST), 1):
        part = s3.upload_part(
            **where, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm=algorithm
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"], member: part[member]})
    without = [{name: part[name] for name in ("PartNumber", "ETag")} for part in parts]
    complete = {**where, "UploadId": upload}
    error = failure(s3.complete_multipart_upload, **complete, MultipartUpload={"Parts": without})
    assert error["Message"].startswith(f"The upload was created using a {algorithm.lower()} checksum.")
    done = s3.complete_multipart_upload(**complete, MultipartUpload={"Parts": parts})
    assert done[member].endswith("-2")
    assert done["ChecksumType"] == "COMPOSITE"
    attributes = s3.get_object_attributes(**where, ObjectAttributes=["ObjectParts", "Checksum"])
    assert attributes["Checksum"][member] == done[member].removesuffix("-2")
    shown = attributes["ObjectParts"]["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in shown] == [(1, len(FIRST)), (2, len(LAST))]
    assert [part[member] for part in shown] == [part[member] for part in parts]


def test_a_full_object_checksum_is_that_of_the_whole(s3: Any) -> None:
    where, upload = begin(s3, "full", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = upload_parts(s3, where, upload, FIRST, LAST)
    complete = {**where, "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    error = failure(
        s3.complete_multipart_upload, **complete, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT"
    )
    assert error["Code"] == "BadDigest"
    done = s3.complete_multipart_upload(**complete)
    put = s3.put_object(Bucket="parts", Key="put", Body=FIRST + LAST, ChecksumAlgorithm="CRC32")
    assert done["ChecksumCRC32"] == put["ChecksumCRC32"]


def test_a_checksum_type_must_suit_its_algorithm(s3: Any) -> None:
    create = {"Bucket": "parts", "Key": "k"}
    error = failure(
        s3.create_multipart_upload, **create, ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT"
    )
    assert (
        error["Message"] == "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."
    )
    error = failure(
        s3.create_multipart_upload, **create, ChecksumAlgorithm="CRC64NVME", ChecksumType="COMPOSITE"
    )
    assert (
        error["Message"]
        == "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."
    )
    error = failure(s3.create_multipart_upload, **create, ChecksumType="COMPOSITE")
    assert error["Code"] == "InvalidRequest"


def test_a_part_with_another_checksum_than_the_upload_is_refused(s3: Any) -> None:
    where, upload = begin(s3, "mismatch", ChecksumAlgorithm="SHA256")
    error = failure(
        s3.upload_part, **where, UploadId=upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32"
    )
    assert (
        error["Message"]
        == "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"
    )


def test_completing_what_was_not_uploaded_so_fails(s3: Any) -> None:
    where, upload = begin(s3, "wrong")
    parts = upload_parts(s3, where, upload, b"small", LAST)
    complete = {**where, "UploadId": upload}

    def code(parts: list[dict[str, Any]]) -> str:
        answer = failure(s3.complete_multipart_upload, **complete, MultipartUpload={"Parts": parts})
        return str(answer["Code"])

    assert code(parts) == "EntityTooSmall"
    assert code(parts[::-1]) == "InvalidPartOrder"
    assert code([{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]) == "InvalidPart"
    assert code([*parts, {"PartNumber": 9, "ETag": parts[0]["ETag"]}]) == "InvalidPart"
    assert code([]) == "InvalidRequest"
    error = failure(s3.complete_multipart_upload, **complete, MultipartUpload={"Parts": parts})
    assert (error["ProposedSize"], error["MinSizeAllowed"], error["PartNumber"]) == ("5", "5242880", "1")


def test_part_numbers_have_limits(s3: Any) -> None:
    where, upload = begin(s3, "limits")
    for number in (0, 10_001):
        error = failure(s3.upload_part, **where, UploadId=upload, PartNumber=number, Body=b"x")
        assert error["Message"] == "Part number must be an integer between 1 and 10000, inclusive"


def test_a_refusal_before_the_body_does_not_spoil_the_connection(s3: Any) -> None:
    # boto3 holds the body back (Expect: 100-continue) and used to send its next request where the body was awaited.
    missing = {"Bucket": "parts", "Key": "k", "UploadId": "missing", "PartNumber": 1}
    for _ in range(3):
        assert failure(s3.upload_part, **missing, Body=b"x" * 1000)["Code"] == "NoSuchUpload"
        assert s3.list_multipart_uploads(Bucket="parts", MaxUploads=1)["Bucket"] == "parts"


def test_an_aborted_upload_leaves_nothing(s3: Any) -> None:
    where, upload = begin(s3, "aborted")
    upload_parts(s3, where, upload, LAST)
    s3.abort_multipart_upload(**where, UploadId=upload)
    assert failure(s3.abort_multipart_upload, **where, UploadId=upload)["Code"] == "NoSuchUpload"
    assert (
        failure(s3.upload_part, **where, UploadId=upload, PartNumber=1, Body=b"x")["Code"] == "NoSuchUpload"
    )
    assert failure(s3.head_object, **where)["Code"] == "404"


def test_parts_are_listed_in_pages(s3: Any) -> None:
    where, upload = begin(s3, "listed")
    upload_parts(s3, where, upload, b"1", b"22", b"333")
    page = s3.list_parts(**where, UploadId=upload, MaxParts=2)
    assert [(part["PartNumber"], part["Size"]) for part in page["Parts"]] == [(1, 1), (2, 2)]
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 2)
    rest = s3.list_parts(**where, UploadId=upload, PartNumberMarker=2)
    assert [part["PartNumber"] for part in rest["Parts"]] == [3]
    assert rest["IsTruncated"] is False
    assert rest["Owner"]["ID"] == rest["Initiator"]["ID"]


def test_uploads_are_listed_by_key_then_age(s3: Any) -> None:
    s3.create_bucket(Bucket="uploads")
    ids = {}
    for key in ("b/2", "a", "b/1", "a", "c d"):
        upload = s3.create_multipart_upload(Bucket="uploads", Key=key)["UploadId"]
        ids.setdefault(key, []).append(upload)
    in_order = [("a", sorted(ids["a"])[0]), ("a", sorted(ids["a"])[1])]
    in_order += [(key, ids[key][0]) for key in ("b/1", "b/2", "c d")]
    everything = s3.list_multipart_uploads(Bucket="uploads")["Uploads"]
    assert [(item["Key"], item["UploadId"]) for item in everything] == in_order
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="uploads", PaginationConfig={"PageSize": 1}
    )
    assert [(item["Key"], item["UploadId"]) for page in pages for item in page.get("Uploads", ())] == in_order
    grouped = s3.list_multipart_uploads(Bucket="uploads", Delimiter="/", MaxUploads=3)
    assert [item["Prefix"] for item in grouped["CommonPrefixes"]] == ["b/"]
    assert grouped["IsTruncated"] is True
    rest = s3.list_multipart_uploads(
        Bucket="uploads", Delimiter="/", KeyMarker=grouped["NextKeyMarker"], UploadIdMarker=""
    )
    assert [item["Key"] for item in rest["Uploads"]] == ["c d"]
    inside = s3.list_multipart_uploads(Bucket="uploads", Prefix="b/")
    assert [item["Key"] for item in inside["Uploads"]] == ["b/1", "b/2"]


@pytest.mark.parametrize("body", [b"0123456789", FIRST], ids=["row", "file"])
def test_a_part_may_be_a_range_of_another_object(s3: Any, body: bytes) -> None:
    s3.put_object(Bucket="parts", Key="source", Body=body)
    where, upload = begin(s3, "from-source")
    copy = {**where, "UploadId": upload, "PartNumber": 1, "CopySource": "parts/source"}
    answer = s3.upload_part_copy(**copy, CopySourceRange="bytes=2-5")
    assert answer["CopyPartResult"]["ETag"] == f'"{hashlib.md5(body[2:6]).hexdigest()}"'
    assert failure(s3.upload_part_copy, **copy, CopySourceRange="bytes=2-")["Code"] == "InvalidArgument"
    s3.delete_object(Bucket="parts", Key="source")
    parts = [{"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(**where)["Body"].read() == body[2:6]


def test_completing_may_be_conditional(s3: Any) -> None:
    where, upload = begin(s3, "taken")
    parts = upload_parts(s3, where, upload, LAST)
    s3.put_object(**where, Body=b"first")
    complete = {**where, "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    error = failure(s3.complete_multipart_upload, **complete, IfNoneMatch="*")
    assert error["Code"] == "PreconditionFailed"
    s3.complete_multipart_upload(**complete)


def test_the_transfer_manager_uploads_and_downloads(s3: Any, tmp_path: Any) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(FIRST * 4 + LAST)
    s3.upload_file(str(source), "parts", "managed")
    assert s3.head_object(Bucket="parts", Key="managed")["ETag"].endswith('-3"')
    s3.download_file("parts", "managed", str(target))
    assert target.read_bytes() == source.read_bytes()


def test_parts_survive_a_restart_and_files_go_with_their_last_name(tmp_path: Any) -> None:
    def files() -> int:
        return sum(1 for path in (tmp_path / "bodies").rglob("*") if path.is_file())

    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="parts")
        where, upload = begin(s3, "k")
        parts = upload_parts(s3, where, upload, FIRST, LAST)
    (tmp_path / "bodies" / "ab").mkdir(exist_ok=True)
    (tmp_path / "bodies" / "ab" / ("ab" + "0" * 30)).write_bytes(b"left by a crash")
    (tmp_path / "bodies" / "staging" / ("cd" + "0" * 30)).write_bytes(b"left by a crash")
    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        assert files() == 2
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
        s3.copy_object(Bucket="parts", Key="copy", CopySource=where)
        s3.delete_object(**where)
    assert files() == 2
    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        assert s3.get_object(Bucket="parts", Key="copy")["Body"].read() == FIRST + LAST
        s3.delete_object(Bucket="parts", Key="copy")
        s3.create_bucket(Bucket="short-lived")
        upload = s3.create_multipart_upload(Bucket="short-lived", Key="k")["UploadId"]
        s3.upload_part(Bucket="short-lived", Key="k", UploadId=upload, PartNumber=1, Body=b"x")
        s3.delete_bucket(Bucket="short-lived")
        server.wait(server.app.service("s3").state.sweeper.sweep())
    assert files() == 0
