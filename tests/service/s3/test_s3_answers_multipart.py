"""What S3 says of uploads in parts: conflicts, what is looked at first, checksums that are not the upload's."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.signed import between, refusal, send, send_presigned

from penstock.testing import LocalServer

BUCKET = "parts-answers"


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    found: dict[str, Any] = raised.value.response["Error"]
    return {**found, "status": raised.value.response["ResponseMetadata"]["HTTPStatusCode"]}


class Upload:
    """An upload of one part, ready to be completed."""

    def __init__(self, server: LocalServer, key: str, **checksum: str) -> None:
        self._server = server
        self._s3 = server.client("s3")
        self._where = {"Bucket": BUCKET, "Key": key}
        self.key = key
        self.id = self._s3.create_multipart_upload(**self._where, **checksum)["UploadId"]
        part = self._s3.upload_part(**self._where, UploadId=self.id, PartNumber=1, Body=b"abc")
        self.part = {"PartNumber": 1, "ETag": part["ETag"]}
        server.advance(1)

    def complete(self, **more: Any) -> dict[str, Any]:
        parts = more.pop("Parts", [self.part])
        answer: dict[str, Any] = self._s3.complete_multipart_upload(
            **self._where, UploadId=self.id, MultipartUpload={"Parts": parts}, **more
        )
        return answer

    @property
    def document(self) -> bytes:
        part = f"<Part><PartNumber>1</PartNumber><ETag>{self.part['ETag']}</ETag></Part>"
        return f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()


def without_checksum(server: LocalServer, key: str) -> Upload:
    """Returns an upload for which the client has not chosen an algorithm, which boto3 does by itself."""
    upload = Upload(server, key)
    upload.id = between(send(server, "POST", f"/{BUCKET}/{key}?uploads").text, "UploadId")
    answer = send(server, "PUT", f"/{BUCKET}/{key}?partNumber=1&uploadId={upload.id}", b"abc")
    upload.part = {"PartNumber": 1, "ETag": answer.headers["etag"]}
    return upload


def test_if_match_conflicts_when_the_key_was_written_since_the_upload_began(
    server: LocalServer, s3: Any
) -> None:
    s3.put_object(Bucket=BUCKET, Key="written", Body=b"x")
    upload = Upload(server, "written")
    etag = s3.put_object(Bucket=BUCKET, Key="written", Body=b"x")["ETag"]
    error = failure(upload.complete, IfMatch=etag)
    assert (error["status"], error["Code"]) == (409, "ConditionalRequestConflict")
    assert (error["Condition"], error["Key"]) == ("If-Match", "written")
    assert failure(upload.complete, IfMatch='"other"')["Code"] == "PreconditionFailed"
    upload.complete()


def test_if_none_match_conflicts_when_the_key_was_deleted_since_the_upload_began(
    server: LocalServer, s3: Any
) -> None:
    s3.put_object(Bucket=BUCKET, Key="deleted", Body=b"x")
    upload = Upload(server, "deleted")
    assert failure(upload.complete, IfNoneMatch="*")["Code"] == "PreconditionFailed"
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    error = failure(upload.complete, IfNoneMatch="*")
    assert (error["status"], error["Code"]) == (409, "ConditionalRequestConflict")
    assert (error["Condition"], error["Key"]) == ("If-None-Match", "deleted")
    assert failure(upload.complete, IfMatch='"x"')["Code"] == "NoSuchKey"
    assert Upload(server, "deleted").complete(IfNoneMatch="*")["ETag"]


def test_a_delete_marker_since_the_upload_began_conflicts(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="parts-versions")
    s3.put_bucket_versioning(Bucket="parts-versions", VersioningConfiguration={"Status": "Enabled"})
    where = {"Bucket": "parts-versions", "Key": "k"}
    s3.put_object(**where, Body=b"x")
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"abc")
    server.advance(1)
    s3.delete_object(**where)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    complete = {**where, "UploadId": upload, "MultipartUpload": parts}
    error = failure(s3.complete_multipart_upload, **complete, IfNoneMatch="*")
    assert error["Code"] == "ConditionalRequestConflict"
    s3.complete_multipart_upload(**complete)


def test_conditions_hold_for_a_key_that_has_not_changed(server: LocalServer, s3: Any) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="steady", Body=b"x")["ETag"]
    server.advance(1)
    assert Upload(server, "steady").complete(IfMatch=etag)["ETag"]
    assert Upload(server, "never-there").complete(IfNoneMatch="*")["ETag"]


def test_conditions_in_a_signed_url_count(server: LocalServer, s3: Any) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="signed", Body=b"x")["ETag"]
    upload = Upload(server, "signed")
    path = f"/{BUCKET}/signed"
    complete = {"uploadId": upload.id}
    answer = send_presigned(server, "POST", path, upload.document, **complete, If_None_Match="*")
    assert refusal(answer)[:2] == (412, "PreconditionFailed")
    answer = send_presigned(server, "POST", path, upload.document, **complete, If_Match='"other"')
    assert refusal(answer)[:2] == (412, "PreconditionFailed")
    assert send_presigned(server, "PUT", path, b"", If_None_Match="*").status_code == 412
    answer = send_presigned(server, "POST", path, upload.document, **complete, If_Match=etag)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("conditions", "header", "reason"),
    [
        (
            {"IfMatch": "*"},
            "If-Match",
            "We don't accept the provided value of If-Match header for this API",
        ),
        (
            {"IfNoneMatch": '"x"'},
            "If-None-Match",
            "We don't accept the provided value of If-None-Match header for this API",
        ),
        (
            {"IfMatch": '"x"', "IfNoneMatch": "*"},
            "If-Match,If-None-Match",
            "Multiple conditional request headers present in the request",
        ),
    ],
)
def test_conditions_that_s3_does_not_take_are_not_implemented(
    server: LocalServer, s3: Any, conditions: dict[str, str], header: str, reason: str
) -> None:
    upload = Upload(server, "untaken")
    errors = [
        failure(upload.complete, **conditions),
        failure(s3.put_object, Bucket=BUCKET, Key="untaken", Body=b"", **conditions),
    ]
    for error in errors:
        assert (error["status"], error["Code"], error["Header"]) == (501, "NotImplemented", header)
        assert error["additionalMessage"] == reason


@pytest.mark.parametrize("document", [b"", b"<CompleteMultipartUpload/>", b"<Unfinished", b"<X/>"])
def test_an_unknown_upload_is_told_before_the_document_is_read(
    server: LocalServer, s3: Any, document: bytes
) -> None:
    answer = send(server, "POST", f"/{BUCKET}/k?uploadId=unknown", document)
    assert refusal(answer)[:2] == (404, "NoSuchUpload")
    answer = send(server, "POST", "/not-there/k?uploadId=unknown", document)
    assert refusal(answer)[:2] == (404, "NoSuchBucket")


@pytest.mark.parametrize("document", [b"", b"<CompleteMultipartUpload/>"])
def test_an_upload_is_completed_with_one_part_at_least(server: LocalServer, s3: Any, document: bytes) -> None:
    upload = Upload(server, "no-parts")
    answer = send(server, "POST", f"/{BUCKET}/no-parts?uploadId={upload.id}", document)
    assert refusal(answer) == (400, "InvalidRequest", "You must specify at least one part")
    answer = send(server, "POST", f"/{BUCKET}/no-parts?uploadId={upload.id}", b"<Unfinished")
    assert refusal(answer)[:2] == (400, "MalformedXML")


@pytest.mark.parametrize("parts", [1, 600])
def test_a_part_without_its_number_is_malformed_however_many_there_are(
    server: LocalServer, s3: Any, parts: int
) -> None:
    upload = Upload(server, "numberless")
    part = f"<Part><ETag>{upload.part['ETag']}</ETag></Part>"
    document = f"<CompleteMultipartUpload>{part * parts}</CompleteMultipartUpload>".encode()
    answer = send(server, "POST", f"/{BUCKET}/numberless?uploadId={upload.id}", document)
    assert refusal(answer)[:2] == (400, "MalformedXML")
    answer = send(server, "POST", f"/{BUCKET}/numberless?uploadId=unknown", document)
    assert refusal(answer)[:2] == (404, "NoSuchUpload")


SHA256 = base64.b64encode(hashlib.sha256(b"abc").digest()).decode()


def test_an_upload_without_checksums_takes_none_for_its_parts(server: LocalServer, s3: Any) -> None:
    upload = without_checksum(server, "unchecked")
    error = failure(upload.complete, Parts=[{**upload.part, "ChecksumSHA256": SHA256}])
    assert (error["Code"], error["PartNumber"], error["UploadId"]) == ("InvalidPart", "1", upload.id)
    upload.complete()


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_a_part_with_a_checksum_of_another_algorithm_is_a_bad_digest(
    server: LocalServer, s3: Any, kind: str
) -> None:
    upload = Upload(server, f"wrong-{kind}", ChecksumAlgorithm="CRC32", ChecksumType=kind)
    error = failure(upload.complete, Parts=[{**upload.part, "ChecksumSHA256": SHA256}])
    assert (error["status"], error["Code"]) == (400, "BadDigest")
    assert error["Message"] == "The sha256 you specified for part 1 did not match what we received."


def test_another_type_of_checksum_than_the_uploads_is_refused(server: LocalServer, s3: Any) -> None:
    upload = Upload(server, "type", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    error = failure(upload.complete, ChecksumType="COMPOSITE")
    assert error["Code"] == "InvalidRequest"
    assert error["Message"].startswith("The upload was created using the FULL_OBJECT checksum mode. ")


def test_a_wrong_total_checksum_is_a_bad_digest(server: LocalServer, s3: Any) -> None:
    upload = Upload(server, "total", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    error = failure(upload.complete, ChecksumCRC32="AAAAAA==")
    assert (error["status"], error["Code"]) == (400, "BadDigest")


def test_uploads_are_listed_with_both_next_markers_and_no_prefix(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="markers")
    page = s3.list_multipart_uploads(Bucket="markers")
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"]) == ("", "")
    assert "Prefix" not in page
    id = s3.create_multipart_upload(Bucket="markers", Key="a/b")["UploadId"]
    page = s3.list_multipart_uploads(Bucket="markers")
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"], page["IsTruncated"]) == ("a/b", id, False)
    assert s3.list_multipart_uploads(Bucket="markers", Prefix="a")["Prefix"] == "a"
    page = s3.list_multipart_uploads(Bucket="markers", Delimiter="/")
    assert (page["NextKeyMarker"], page["NextUploadIdMarker"]) == ("a/", "")


def test_an_upload_id_marker_is_one_of_the_key(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="markers-of")
    ids = {
        key: s3.create_multipart_upload(Bucket="markers-of", Key=key)["UploadId"] for key in ("a", "b", "c")
    }
    listing = s3.list_multipart_uploads
    for marker in (ids["b"], "x", "é" * 200):
        error = failure(listing, Bucket="markers-of", KeyMarker="a", UploadIdMarker=marker)
        assert (error["Code"], error["Message"], error["ArgumentName"]) == (
            "InvalidArgument",
            "Invalid uploadId marker",
            "upload-id-marker",
        )
    # A client that aborts what it is shown goes on behind an upload that is over.
    s3.abort_multipart_upload(Bucket="markers-of", Key="a", UploadId=ids["a"])
    page = listing(Bucket="markers-of", KeyMarker="a", UploadIdMarker=ids["a"])
    assert [upload["Key"] for upload in page["Uploads"]] == ["b", "c"]


def test_whoever_began_an_upload_has_a_display_name(server: LocalServer, s3: Any) -> None:
    id = s3.create_multipart_upload(Bucket=BUCKET, Key="initiated")["UploadId"]
    parts = s3.list_parts(Bucket=BUCKET, Key="initiated", UploadId=id)
    assert parts["Initiator"] == {"ID": parts["Owner"]["ID"], "DisplayName": "root"}


@pytest.mark.parametrize("given", ["bytes=0-3", "bytes=3-3", "bytes=1-99999999999999999999"])
def test_a_part_is_not_copied_from_past_the_end(server: LocalServer, s3: Any, given: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"abc")
    where = {"Bucket": BUCKET, "Key": "copied"}
    id = s3.create_multipart_upload(**where)["UploadId"]
    copy = {**where, "UploadId": id, "PartNumber": 1, "CopySource": f"{BUCKET}/source"}
    error = failure(s3.upload_part_copy, **copy, CopySourceRange=given)
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        "The specified copy range is invalid for the source object size",
    )


@pytest.mark.parametrize("empty", ["part-number-marker=", "max-parts=", "max-parts=&part-number-marker="])
def test_empty_limits_of_a_listing_of_parts_mean_none(server: LocalServer, s3: Any, empty: str) -> None:
    upload = Upload(server, "empty-limits")
    answer = send(server, "GET", f"/{BUCKET}/empty-limits?uploadId={upload.id}&{empty}")
    assert (answer.status_code, answer.text.count("<Part>")) == (200, 1)
    assert between(answer.text, "MaxParts") == "1000"
