"""Signatures made by botocore are good; anything else is not, and says so in AWS's words."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from penstock.access import (
    JSON,
    OBJECTS,
    QUERY,
    REST_JSON,
    REST_XML,
    V4,
    Credential,
    Principal,
    Signature,
    Style,
    Wording,
    check_credential,
    check_head,
    presign,
    sign,
    signed_request,
    verify,
)
from penstock.access.sigv4.canonical import hex_hmac
from penstock.errors import AwsError

KEY, SECRET = "AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "localhost:4566"
MINUTE_MS = 60_000
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Sent(NamedTuple):
    """A request as the server gets it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


def check(
    signature: Signature,
    style: Style,
    secret: str,
    request: Any,
    payload_hash: str | None = None,
    late_ms: int = 0,
) -> None:
    """Checks head and signature, as the server does."""
    check_head(signature, style.words, request.headers, signature.timestamp_ms + late_ms)
    verify(signature, style, secret, request, payload_hash or signature.payload_hash or "")


class Signed:
    """A request as botocore sends it, to be taken apart."""

    def __init__(
        self,
        auth: object,
        method: str,
        path: str,
        body: bytes = b"",
        style: Style = OBJECTS,
        **headers: str,
    ) -> None:
        self.style = style
        request = AWSRequest(method, f"http://{HOST}{path}", headers=headers, data=body)
        auth.add_auth(request)  # type: ignore[attr-defined]
        parts = urlsplit(request.prepare().url)
        self.method, self.path, self.query = method, parts.path, parts.query
        self.headers = {name.lower(): value for name, value in request.headers.items()} | {"host": HOST}

    def verify(self, late_ms: int = 0, secret: str = SECRET, payload_hash: str | None = None) -> None:
        signature = signed_request(self, self.style)
        assert signature is not None
        assert signature.access_key_id == KEY
        check(signature, self.style, secret, self, payload_hash, late_ms)


def s3(method: str, path: str, body: bytes = b"", token: str | None = None, **headers: str) -> Signed:
    return Signed(
        S3SigV4Auth(Credentials(KEY, SECRET, token), "s3", "eu-west-1"), method, path, body, **headers
    )


def s3_url(method: str, path: str, expires: int = 60, token: str | None = None) -> Signed:
    credentials = Credentials(KEY, SECRET, token)
    return Signed(S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires=expires), method, path)


def other(method: str, path: str, body: bytes = b"", service: str = "sqs", **headers: str) -> Signed:
    style = V4(JSON if service == "dynamodb" else QUERY)
    return Signed(
        SigV4Auth(Credentials(KEY, SECRET), service, "eu-west-1"), method, path, body, style, **headers
    )


def refused(act: Callable[[], object]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        act()
    return caught.value


ODD_KEYS = [
    "a b",
    "é/ü",
    "..",
    "a/../b",
    "a//b",
    "/lead",
    "a%2Fb",
    "a+b",
    "~t",
    "(x)",
    "!'*",
    "a&b=c",
    "日本",
    "a:b@c",
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_odd_keys_are_signed_as_they_are_sent(key: str) -> None:
    path = "/bucket/" + quote(key, safe="/~")
    s3("PUT", path, b"data").verify()
    s3_url("GET", path).verify()


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\t"), min_size=1))
def test_any_key_verifies_however_it_is_signed(key: str) -> None:
    path = "/bucket/" + quote(key, safe="/~")
    s3("GET", path).verify()
    s3_url("GET", path).verify()


def test_a_client_that_sends_bare_what_it_signs_encoded_is_understood() -> None:
    signed = s3("GET", "/bucket/a%28b%29%40", x="y")
    signed.path = "/bucket/a(b)@"
    signed.verify()


@pytest.mark.parametrize(
    "query", ["?prefix=a%2Fb&delimiter=%2F", "?uploads", "?a=2&a=1&A=3", "?list-type=2&x="]
)
def test_queries_are_signed_sorted(query: str) -> None:
    s3("GET", "/bucket" + query).verify()
    s3_url("GET", "/bucket" + query).verify()


def test_a_query_sent_bare_and_signed_encoded_is_understood() -> None:
    signed = s3("GET", "/bucket?prefix=a%2Fb%20c")
    signed.query = "prefix=a/b+c"
    signed.verify()


@pytest.mark.parametrize(
    "path", ["/", "/123/queue", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "/a//b/./c/../d/"]
)
def test_other_services_encode_the_path_twice(path: str) -> None:
    other("POST", path, b"x=1").verify(payload_hash=sha256(b"x=1").hexdigest())


def test_another_body_is_refused() -> None:
    error = refused(lambda: other("POST", "/", b"x=1").verify(payload_hash=EMPTY))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    error = refused(lambda: other("POST", "/", b"{}", service="dynamodb").verify(payload_hash=EMPTY))
    assert (error.code, error.status) == ("InvalidSignatureException", 400)


@pytest.mark.parametrize("change", ["method", "path", "query", "secret", "header", "signature"])
def test_whatever_is_changed_after_signing_is_noticed(change: str) -> None:
    signed = s3("PUT", "/bucket/key?partNumber=1", b"data", **{"x-amz-meta-a": "1"})
    secret = SECRET
    if change == "method":
        signed.method = "DELETE"
    elif change == "path":
        signed.path = "/bucket/other"
    elif change == "query":
        signed.query = "partNumber=2"
    elif change == "secret":
        secret = "other"
    elif change == "header":
        signed.headers["x-amz-meta-a"] = "2"
    else:
        text = signed.headers["authorization"]
        signed.headers["authorization"] = text[:-1] + ("0" if text[-1] != "0" else "1")
    error = refused(lambda: signed.verify(secret=secret))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.fields["AWSAccessKeyId"] == KEY
    assert str(error.fields["CanonicalRequest"]).startswith(signed.method + "\n")
    assert str(error.fields["StringToSign"]).startswith("AWS4-HMAC-SHA256\n")


def test_an_unsigned_amz_header_is_refused() -> None:
    signed = s3("PUT", "/bucket/key")
    signed.headers["x-amz-acl"] = "public-read"
    error = refused(signed.verify)
    assert (error.code, error.fields) == ("AccessDenied", {"HeadersNotSigned": "x-amz-acl"})


def test_the_trace_header_needs_no_signature() -> None:
    signed = s3("PUT", "/bucket/key")
    signed.headers["x-amzn-trace-id"] = "Root=1-00000000-000000000000000000000000"
    signed.verify()


def test_header_values_are_folded_as_they_are_when_signing() -> None:
    s3("PUT", "/bucket/key", **{"x-amz-meta-a": "  two   words  "}).verify()


def test_a_clock_fifteen_minutes_off_is_refused() -> None:
    s3("GET", "/bucket").verify(late_ms=15 * MINUTE_MS)
    for late_ms in (15 * MINUTE_MS + 1, -15 * MINUTE_MS - 1):
        error = refused(lambda late_ms=late_ms: s3("GET", "/bucket").verify(late_ms=late_ms))
        assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
        assert error.fields["MaxAllowedSkewMilliseconds"] == "900000"
    late = refused(lambda: other("POST", "/").verify(late_ms=16 * MINUTE_MS, payload_hash=EMPTY))
    assert late.code == "SignatureDoesNotMatch"
    assert late.message.startswith("Signature expired: ")
    early = refused(lambda: other("POST", "/").verify(late_ms=-16 * MINUTE_MS, payload_hash=EMPTY))
    assert early.message.startswith("Signature not yet current: ")


def test_a_presigned_request_is_good_for_as_long_as_it_says() -> None:
    s3_url("GET", "/bucket/key", 60).verify(late_ms=MINUTE_MS)
    error = refused(lambda: s3_url("GET", "/bucket/key", 60).verify(late_ms=MINUTE_MS + 1))
    assert (error.code, error.message, error.status) == ("AccessDenied", "Request has expired", 403)
    assert set(error.fields) == {"X-Amz-Expires", "Expires", "ServerTime"}


def test_a_presigned_request_of_the_future_is_refused() -> None:
    error = refused(lambda: s3_url("GET", "/bucket/key").verify(late_ms=-16 * MINUTE_MS))
    assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")


def test_a_presigned_request_of_another_service_verifies() -> None:
    auth = SigV4QueryAuth(Credentials(KEY, SECRET, "token"), "sts", "us-east-1", expires=60)
    signed = Signed(auth, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", style=V4(QUERY))
    signed.verify(payload_hash=EMPTY)


def test_session_tokens_are_read_from_either_place() -> None:
    for signed in (s3("GET", "/bucket", token="tok en+"), s3_url("GET", "/bucket", token="tok en+")):
        signed.verify()
        found = signed_request(signed, OBJECTS)
        assert found is not None
        assert found.session_token == "tok en+"


def test_an_unsigned_request_is_anonymous() -> None:
    assert (
        signed_request(Sent("GET", "/bucket/key", "prefix=X-Amz-Signature", {"host": HOST}), OBJECTS) is None
    )
    assert signed_request(Sent("GET", "/", "", {"host": HOST}), OBJECTS) is None


TOO_LONG = (
    "X-Amz-Expires must be less than a week (in seconds); "
    "that is, the given X-Amz-Expires must be less than 604800"
)


@pytest.mark.parametrize(
    ("expires", "message"),
    [
        ("604801", TOO_LONG),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("soon", "X-Amz-Expires should be a number"),
        ("", "X-Amz-Expires should be a number"),
        ("٣", "X-Amz-Expires should be a number"),
    ],
)  # fmt: skip
def test_expiry_must_be_a_number_within_a_week(expires: str, message: str) -> None:
    signed = s3_url("GET", "/bucket/key", 60)
    signed.query = signed.query.replace("X-Amz-Expires=60", f"X-Amz-Expires={quote(expires)}")
    error = refused(signed.verify)
    assert (error.code, error.message, error.status) == ("AuthorizationQueryParametersError", message, 400)


def test_a_presigned_request_needs_every_parameter() -> None:
    for name in ("Algorithm", "Credential", "Date", "SignedHeaders", "Expires", "Signature"):
        signed = s3_url("GET", "/bucket/key")
        kept = [item for item in signed.query.split("&") if not item.startswith(f"X-Amz-{name}=")]
        signed.query = "&".join(kept)
        error = refused(signed.verify)
        assert error.code == "AuthorizationQueryParametersError"


def test_signature_version_2_is_refused_in_s3s_words() -> None:
    headers = {"host": HOST, "authorization": "AWS AKID:c2lnbmF0dXJl"}
    error = refused(lambda: signed_request(Sent("GET", "/bucket", "", headers), OBJECTS))
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message.endswith("Please use AWS4-HMAC-SHA256.")
    query = "AWSAccessKeyId=AKID&Signature=x&Expires=1"
    assert (
        refused(lambda: signed_request(Sent("GET", "/bucket", query, {"host": HOST}), OBJECTS)).code
        == "InvalidRequest"
    )


def test_a_request_may_be_signed_in_one_place_only() -> None:
    signed, presigned = s3("GET", "/bucket"), s3_url("GET", "/bucket")
    signed.query = presigned.query
    error = refused(signed.verify)
    assert (error.code, error.status) == ("InvalidArgument", 400)


def test_s3_needs_the_payload_hash_header() -> None:
    signed = s3("PUT", "/bucket/key")
    value = signed.headers.pop("x-amz-content-sha256")
    error = refused(signed.verify)
    assert (error.code, error.status) == ("InvalidRequest", 400)
    assert error.message == "Missing required header for this request: x-amz-content-sha256"
    signed.headers["x-amz-content-sha256"] = value[:-1]
    assert refused(signed.verify).code == "InvalidArgument"


MALFORMED = [
    "",
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 ",
    "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x",
    "AWS4-HMAC-SHA256 Credential=AK/20261121/r/s3/aws4_request, SignedHeaders=host",
    "AWS4-HMAC-SHA256 Credential=/20261121/r/s3/aws4_request, SignedHeaders=host, Signature=x",
    "AWS4-ECDSA-P256-SHA256 Credential=AK/20261121/s3/aws4_request, SignedHeaders=host, Signature=x",
    "Bearer token",
    "Basic dXNlcjpwYXNz",
]


@pytest.mark.parametrize("authorization", MALFORMED)
def test_a_malformed_header_is_answered_in_the_services_words(authorization: str) -> None:
    headers = {"host": HOST, "x-amz-date": "20261121T000000Z", "authorization": authorization}
    for_s3 = refused(lambda: signed_request(Sent("GET", "/bucket", "", headers), OBJECTS))
    assert for_s3.code in ("AuthorizationHeaderMalformed", "InvalidArgument", "InvalidRequest")
    for_query = refused(lambda: signed_request(Sent("POST", "/", "", headers), V4(QUERY)))
    assert for_query.code == "IncompleteSignature"


ANYTHING = st.text(st.characters(max_codepoint=255), max_size=40)
HEADER = st.one_of(
    ANYTHING,
    ANYTHING.map(lambda text: "AWS4-HMAC-SHA256 " + text),
    st.tuples(ANYTHING, ANYTHING, ANYTHING).map(
        lambda t: f"AWS4-HMAC-SHA256 Credential={t[0]}, SignedHeaders={t[1]}, Signature={t[2]}"
    ),
    st.tuples(ANYTHING, ANYTHING, ANYTHING).map(
        lambda t: (
            f"AWS4-HMAC-SHA256 Credential=A/20261121/{t[0]}/s3/aws4_request, "
            f"SignedHeaders=host;{t[1]}, Signature={t[2]}"
        )
    ),
)  # fmt: skip
DATES = st.one_of(ANYTHING, st.sampled_from(["20261121T000000Z", "20261399T000000Z", "20260230T990000Z"]))
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "X-Amz-Algorithm",
                "X-Amz-Credential",
                "X-Amz-Signature",
                "X-Amz-Date",
                "X-Amz-SignedHeaders",
                "X-Amz-Expires",
                "AWSAccessKeyId",
            ]
        ),
        ANYTHING,
    )
)


@given(HEADER, DATES, st.one_of(st.none(), ANYTHING))
def test_no_header_raises_anything_but_an_aws_error(header: str, date: str, payload: str | None) -> None:
    headers = {"host": HOST, "authorization": header, "x-amz-date": date}
    if payload is not None:
        headers["x-amz-content-sha256"] = payload
    try:
        signature = signed_request(Sent("GET", "/bucket", "", headers), OBJECTS)
        assert signature is not None
        check(signature, OBJECTS, SECRET, Sent("GET", "/bucket", "", headers))
    except AwsError as error:
        assert error.status in (400, 403)
    else:
        raise AssertionError("a made-up signature was accepted")


@given(QUERIES, st.booleans())
def test_no_query_raises_anything_but_an_aws_error(pairs: list[tuple[str, str]], encoded: bool) -> None:
    query = "&".join(f"{name}={quote(value) if encoded else value}" for name, value in pairs)
    try:
        signature = signed_request(Sent("GET", "/bucket", query, {"host": HOST}), OBJECTS)
        assert signature is None or pairs
    except AwsError as error:
        assert error.status in (400, 403)


@given(st.binary(max_size=30), st.sampled_from(["s3", "sqs"]))
def test_our_own_signatures_verify(body: bytes, service: str) -> None:
    url = f"http://{HOST}/bucket/a%20b?x=1&a=%2F"
    who = {
        "access_key_id": KEY,
        "secret": SECRET,
        "service": service,
        "region": "r",
        "now_ms": 1_800_000_000_000,
    }
    style = OBJECTS if service == "s3" else V4(QUERY)
    typed = {"Content-Type": "text/plain"}
    headers = sign("PUT", url, typed, body, session_token="t", style=style, **who)  # type: ignore[arg-type]
    request = Sent("PUT", "/bucket/a%20b", "x=1&a=%2F", headers)
    signature = signed_request(request, style)
    assert signature is not None
    hashed = sha256(body).hexdigest()
    check(signature, style, SECRET, request, hashed)
    assert signature.payload_hash in (None, hashed)


def test_our_own_presigned_urls_verify() -> None:
    who = {
        "access_key_id": KEY,
        "secret": SECRET,
        "service": "s3",
        "region": "r",
        "now_ms": 1_800_000_000_000,
    }
    parts = urlsplit(presign("GET", f"http://{HOST}/b/k%20?x=1", session_token="t/+", **who))  # type: ignore[arg-type]
    request = Sent("GET", parts.path, parts.query, {"host": HOST})
    signature = signed_request(request, OBJECTS)
    assert signature is not None
    assert signature.session_token == "t/+"
    check(signature, OBJECTS, SECRET, request)


UNRECOGNIZED = "UnrecognizedClientException"


@pytest.mark.parametrize(
    ("words", "unknown", "wrong_token", "expired"),
    [
        (REST_XML, ("InvalidAccessKeyId", 403), ("InvalidToken", 400), ("ExpiredToken", 400)),
        (QUERY, ("InvalidClientTokenId", 403), ("InvalidClientTokenId", 403), ("ExpiredToken", 403)),
        (REST_JSON, (UNRECOGNIZED, 403), (UNRECOGNIZED, 403), ("ExpiredTokenException", 403)),
        (JSON, (UNRECOGNIZED, 400), (UNRECOGNIZED, 400), ("ExpiredTokenException", 400)),
    ],
)
def test_keys_and_tokens_are_refused_in_the_protocols_words(
    words: Wording, unknown: tuple[str, int], wrong_token: tuple[str, int], expired: tuple[str, int]
) -> None:
    session = Credential("ASIA", "s", "token", 1000, Principal.root("1" * 12))

    def answer(credential: Credential | None, token: str | None, now_ms: int) -> tuple[str, int | None]:
        error = refused(lambda: check_credential(credential, "ASIA", token, words, lambda: now_ms))
        return error.code, error.status

    assert check_credential(session, "ASIA", "token", REST_XML, lambda: 999) is session
    assert answer(None, None, 0) == unknown
    assert answer(session, None, 0) == unknown
    assert answer(session, "other", 0) == wrong_token
    assert answer(session, "token", 1000) == expired


@given(key=st.binary(max_size=200), text=st.text(st.characters(max_codepoint=255), max_size=300))
def test_what_is_signed_is_rfc_2104s_hmac(key: bytes, text: str) -> None:
    assert hex_hmac(key, text) == hmac.new(key, text.encode("latin-1"), "sha256").hexdigest()
