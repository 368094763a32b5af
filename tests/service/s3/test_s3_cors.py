"""Bucket CORS: the rules, what a preflight is told, and what an answer shows to the page that asked."""

import http.client
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer

BUCKET = "shared"
PAGE = "http://app.example.com"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
    "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
    "resource's CORS spec."
)
RULES: list[dict[str, Any]] = [
    {
        "ID": "app",
        "AllowedOrigins": [PAGE, "https://*.example.org"],
        "AllowedMethods": ["PUT", "POST"],
        "AllowedHeaders": ["x-amz-*", "Content-Type"],
        "ExposeHeaders": ["ETag", "x-amz-version-id"],
        "MaxAgeSeconds": 3000,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "HEAD"]},
]


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    for bucket in (BUCKET, "private"):
        client.create_bucket(Bucket=bucket)
    client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": RULES})
    client.put_object(Bucket=BUCKET, Key="k", Body=b"abc")
    return client


def send(
    server: LocalServer, method: str, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], str]:
    """Returns status, headers (lower case) and body."""
    with closing(http.client.HTTPConnection(urlsplit(server.endpoint).netloc)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read().decode()


def preflight(
    server: LocalServer, path: str, origin: str, method: str, *names: str, **more: str
) -> tuple[int, dict[str, str], str]:
    headers = {"Origin": origin, "Access-Control-Request-Method": method, **more}
    if names:
        headers["Access-Control-Request-Headers"] = ",".join(names)
    return send(server, "OPTIONS", path, headers)


def cors_of(headers: dict[str, str]) -> dict[str, str]:
    short = {name.removeprefix("access-control-"): value for name, value in headers.items()}
    return {name: value for name, value in short.items() if name not in headers or name == "vary"}


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    """Returns code and message of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_rules_come_back_as_they_were_put(s3: Any) -> None:
    assert s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == RULES


def test_the_rules_of_a_bucket_can_be_replaced_and_deleted(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="changing")
    for method in ("GET", "PUT"):
        rules = [{"AllowedOrigins": ["*"], "AllowedMethods": [method]}]
        s3.put_bucket_cors(Bucket="changing", CORSConfiguration={"CORSRules": rules})
        assert preflight(server, "/changing/k", PAGE, method)[0] == 200
    assert preflight(server, "/changing/k", PAGE, "GET")[0] == 403
    assert s3.delete_bucket_cors(Bucket="changing")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "CORS is not enabled" in preflight(server, "/changing/k", PAGE, "PUT")[2]
    assert refused(s3.get_bucket_cors, Bucket="changing")[0] == "NoSuchCORSConfiguration"
    assert s3.delete_bucket_cors(Bucket="changing")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_bucket_made_anew_has_not_the_rules_of_the_former_one(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="anew")
    s3.put_bucket_cors(Bucket="anew", CORSConfiguration={"CORSRules": RULES})
    s3.delete_bucket(Bucket="anew")
    s3.create_bucket(Bucket="anew")
    assert refused(s3.get_bucket_cors, Bucket="anew")[0] == "NoSuchCORSConfiguration"
    assert preflight(server, "/anew/k", PAGE, "GET")[0] == 403


def rule(**changes: Any) -> dict[str, Any]:
    found = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], **changes}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("rules", "code", "message"),
    [
        (
            [rule(AllowedMethods=["GET", "PATCH"])],
            "InvalidRequest",
            "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
        ),
        (
            [rule(AllowedOrigins=["*example*.com"])],
            "InvalidRequest",
            'AllowedOrigin "*example*.com" can not have more than one wildcard.',
        ),
        (
            [rule(AllowedHeaders=["x-*-*"])],
            "InvalidRequest",
            'AllowedHeader "x-*-*" can not have more than one wildcard.',
        ),
        (
            [rule(ExposeHeaders=["x-amz-*"])],
            "InvalidRequest",
            'ExposeHeader "x-amz-*" contains wildcard. We currently do not support wildcard for ExposeHeader.',
        ),
        (
            [rule(ExposeHeaders=["ETag, Set-Cookie"])],
            "InvalidRequest",
            'ExposeHeader "ETag, Set-Cookie" contains invalid character.',
        ),
        ([rule(ExposeHeaders=["ETag\r\nSet-Cookie: a"])], "InvalidRequest", None),
        (
            [rule(ExposeHeaders=["é"])],
            "InvalidRequest",
            'ExposeHeader "é" contains invalid character.',
        ),
        ([], "MalformedXML", None),
        ([rule()] * 101, "MalformedXML", None),
        ([rule(AllowedMethods=[])], "MalformedXML", None),
        ([rule(AllowedOrigins=[])], "MalformedXML", None),
        ([rule(AllowedOrigins=[""])], "MalformedXML", None),
        ([rule(ID="x" * 256)], "MalformedXML", None),
        ([rule(MaxAgeSeconds=-1)], "MalformedXML", None),
        ([rule(MaxAgeSeconds=2**80)], "MalformedXML", None),
    ],
)
def test_rules_that_cannot_hold_are_refused(
    s3: Any, rules: list[dict[str, Any]], code: str, message: str | None
) -> None:
    found = refused(s3.put_bucket_cors, Bucket="private", CORSConfiguration={"CORSRules": rules})
    assert found == (code, message or found[1])
    assert refused(s3.get_bucket_cors, Bucket="private")[0] == "NoSuchCORSConfiguration"


def test_rules_of_more_than_64_kib_are_refused(s3: Any) -> None:
    rules = [rule(AllowedOrigins=["http://" + "a" * 1000]) for _ in range(70)]
    assert (
        refused(s3.put_bucket_cors, Bucket="private", CORSConfiguration={"CORSRules": rules})[0]
        == "EntityTooLarge"
    )


def test_the_missing_bucket_is_named_before_the_rules_are_read(s3: Any) -> None:
    missing = {"Bucket": "no-such-bucket"}
    assert refused(s3.put_bucket_cors, **missing, CORSConfiguration={"CORSRules": []})[0] == "NoSuchBucket"
    assert refused(s3.get_bucket_cors, **missing)[0] == "NoSuchBucket"
    assert refused(s3.delete_bucket_cors, **missing)[0] == "NoSuchBucket"


def test_a_preflight_is_told_all_that_the_rule_allows(server: LocalServer, s3: Any) -> None:
    status, headers, body = preflight(
        server, "/shared/k", PAGE, "PUT", "content-type", "X-Amz-Date", " x-amz-meta-a"
    )
    assert (status, body, headers["content-length"]) == (200, "", "0")
    assert cors_of(headers) == {
        "allow-origin": PAGE,
        "allow-methods": "PUT, POST",
        "allow-headers": "content-type, x-amz-date, x-amz-meta-a",
        "expose-headers": "ETag, x-amz-version-id",
        "max-age": "3000",
        "allow-credentials": "true",
        "vary": VARY,
    }
    assert headers["x-amz-request-id"] and headers["x-amz-id-2"]


def test_any_origin_is_shown_as_any_and_without_credentials(server: LocalServer, s3: Any) -> None:
    status, headers, _ = preflight(server, "/shared/k", "null", "GET")
    assert status == 200
    assert cors_of(headers) == {"allow-origin": "*", "allow-methods": "GET, HEAD", "vary": VARY}


def test_preflights_need_no_credentials_and_ignore_what_a_presigned_url_carries(
    server: LocalServer, s3: Any
) -> None:
    url = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "k"})
    parts = urlsplit(url)
    assert preflight(server, f"{parts.path}?{parts.query}", PAGE, "PUT")[0] == 200
    assert preflight(server, "/k", PAGE, "PUT", Host="shared.s3.localhost:1")[0] == 200
    assert preflight(server, "/k", PAGE, "PUT", Host="shared.s3.us-east-1.amazonaws.com")[0] == 200


@pytest.mark.parametrize(
    "origin", ["https://a.example.org", "https://a.b.example.org", "https://.example.org"]
)
def test_a_wildcard_stands_for_any_text(server: LocalServer, s3: Any, origin: str) -> None:
    status, headers, _ = preflight(server, "/shared", origin, "POST")
    assert (status, headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize(
    ("origin", "method", "names"),
    [
        ("http://app.example.com:81", "PUT", []),
        ("https://app.example.com", "PUT", []),
        ("HTTP://APP.EXAMPLE.COM", "PUT", []),
        ("http://app.example.com.evil.com", "PUT", []),
        ("https://example.org", "PUT", []),
        ("https://evil.com/.example.org/", "PUT", []),
        (PAGE, "DELETE", []),
        (PAGE, "PUT", ["authorization"]),
        (PAGE, "PUT", ["x-amz-date", "x-custom"]),
        (PAGE, "GET", ["x-amz-date"]),
    ],
)
def test_what_no_rule_allows_is_forbidden(
    server: LocalServer, s3: Any, origin: str, method: str, names: list[str]
) -> None:
    status, headers, body = preflight(server, "/shared/k", origin, method, *names)
    assert status == 403
    assert cors_of(headers) == {}
    assert "<Code>AccessForbidden</Code>" in body
    assert f"<Message>{NOT_ALLOWED}</Message>" in body
    assert f"<Method>{method}</Method><ResourceType>OBJECT</ResourceType>" in body


@pytest.mark.parametrize(
    ("path", "headers", "status", "message"),
    [
        ("/shared/k", {}, 400, "Insufficient information. Origin request header needed."),
        ("/shared/k", {"Origin": PAGE}, 400, "Invalid Access-Control-Request-Method: null"),
        (
            "/shared/k",
            {"Origin": PAGE, "Access-Control-Request-Method": "FLY"},
            400,
            "Invalid Access-Control-Request-Method: FLY",
        ),
        ("/private", {"Origin": PAGE}, 403, "CORSResponse: CORS is not enabled for this bucket."),
        ("/no-such-bucket/k", {"Origin": PAGE}, 403, "CORSResponse: Bucket not found"),
        ("/", {"Origin": PAGE}, 403, "CORSResponse: Bucket not found"),
        ("/%ff%fe/k", {"Origin": PAGE}, 403, "CORSResponse: Bucket not found"),
    ],
)
def test_a_preflight_that_cannot_be_answered_is_told_why(
    server: LocalServer, s3: Any, path: str, headers: dict[str, str], status: int, message: str
) -> None:
    found, _, body = send(server, "OPTIONS", path, headers)
    assert (found, f"<Message>{message}</Message>" in body) == (status, True)


def test_an_answer_is_shown_to_the_page_that_a_rule_names(server: LocalServer, s3: Any) -> None:
    url = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "k"}))
    status, headers, _ = send(server, "PUT", f"{url.path}?{url.query}", {"Origin": PAGE})
    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (200, PAGE, VARY)
    assert headers["access-control-expose-headers"] == "ETag, x-amz-version-id"
    assert "access-control-allow-headers" not in headers


def test_an_error_is_shown_to_the_page_that_a_rule_names(server: LocalServer, s3: Any) -> None:
    status, headers, body = send(server, "GET", "/shared/k", {"Origin": PAGE})
    assert (status, headers["access-control-allow-origin"]) == (403, "*")
    assert "<Code>AccessDenied</Code>" in body
    status, headers, _ = send(server, "PUT", "/shared/k", {"Origin": PAGE, "Authorization": "AWS4-nonsense"})
    assert (status, headers["access-control-allow-origin"]) == (400, PAGE)


def test_an_answer_without_an_origin_or_a_rule_says_nothing_of_cors(server: LocalServer, s3: Any) -> None:
    for path, headers in (
        ("/shared/k", {}),
        ("/private/k", {"Origin": PAGE}),
        ("/no-such-bucket", {"Origin": PAGE}),
        ("/", {"Origin": PAGE}),
    ):
        assert cors_of(send(server, "GET", path, headers)[1]) == {}
    assert cors_of(send(server, "DELETE", "/shared/k", {"Origin": PAGE})[1]) == {}


def test_rules_let_nobody_do_what_policies_do_not(server: LocalServer, s3: Any) -> None:
    assert preflight(server, "/shared/k", PAGE, "PUT")[0] == 200
    assert send(server, "PUT", "/shared/k", {"Origin": PAGE})[0] == 403
    assert s3.get_object(Bucket=BUCKET, Key="k")["ContentLength"] in (0, 3)


def test_other_services_answer_no_preflights(server: LocalServer) -> None:
    status, headers, _ = preflight(server, "/2015-03-31/functions", PAGE, "GET")
    assert (status, cors_of(headers)) == (404, {})
