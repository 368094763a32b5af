"""Presigned URLs: both signature versions, and what SDKs put into the query instead of a header."""

import http.client
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="presigned")
    client.put_object(Bucket="presigned", Key="source", Body=b"source")
    return client


def signer(server: Any, version: str, style: str = "path") -> Any:
    config = Config(signature_version=version, s3={"addressing_style": style})
    return server.client("s3", config=config)


def signed_url(server: Any, method: str, path: str, **query: str) -> str:
    """Returns a URL as SDKs sign it that hoist headers: they are parameters like any other."""
    request = AWSRequest(
        method,
        server.endpoint + path,
        params={name.replace("_", "-"): value for name, value in query.items()},
    )
    credentials = server.session().get_credentials()
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=600).add_auth(request)
    return str(request.prepare().url)


def send(method: str, url: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc)) as connection:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_headers_hoisted_into_a_version_4_url_are_honoured(server: Any, s3: Any) -> None:
    url = signed_url(
        server,
        "PUT",
        "/presigned/v4",
        x_amz_meta_colour="red",
        x_amz_tagging="a=b",
        x_amz_storage_class="STANDARD_IA",
    )
    assert send("PUT", url, b"abc")[0] == 200
    head = s3.head_object(Bucket="presigned", Key="v4")
    assert (head["Metadata"], head["TagCount"], head["StorageClass"]) == ({"colour": "red"}, 1, "STANDARD_IA")


def test_a_hoisted_copy_source_makes_a_copy_and_no_empty_object(server: Any, s3: Any) -> None:
    url = signed_url(server, "PUT", "/presigned/copy", x_amz_copy_source="presigned/source")
    assert send("PUT", url)[0] == 200
    assert s3.get_object(Bucket="presigned", Key="copy")["Body"].read() == b"source"


@pytest.mark.parametrize(
    "query",
    [
        {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_sdk_checksum_algorithm": "CRC32"},
        {"x_amz_sdk_checksum_algorithm": "SHA256"},
    ],
)
def test_a_hoisted_checksum_is_that_of_no_body_and_ignored(
    server: Any, s3: Any, query: dict[str, str]
) -> None:
    url = signed_url(server, "PUT", "/presigned/sum", **query)
    assert send("PUT", url, b"abc")[0] == 200
    assert s3.get_object(Bucket="presigned", Key="sum")["Body"].read() == b"abc"


def test_a_checksum_sent_with_a_presigned_url_is_compared_with_the_body(server: Any, s3: Any) -> None:
    request = AWSRequest(
        "PUT", server.endpoint + "/presigned/sent", headers={"x-amz-checksum-crc32": "AAAAAA=="}
    )
    S3SigV4QueryAuth(server.session().get_credentials(), "s3", "us-east-1", expires=600).add_auth(request)
    url = str(request.prepare().url)
    status, answer = send("PUT", url, b"abc", **{"x-amz-checksum-crc32": "AAAAAA=="})
    assert (status, b"<Code>BadDigest</Code>" in answer) == (400, True)
    assert send("PUT", url, b"", **{"x-amz-checksum-crc32": "AAAAAA=="})[0] == 200


def test_headers_in_a_version_2_url_are_honoured(server: Any, s3: Any) -> None:
    params = {
        "Bucket": "presigned",
        "Key": "v2",
        "ContentType": "text/q",
        "Metadata": {"colour": "red"},
        "StorageClass": "STANDARD_IA",
    }
    url = signer(server, "s3").generate_presigned_url("put_object", Params=params)
    assert send("PUT", url, b"abc")[0] == 200
    head = s3.head_object(Bucket="presigned", Key="v2")
    shown = (head["ContentType"], head["Metadata"], head["StorageClass"])
    assert shown == ("text/q", {"colour": "red"}, "STANDARD_IA")


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("operation", ["list_objects_v2", "list_object_versions", "get_bucket_versioning"])
def test_a_bucket_without_a_slash_behind_it_can_be_presigned(
    server: Any, s3: Any, version: str, operation: str
) -> None:
    url = signer(server, version).generate_presigned_url(operation, Params={"Bucket": "presigned"})
    assert send("GET", url)[0] == 200
