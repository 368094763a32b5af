"""What every answer of S3 has, and in what order S3 looks at a request."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from tests.kit.signed import between, refusal, send

from penstock.testing import LocalServer

THEIRS = "111122223333"
ACCOUNTS = f"000000000000:AKIAPENSTOCKTESTING1:one,{THEIRS}:AKIAPENSTOCKTESTING2:two"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="answers")
    client.put_object(Bucket="answers", Key="k", Body=b"0123456789")
    return client


def failure(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    found: dict[str, Any] = raised.value.response["Error"]
    return found


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/answers/new", 200),
        ("GET", "/answers/k", 200),
        ("HEAD", "/answers/k", 200),
        ("DELETE", "/answers/nothing", 204),
        ("GET", "/", 200),
        ("GET", "/answers/missing", 404),
        ("GET", "/answers?location", 200),
        ("PATCH", "/answers/k", 405),
    ],
)
def test_every_answer_names_the_server(
    server: LocalServer, s3: Any, method: str, path: str, status: int
) -> None:
    answer = send(server, method, path)
    assert (answer.status_code, answer.headers["server"]) == (status, "AmazonS3")


def test_an_unsigned_answer_names_the_server(server: LocalServer, s3: Any) -> None:
    assert httpx.get(f"{server.endpoint}/answers/k").headers["server"] == "AmazonS3"


def test_other_services_do_not_name_a_server(server: LocalServer, s3: Any) -> None:
    answer = server.client("sqs").list_queues()
    assert "server" not in answer["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize("path", ["/missing/k", "/answers/missing", "/answers?policy", "/answers?torrent"])
def test_no_error_document_has_a_resource(server: LocalServer, s3: Any, path: str) -> None:
    answer = send(server, "GET", path)
    assert "<Error>" in answer.text
    assert "Resource>" not in answer.text
    assert "Resource>" not in httpx.get(server.endpoint + path).text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_an_unsigned_request_to_a_missing_bucket_finds_none(
    server: LocalServer, s3: Any, method: str
) -> None:
    answer = httpx.request(method, f"{server.endpoint}/not-there/k")
    assert answer.status_code == 404
    assert method == "HEAD" or "<Code>NoSuchBucket</Code>" in answer.text
    assert httpx.request(method, f"{server.endpoint}/answers/k").status_code == 403


def test_an_unsigned_request_makes_no_bucket(server: LocalServer, s3: Any) -> None:
    assert refusal(httpx.put(f"{server.endpoint}/not-there"))[:2] == (403, "AccessDenied")


@pytest.mark.parametrize("owner", ["0000", "", "00000000000a"])
def test_an_expected_owner_that_is_no_account_id_is_refused(server: LocalServer, s3: Any, owner: str) -> None:
    answer = send(server, "GET", "/answers/k", x_amz_expected_bucket_owner=owner)
    assert (answer.status_code, between(answer.text, "Code")) == (400, "InvalidBucketOwnerAWSAccountID")
    assert between(answer.text, "Message").startswith(
        "The value of the expected bucket owner parameter must be an AWS Account ID... ["
    )


def test_an_expected_owner_is_checked_before_the_bucket_is_found(s3: Any) -> None:
    error = failure(s3.head_object, Bucket="not-there", Key="k", ExpectedBucketOwner="0000")
    assert error["Code"] == "400"
    error = failure(s3.get_bucket_policy, Bucket="not-there", ExpectedBucketOwner="0000")
    assert error["Message"] == (
        "The value of the expected bucket owner parameter must be an AWS Account ID... [0000]"
    )


def test_the_expected_owner_of_a_copys_source_is_an_account_id_too(s3: Any) -> None:
    copy = {"Bucket": "answers", "Key": "copy", "CopySource": "answers/k"}
    error = failure(s3.copy_object, **copy, ExpectedSourceBucketOwner="1")
    assert error["Code"] == "InvalidBucketOwnerAWSAccountID"
    assert failure(s3.copy_object, **copy, ExpectedSourceBucketOwner=THEIRS)["Code"] == "AccessDenied"


DOCUMENTS = ["encryption", "notification", "ownershipControls", "publicAccessBlock", "tagging", "versioning"]


@pytest.mark.parametrize("subresource", DOCUMENTS)
@pytest.mark.parametrize("document", [b"<Unfinished", b"<X/>", b""])
def test_a_missing_bucket_is_told_before_a_malformed_document(
    server: LocalServer, s3: Any, subresource: str, document: bytes
) -> None:
    assert refusal(send(server, "PUT", f"/not-there?{subresource}", document))[:2] == (404, "NoSuchBucket")
    assert send(server, "PUT", f"/answers?{subresource}", document).status_code == 400


def test_a_document_of_a_new_bucket_is_read(server: LocalServer, s3: Any) -> None:
    assert refusal(send(server, "PUT", "/new-one", b"<Unfinished"))[:2] == (400, "MalformedXML")


def test_a_stranger_does_not_hear_what_is_wrong_with_a_document(server: LocalServer, s3: Any) -> None:
    put = "/answers?encryption"
    assert refusal(httpx.put(server.endpoint + put, content=b"<Unfinished"))[:2] == (403, "AccessDenied")


def test_encryption_that_is_not_the_one_rule_is_malformed_only_where_a_bucket_is(s3: Any) -> None:
    none: dict[str, Any] = {"Rules": []}
    put = s3.put_bucket_encryption
    error = failure(put, Bucket="not-there", ServerSideEncryptionConfiguration=none)
    assert error["Code"] == "NoSuchBucket"
    assert failure(put, Bucket="answers", ServerSideEncryptionConfiguration=none)["Code"] == "MalformedXML"


@pytest.mark.parametrize("policy", [b"", b"x", b" {}", b"[]"])
def test_a_policy_that_is_no_object_is_malformed(server: LocalServer, s3: Any, policy: bytes) -> None:
    message = "Policies must be valid JSON and the first byte must be '{'"
    assert refusal(send(server, "PUT", "/answers?policy", policy)) == (400, "MalformedPolicy", message)


def test_a_policy_and_tags_are_put_with_204(s3: Any) -> None:
    statement = (
        '{"Effect":"Deny","Principal":{"AWS":"000000000000"},"Action":"s3:GetObjectTorrent",'
        '"Resource":"arn:aws:s3:::answers/*"}'
    )
    policy = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
    put = s3.put_bucket_policy(Bucket="answers", Policy=policy)["ResponseMetadata"]
    assert put["HTTPStatusCode"] == 204
    assert "content-length" not in put["HTTPHeaders"]
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    put = s3.put_bucket_tagging(Bucket="answers", Tagging=tags)["ResponseMetadata"]
    assert put["HTTPStatusCode"] == 204
    s3.delete_bucket_policy(Bucket="answers")


def test_an_empty_tag_set_deletes_the_tags(s3: Any) -> None:
    s3.put_bucket_tagging(Bucket="answers", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.put_bucket_tagging(Bucket="answers", Tagging={"TagSet": []})
    assert failure(s3.get_bucket_tagging, Bucket="answers")["Code"] == "NoSuchTagSet"
