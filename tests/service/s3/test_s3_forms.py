"""Uploads by a browser's form: stored as a PutObject is, allowed by whoever signed the policy."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.kit.forms import BOUNDARY, Fields, encoded, in_an_hour, post, presigned, signature_fields, signed
from tests.kit.policies import document, s3_may_send

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, ACCOUNT, SECRET

BUCKET = "forms"
OTHER = "111122223333"
OTHER_KEY = "AKIAPENSTOCKTESTING2"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET},{OTHER}:{OTHER_KEY}:two"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def upload(
    server: LocalServer, fields: Fields, file: bytes | None = b"content", **more: Any
) -> httpx.Response:
    return post(server, f"/{BUCKET}", encoded(fields, file, more.pop("filename", "a.txt")), **more)


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Returns status, code and message of a refusal."""
    code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
    message = answer.text.partition("<Message>")[2].partition("</Message>")[0]
    return answer.status_code, code, message.replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")


def own_policy(key: str, *conditions: object, **fields: str) -> Fields:
    """Returns a form with a policy that allows its own fields and adds ``conditions``, signed by root."""
    given = {"key": key, **{name.replace("_", "-"): value for name, value in fields.items()}}
    given |= signature_fields(ACCESS_KEY_ID)
    exact = [{name: value} for name, value in given.items()]
    policy = {"expiration": in_an_hour(), "conditions": [{"bucket": BUCKET}, *exact, *conditions]}
    return signed(given, policy, SECRET)


def exists(s3: Any, key: str) -> bool:
    return any(found["Key"] == key for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []))


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_what_boto3_presigns_is_stored_with_all_that_the_form_says(
    server: LocalServer, s3: Any, version: str
) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>a b</Key><Value>c=d</Value></Tag></TagSet></Tagging>"
    stated = {
        "Content-Type": "text/plain",
        "Cache-Control": "no-cache",
        "acl": "private",
        "tagging": tagging,
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-meta-Colour": "dark red",
        "x-amz-server-side-encryption": "AES256",
    }
    conditions = [{name: value} for name, value in stated.items()]
    fields = presigned(server, BUCKET, f"all-{version}", version, Fields=stated, Conditions=conditions)
    answer = upload(server, fields, b"hello")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert answer.headers["location"] == f"{server.endpoint}/{BUCKET}/all-{version}"
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert "content-length" not in answer.headers
    found = s3.get_object(Bucket=BUCKET, Key=f"all-{version}")
    assert found["Body"].read() == b"hello"
    shown = (found["ContentType"], found["CacheControl"], found["StorageClass"], found["Metadata"])
    assert shown == ("text/plain", "no-cache", "STANDARD_IA", {"colour": "dark red"})
    tags = s3.get_object_tagging(Bucket=BUCKET, Key=f"all-{version}")["TagSet"]
    assert tags == [{"Key": "a b", "Value": "c=d"}]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_form_that_was_changed_is_not_what_was_signed(server: LocalServer, s3: Any, version: str) -> None:
    fields = presigned(server, BUCKET, "changed", version)
    policy = {**json.loads(b64decode(fields["policy"])), "conditions": [["starts-with", "$key", ""]]}
    forged = {**fields, "policy": b64encode(json.dumps(policy).encode()).decode()}
    assert error_of(upload(server, forged))[:2] == (403, "SignatureDoesNotMatch")
    name = "x-amz-signature" if version == "s3v4" else "signature"
    assert error_of(upload(server, {**fields, name: "ü"}))[:2] == (403, "SignatureDoesNotMatch")
    assert not exists(s3, "changed")


def test_the_event_is_a_post_and_part_of_the_one_commit(server: LocalServer, s3: Any) -> None:
    sqs = server.client("sqs")
    s3.create_bucket(Bucket="form-events")
    url = sqs.create_queue(QueueName="form-events")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:form-events"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send(arn)})
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:Post"]}
    s3.put_bucket_notification_configuration(
        Bucket="form-events", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    (tried,) = sqs.receive_message(QueueUrl=url)["Messages"]  # S3's test of the new destination
    sqs.delete_message(QueueUrl=url, ReceiptHandle=tried["ReceiptHandle"])
    s3.put_object(Bucket="form-events", Key="put", Body=b"x")
    fields = presigned(server, "form-events", "dir/a b+é.txt")
    server.settle()
    before = server.app.store.commits
    answer = post(server, "/form-events", encoded(fields, b"12345"))
    assert server.app.store.commits == before + 1
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    (record,) = json.loads(message["Body"])["Records"]
    assert record["eventName"] == "ObjectCreated:Post"
    assert record["responseElements"]["x-amz-request-id"] == answer.headers["x-amz-request-id"]
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("dir/a+b%2B%C3%A9.txt", 5)


@pytest.mark.parametrize(
    ("filename", "key"),
    [
        ("photo.jpg", "user/photo.jpg"),
        ("C:\\\\Program Files\\\\directory1\\\\file.txt", "user/file.txt"),
        ("dir/ü.txt", "user/ü.txt"),
        ("", "user/"),
    ],
)
def test_the_file_s_name_becomes_part_of_the_key(
    server: LocalServer, s3: Any, filename: str, key: str
) -> None:
    conditions = [["starts-with", "$key", "user/"], ["starts-with", "$x-amz-meta-name", ""]]
    fields = presigned(server, BUCKET, "user/${filename}", Conditions=conditions)
    answer = upload(server, {**fields, "x-amz-meta-name": "${filename}"}, filename=filename)
    assert answer.status_code == 204
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(b"content")


def test_a_long_file_name_does_not_multiply_a_form(server: LocalServer, s3: Any) -> None:
    answer = upload(server, {"key": "k", "acl": "${filename}" * 1500}, filename="x" * 4000)
    assert error_of(answer)[:2] == (400, "MaxPostPreDataLengthExceeded")
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "elsewhere"}, 'Policy Condition failed: ["starts-with", "$key", "in/"]'),
        ({"acl": "public-read"}, 'Policy Condition failed: ["eq", "$acl", "private"]'),
        ({"Cache-Control": "no-cache"}, "Extra input fields: cache-control"),
        ({"x-amz-meta-extra": "1"}, "Extra input fields: x-amz-meta-extra"),
        ({"submit": "Upload"}, "Extra input fields: submit"),
        ({"success_action_status": "201"}, "Extra input fields: success_action_status"),
        ({"bucket": "elsewhere"}, ""),
        ({"x-ignore-submit": "Upload"}, ""),
    ],
)
def test_a_form_must_be_what_its_policy_allows(
    server: LocalServer, s3: Any, changes: Fields, message: str
) -> None:
    conditions = [["starts-with", "$key", "in/"], {"acl": "private"}]
    key = f"in/{len(message)}-${{filename}}"
    fields = presigned(server, BUCKET, key, Fields={"acl": "private"}, Conditions=conditions)
    answer = upload(server, {**fields, **changes})
    if message:
        assert error_of(answer) == (403, "AccessDenied", f"Invalid according to Policy: {message}")
    else:
        assert answer.status_code == 204


def test_a_policy_for_one_bucket_is_good_for_no_other(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="other-forms")
    fields = presigned(server, BUCKET, "k")
    answer = post(server, "/other-forms", encoded({**fields, "bucket": BUCKET}))
    failed = f'Policy Condition failed: ["eq", "$bucket", "{BUCKET}"]'
    assert error_of(answer) == (403, "AccessDenied", f"Invalid according to Policy: {failed}")


def test_a_policy_that_names_no_bucket_allows_none(server: LocalServer, s3: Any) -> None:
    given = {"key": "nowhere", **signature_fields(ACCESS_KEY_ID)}
    policy = {"expiration": in_an_hour(), "conditions": [{name: value} for name, value in given.items()]}
    answer = upload(server, signed(given, policy, SECRET))
    assert error_of(answer)[2] == "Invalid according to Policy: Extra input fields: bucket"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_policy_ends(s3: Any, version: str) -> None:
    with LocalServer() as server:
        server.client("s3").create_bucket(Bucket=BUCKET)
        fields = presigned(server, BUCKET, "k", version, ExpiresIn=600)
        server.advance(500)
        assert upload(server, fields).status_code == 204
        server.advance(200)
        expired = (403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        assert error_of(upload(server, fields)) == expired


def test_what_was_signed_after_time_was_moved_is_not_older_for_that(s3: Any) -> None:
    with LocalServer() as server:
        server.client("s3").create_bucket(Bucket=BUCKET)
        server.advance(86_400)
        # Dates have whole seconds: one of the second of the move would count as made before it.
        given = {"key": "k", **signature_fields(ACCESS_KEY_ID, in_s=2)}
        conditions = [{"bucket": BUCKET}, *({name: value} for name, value in given.items())]
        policy = {"expiration": in_an_hour(), "conditions": conditions}
        assert upload(server, signed(given, policy, SECRET)).status_code == 204


@pytest.mark.parametrize("size", [0, 9, 10, 100, 101, 70_000, 300_000])
@pytest.mark.parametrize(("least", "most"), [(10, 100), (0, 69_999), (100_000, 200_000), (0, 0)])
def test_the_file_s_size_stays_in_the_range(
    server: LocalServer, s3: Any, size: int, least: int, most: int
) -> None:
    key = f"size-{least}-{most}-{size}"
    fields = presigned(server, BUCKET, key, Conditions=[["content-length-range", least, most]])
    answer = upload(server, fields, b"x" * size)
    if size > most:
        assert error_of(answer)[:2] == (400, "EntityTooLarge")
        assert f"<ProposedSize>{size}</ProposedSize><MaxSizeAllowed>{most}</MaxSizeAllowed>" in answer.text
    elif size < least:
        assert error_of(answer)[:2] == (400, "EntityTooSmall")
        assert f"<ProposedSize>{size}</ProposedSize><MinSizeAllowed>{least}</MinSizeAllowed>" in answer.text
    else:
        assert answer.status_code == 204
    assert exists(s3, key) is (least <= size <= most)


@pytest.mark.parametrize(
    ("status", "answered"), [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204)]
)
def test_the_form_says_how_success_is_answered(
    server: LocalServer, s3: Any, status: str, answered: int
) -> None:
    fields = own_policy("a/b ü&.txt", {"success_action_status": status})
    answer = upload(server, {**fields, "success_action_status": status}, b"hello")
    location = f"{server.endpoint}/{BUCKET}/a%2Fb%20%C3%BC%26.txt"
    assert (answer.status_code, answer.headers["location"]) == (answered, location)
    etag = hashlib.md5(b"hello").hexdigest()
    if answered == 201:
        assert answer.headers["content-type"] == "application/xml"
        assert answer.text == (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<PostResponse><Location>{location}</Location><Bucket>{BUCKET}</Bucket><Key>a/b ü&amp;.txt</Key>"
            f"<ETag>&quot;{etag}&quot;</ETag></PostResponse>"
        )
    else:
        assert answer.content == b""


@pytest.mark.parametrize("name", ["success_action_redirect", "redirect"])
@pytest.mark.parametrize("url", ["http://example.com/done", "https://example.com/?a=b#top"])
def test_success_leads_to_the_page_that_the_form_names(
    server: LocalServer, s3: Any, name: str, url: str
) -> None:
    fields = own_policy("r/ü.txt", ["starts-with", f"${name}", "http"])
    answer = upload(server, {**fields, name: url}, b"hello")
    assert (answer.status_code, answer.content) == (303, b"")
    parts = urlsplit(answer.headers["location"])
    assert parts._replace(query="").geturl() == urlsplit(url)._replace(query="").geturl()
    etag = f'"{hashlib.md5(b"hello").hexdigest()}"'
    found = parse_qs(parts.query)
    assert found.pop("a", ["b"]) == ["b"]
    assert found == {"bucket": [BUCKET], "key": ["r/ü.txt"], "etag": [etag]}


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "javascript:alert(1)", "http://", "http://[", "http://a/\r\nX: y", "http://é/", "/x"],
)
def test_a_redirect_that_no_browser_could_follow_is_ignored(server: LocalServer, s3: Any, url: str) -> None:
    fields = own_policy("r", ["starts-with", "$success_action_redirect", ""])
    answer = upload(server, {**fields, "success_action_redirect": url})
    assert (answer.status_code, answer.headers["location"]) == (204, f"{server.endpoint}/{BUCKET}/r")
    assert "x" not in answer.headers


def test_a_failed_upload_leads_nowhere(server: LocalServer, s3: Any) -> None:
    fields = own_policy("r", {"success_action_redirect": "http://example.com"}, acl="public-read")
    answer = upload(server, {**fields, "success_action_redirect": "http://example.com"})
    assert error_of(answer)[:2] == (400, "AccessControlListNotSupported")
    assert "location" not in answer.headers


def test_the_checksums_of_a_form_are_compared_with_the_file(server: LocalServer, s3: Any) -> None:
    good = b64encode(hashlib.sha256(b"content").digest()).decode()
    assert upload(server, own_policy("sum", x_amz_checksum_sha256=good)).status_code == 204
    head = s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == good
    md5 = b64encode(hashlib.md5(b"content").digest()).decode()
    assert upload(server, own_policy("sum", Content_MD5=md5)).status_code == 204
    for bad in ({"x_amz_checksum_sha256": good}, {"Content_MD5": md5}):
        answer = upload(server, own_policy("bad-sum", **bad), b"other")
        assert error_of(answer)[:2] == (400, "BadDigest")
    assert error_of(upload(server, own_policy("bad-sum", Content_MD5="x")))[1] == "InvalidDigest"
    assert not exists(s3, "bad-sum")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"acl": "public-read"}, "AccessControlListNotSupported"),
        ({"acl": "nonsense"}, "InvalidArgument"),
        ({"x_amz_storage_class": "FAKE"}, "InvalidStorageClass"),
        ({"x_amz_server_side_encryption": "aws:kms:dsse"}, "NotImplemented"),
        ({"x_amz_website_redirect_location": "x"}, "InvalidRedirectLocation"),
        ({"x_amz_object_lock_mode": "GOVERNANCE"}, "InvalidRequest"),
        ({"x_amz_expected_bucket_owner": OTHER}, "AccessDenied"),
        ({"tagging": "nonsense"}, "MalformedXML"),
        ({"tagging": "<Tagging/>"}, ""),
        (
            {"tagging": "<Tagging><TagSet><Tag><Key>aws:x</Key><Value/></Tag></TagSet></Tagging>"},
            "InvalidTag",
        ),
        ({"tagging": "<Tagging><TagSet><Tag><Value>x</Value></Tag></TagSet></Tagging>"}, "InvalidTag"),
        ({"tagging": "<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging>&b;</Tagging>"}, "MalformedXML"),
        ({"x_amz_meta_a": "x" * 2048}, "MetadataTooLarge"),
        ({"x_amz_meta_ü": "x"}, "MalformedPOSTRequest"),
        ({"x_amz_meta_a b": "x"}, "MalformedPOSTRequest"),
        ({"Content_Type": "a/b\r\nX-Injected: 1"}, ""),
        ({"x_amz_meta_a": "line\r\nX-Injected: 1\x00"}, ""),
        ({"x_amz_copy_source": f"{BUCKET}/sum"}, ""),
    ],
)
def test_a_form_s_fields_are_taken_as_the_headers_of_a_put(
    server: LocalServer, s3: Any, fields: dict[str, str], code: str
) -> None:
    s3.delete_object(Bucket=BUCKET, Key="headers")
    answer = upload(server, own_policy("headers", **fields))
    assert (error_of(answer)[1], answer.status_code == 204) == (code, not code)
    assert exists(s3, "headers") is (not code)
    if not code:
        found = s3.get_object(Bucket=BUCKET, Key="headers")
        assert found["Body"].read() == b"content"
        assert "x-injected" not in found["ResponseMetadata"]["HTTPHeaders"]


def test_a_large_file_goes_to_disk_and_comes_back(server: LocalServer, s3: Any) -> None:
    whole = bytes(range(256)) * 20_000 + b"\r\n--"
    answer = upload(server, presigned(server, BUCKET, "large"), whole)
    assert answer.status_code == 204
    assert s3.get_object(Bucket=BUCKET, Key="large")["Body"].read() == whole


def test_a_file_of_a_few_bytes_more_or_less_than_a_row_holds(server: LocalServer, s3: Any) -> None:
    for size in range(65_536 - 2, 65_536 + 3):
        assert upload(server, presigned(server, BUCKET, "edge"), b"x" * size).status_code == 204
        assert s3.head_object(Bucket=BUCKET, Key="edge")["ContentLength"] == size


def test_a_versioned_bucket_s_answer_names_the_version(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="versioned-forms")
    s3.put_bucket_versioning(Bucket="versioned-forms", VersioningConfiguration={"Status": "Enabled"})
    answer = post(server, "/versioned-forms/", encoded(presigned(server, "versioned-forms", "k")))
    version = answer.headers["x-amz-version-id"]
    assert s3.head_object(Bucket="versioned-forms", Key="k", VersionId=version)["VersionId"] == version


def test_a_bucket_named_in_the_host_is_the_form_s(server: LocalServer, s3: Any) -> None:
    host = f"{BUCKET}.s3.localhost:8000"
    answer = post(server, "/", encoded(presigned(server, BUCKET, "hosted")), Host=host)
    assert (answer.status_code, answer.headers["location"]) == (204, f"http://{host}/hosted")
    assert exists(s3, "hosted")


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_session_s_forms_may_what_its_role_may(server: LocalServer, s3: Any, version: str) -> None:
    iam, name = server.client("iam"), f"poster-{version}"
    trust = document(
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    )
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    resource = f"arn:aws:s3:::{BUCKET}/mine/*"
    may = document({"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource})
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=may)
    session = server.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    config = Config(signature_version=version, s3={"addressing_style": "path"})
    client = server.client(
        "s3",
        config=config,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    for key, status in (("mine/a", 204), ("theirs/a", 403)):
        fields = client.generate_presigned_post(BUCKET, key)["fields"]
        assert upload(server, fields).status_code == status
    tagged = {"tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"}
    fields = client.generate_presigned_post(BUCKET, "mine/a", Fields=tagged, Conditions=[tagged])["fields"]
    assert "s3:PutObjectTagging" in error_of(upload(server, fields))[2]
    token = {name: value for name, value in fields.items() if name.lower() != "x-amz-security-token"}
    assert error_of(upload(server, token))[1] in ("InvalidAccessKeyId", "InvalidToken")


def test_another_account_s_forms_may_what_the_bucket_allows(server: LocalServer, s3: Any) -> None:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    theirs = server.client("s3", config=config, aws_access_key_id=OTHER_KEY, aws_secret_access_key="two")
    s3.create_bucket(Bucket="lent")
    fields = theirs.generate_presigned_post("lent", "k")["fields"]
    assert error_of(post(server, "/lent", encoded(fields)))[:2] == (403, "AccessDenied")
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:PutObject"}
    condition = {"StringEquals": {"s3:authType": "POST", "s3:signatureversion": "AWS4-HMAC-SHA256"}}
    policy = document({**statement, "Resource": "arn:aws:s3:::lent/*", "Condition": condition})
    s3.put_bucket_policy(Bucket="lent", Policy=policy)
    assert post(server, "/lent", encoded(fields)).status_code == 204
    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.put_object(Bucket="lent", Key="k", Body=b"x")


def test_nobody_posts_without_a_policy_but_where_everybody_may(server: LocalServer, s3: Any) -> None:
    assert error_of(upload(server, {"key": "anybody"})) == (403, "AccessDenied", "Access Denied")
    s3.create_bucket(Bucket="public-forms")
    s3.delete_public_access_block(Bucket="public-forms")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject"}
    s3.put_bucket_policy(
        Bucket="public-forms", Policy=document({**statement, "Resource": "arn:aws:s3:::public-forms/in/*"})
    )
    body = encoded({"key": "in/${filename}", "Content-Type": "text/plain", "submit": "Upload"})
    assert post(server, "/public-forms", body).status_code == 204
    assert s3.head_object(Bucket="public-forms", Key="in/a.txt")["ContentType"] == "text/plain"
    assert post(server, "/public-forms", encoded({"key": "out"})).status_code == 403


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"x-amz-algorithm": None}, "InvalidArgument", "a field named 'X-Amz-Algorithm'"),
        ({"x-amz-credential": None}, "InvalidArgument", "a field named 'X-Amz-Credential'"),
        ({"x-amz-date": None}, "InvalidArgument", "a field named 'X-Amz-Date'"),
        ({"x-amz-signature": None}, "InvalidArgument", "a field named 'X-Amz-Signature'"),
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, "InvalidArgument", "X-Amz-Algorithm only supports"),
        ({"x-amz-credential": "x"}, "InvalidArgument", "the Credential is mal-formed"),
        ({"x-amz-credential": "a/b/c/d/e"}, "InvalidArgument", 'incorrect terminal "e"'),
        ({"x-amz-credential": "a/b/c/sqs/aws4_request"}, "InvalidArgument", 'incorrect service "sqs"'),
        ({"x-amz-credential": "/" * 30_000}, "MaxPostPreDataLengthExceeded", "too large"),
        ({"x-amz-date": "yesterday"}, "InvalidArgument", "X-Amz-Date must be in the ISO8601"),
        ({"x-amz-date": "20261340T000000Z"}, "InvalidArgument", "X-Amz-Date must be in the ISO8601"),
        ({"x-amz-date": "20150101T000000Z"}, "InvalidArgument", "This date is not the same as X-Amz-Date"),
        ({"policy": ""}, "SignatureDoesNotMatch", "does not match"),
        ({"policy": "e30=\x00"}, "SignatureDoesNotMatch", "does not match"),
        ({"key": ""}, "InvalidArgument", "User key must have a length greater than 0."),
        ({"key": None}, "InvalidArgument", "a field named 'key'.  If it is specified"),
    ],
)
def test_a_form_whose_signature_cannot_be_read_is_told_why(
    server: LocalServer, s3: Any, changes: dict[str, str | None], code: str, message: str
) -> None:
    fields = {**presigned(server, BUCKET, "unread"), **changes}
    answer = upload(server, {name: value for name, value in fields.items() if value is not None})
    found = error_of(answer)
    assert (found[1], message in found[2]) == (code, True), found


def test_a_key_that_nobody_has_signs_nothing(server: LocalServer, s3: Any) -> None:
    fields = {
        **presigned(server, BUCKET, "k"),
        "x-amz-credential": "AKIANOBODY/20260101/us-east-1/s3/aws4_request",
    }
    fields["x-amz-date"] = "20260101T000000Z"
    assert error_of(upload(server, fields))[:2] == (403, "InvalidAccessKeyId")


def test_a_signed_policy_that_is_none_is_refused(server: LocalServer, s3: Any) -> None:
    given = {"key": "k", **signature_fields(ACCESS_KEY_ID)}
    answer = upload(server, signed(given, {"conditions": []}, SECRET))
    assert error_of(answer) == (400, "InvalidPolicyDocument", "Invalid Policy: Policy missing expiration.")


def test_a_form_is_signed_once_in_its_policy_or_as_a_request(server: LocalServer, s3: Any) -> None:
    def signed_headers(body: bytes) -> dict[str, str]:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        request = AWSRequest("POST", f"{server.endpoint}/{BUCKET}", headers=headers, data=body)
        S3SigV4Auth(server.session().get_credentials(), "s3", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    plain, policed = encoded({"key": "header-signed"}), encoded(presigned(server, BUCKET, "twice"))
    assert post(server, f"/{BUCKET}", plain, **signed_headers(plain)).status_code == 204
    refused = error_of(post(server, f"/{BUCKET}", policed, **signed_headers(policed)))
    assert (refused[:2], "Only one auth mechanism" in refused[2]) == ((400, "InvalidArgument"), True)
    other = encoded({"key": "another"})
    tampered = post(server, f"/{BUCKET}", other, **signed_headers(plain))
    assert error_of(tampered)[:2] == (400, "XAmzContentSHA256Mismatch")
    assert not exists(s3, "twice") and not exists(s3, "another")


def test_what_is_no_form_is_refused_by_its_content_type(server: LocalServer, s3: Any) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=a"):
        answer = httpx.post(f"{server.endpoint}/{BUCKET}", content=b"a=b", headers={"Content-Type": kind})
        assert error_of(answer)[:2] == (412, "PreconditionFailed")
        assert (
            "<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>"
            in answer.text
        )
    headers = {"Content-Type": "multipart/form-data"}
    answer = httpx.post(f"{server.endpoint}/{BUCKET}", content=b"a=b", headers=headers)
    assert error_of(answer)[:2] == (400, "MalformedPOSTRequest")


def test_a_form_without_a_file_or_its_end_stores_nothing(server: LocalServer, s3: Any) -> None:
    fields = presigned(server, BUCKET, "endless")
    assert error_of(upload(server, fields, None))[1:] == (
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
    )
    whole = encoded(fields, b"x" * 100_000)
    for missing in (4, 1000, 99_000):
        assert error_of(post(server, f"/{BUCKET}", whole[:-missing]))[1] == "MalformedPOSTRequest"
    assert not exists(s3, "endless")


def test_a_form_of_unknown_length_is_refused_as_a_put_is(server: LocalServer, s3: Any) -> None:
    body = encoded(presigned(server, BUCKET, "chunked"))
    answer = httpx.post(
        f"{server.endpoint}/{BUCKET}",
        content=iter([body]),
        headers={"Content-Type": "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"},
    )
    assert error_of(answer)[:2] == (501, "NotImplemented")
    assert not exists(s3, "chunked")


def test_a_missing_bucket_is_named(server: LocalServer, s3: Any) -> None:
    answer = post(server, "/no-such-bucket", encoded(presigned(server, "no-such-bucket", "k")))
    assert error_of(answer)[:2] == (404, "NoSuchBucket")


def test_a_key_has_1024_bytes_at_most(server: LocalServer, s3: Any) -> None:
    assert upload(server, presigned(server, BUCKET, "ü" * 512)).status_code == 204
    assert error_of(upload(server, presigned(server, BUCKET, "ü" * 513)))[:2] == (400, "KeyTooLongError")
