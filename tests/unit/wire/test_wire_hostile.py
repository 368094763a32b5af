"""Whatever comes in, only AwsError comes out."""

import contextlib
from datetime import UTC
from typing import Any

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wire_samples import PROTOCOLS, Maker, sent_by_botocore

from penstock.errors import AwsError
from penstock.wire import WireRequest, codec, form, load_model, validation_errors

bounded = settings(max_examples=150, deadline=None, derandomize=True)

TARGETS = {
    "sqs": {"x-amz-target": "AmazonSQS.SendMessageBatch"},
    "dynamodb": {"x-amz-target": "DynamoDB_20120810.PutItem"},
    "logs": {"x-amz-target": "Logs_20140328.PutLogEvents"},
}


def attempt(service: str, protocol: str, request: WireRequest) -> dict[str, Any] | AwsError:
    """Returns the parameters or the AwsError; anything else that is raised fails the test."""
    wire = codec(load_model(service), protocol)
    try:
        route = wire.route(request)
        params = wire.parse(route, request)
        if route.operation.input is not None:
            validation_errors(route.operation.input, params)
        return params
    except AwsError as error:
        wire.serialize_error(None, error, "request-1")
        return error


def post(service: str, body: bytes) -> WireRequest:
    return WireRequest("POST", "/", "", TARGETS[service], body)


@bounded
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "", "get"]),
    path=st.text(st.characters(max_codepoint=255), max_size=30).map(lambda text: "/" + text),
    query=st.text("abc=&%+;?/\xff\x00aclulodstpersionId", max_size=30),
    headers=st.dictionaries(
        st.sampled_from(
            ["x-amz-copy-source", "content-length", "x-amz-meta-", "if-match", "if-modified-since"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=10),
    ),
    body=st.binary(max_size=60),
)
def test_s3_and_lambda_take_any_request(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    request = WireRequest(method, path, query, headers, body)
    attempt("s3", "rest-xml", request)
    attempt("lambda", "rest-json", request)
    attempt("cloudwatch", "smithy-rpc-v2-cbor", request)


@bounded
@given(body=st.binary(max_size=80))
@example(b"\xff")
@example(b"Action=%FF")
@example(b"Action=CreateRole&Tags.member.x.Key=1")
@example(b"Action=CreateRole&Tags.member.1=1")
@example(b"Action=CreateRole&RoleName.member.1=1&RoleName=2&.=3&..=4&=5")
@example("Action=CreateRole&Tags.member.²=1".encode())
@example(b"Action=CreateRole&Tags.member." + b"9" * 5000 + b".Key=1")
@example(b"Action=CreateRole&MaxSessionDuration=" + b"9" * 5000)
@example(b"Action=CreateRole&" + b"a." * 50_000 + b"=1")
def test_query_takes_any_form(body: bytes) -> None:
    for service in ("iam", "sns", "sqs"):
        attempt(service, "query", WireRequest("POST", "/", "", {}, body))
    with contextlib.suppress(AwsError):
        form(body)


@bounded
@given(body=st.binary(max_size=80) | st.text('{}[]",:0e9-nulltruefalse\\ud800', max_size=60).map(str.encode))
@example(b"[" * 100_000)
@example(b'{"Item":' + b'{"a":{"M":' * 900 + b"{}" + b"}}" * 900 + b"}")
@example(b'{"QueueUrl":1e999}')
@example(b'{"QueueUrl":' + b"9" * 10_000 + b"}")
@example(b'{"QueueUrl":"\\ud800"}')
@example(b'{"QueueUrl":"a","QueueUrl":"b"}')
@example(b'{"logEvents":[{"timestamp":99999999999999999999}]}')
@example(b"null")
@example(b"\xef\xbb\xbf{}")
def test_json_takes_any_body(body: bytes) -> None:
    for service in TARGETS:
        attempt(service, "json", post(service, body))
    put = "/2015-03-31/functions/f/code"
    attempt("lambda", "rest-json", WireRequest("PUT", put, "", {}, body))


@bounded
@given(
    body=st.binary(max_size=80)
    | st.recursive(
        st.integers()
        | st.floats()
        | st.text()
        | st.none()
        | st.datetimes(timezones=st.just(UTC))
        | st.decimals(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Namespace", "MetricData", "Timestamp", "Value", "MetricName"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    ).map(lambda value: cbor2.dumps(value))
)
@example(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff")
@example(b"\x81" * 100_000)
@example(b"\xd8\x1c\x81\xd8\x1d\x00")
@example(b"\xa1\x69Namespace\xd8\x23\x61(")
@example(b"\xa1\xa0\x01")
@example(b"\xc1\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00")
@example(b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x01")
def test_cbor_takes_any_body(body: bytes) -> None:
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    attempt("cloudwatch", "smithy-rpc-v2-cbor", WireRequest("POST", path, "", {}, body))


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<Tagging><TagSet><Tag><Key>&b;</Key><Value>v</Value></Tag></TagSet></Tagging>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Tagging><TagSet>&a;</TagSet></Tagging>'


@bounded
@given(body=st.binary(min_size=1, max_size=80))
@example(BOMB)
@example(OUTSIDE)
@example(b"<a>" * 100_000)
@example(b"<Tagging>" + b"<TagSet>" * 63 + b"</TagSet>" * 63 + b"</Tagging>")
@example(b'<?xml version="1.0" encoding="shift-jis"?><Tagging/>')
@example(b'<?xml version="1.0" encoding="nonsense"?><Tagging/>')
@example(b'<?xml version="1.0" encoding="utf-16"?><Tagging/>')
@example(b"<Other/>")
def test_xml_that_is_not_the_document_is_malformed_xml(body: bytes) -> None:
    found = attempt("s3", "rest-xml", WireRequest("PUT", "/b/k", "tagging", {}, body))
    assert isinstance(found, dict) or found.code == "MalformedXML"


@pytest.mark.parametrize("body", [BOMB, OUTSIDE])
def test_a_document_type_is_refused(body: bytes) -> None:
    found = attempt("s3", "rest-xml", WireRequest("PUT", "/b/k", "tagging", {}, body))
    assert isinstance(found, AwsError)


@pytest.mark.parametrize(("service", "protocol"), PROTOCOLS.items())
@bounded
@given(data=st.data())
def test_a_valid_request_bent_anywhere_is_still_answered(
    service: str, protocol: str, data: st.DataObject
) -> None:
    operations = load_model(service).operations
    name = data.draw(st.sampled_from(list(operations)))
    shape = operations[name].input
    maker = Maker(data.draw(st.integers(0, 2**16)), full=False, protocol=protocol)
    request = sent_by_botocore(service, name, maker.structure(shape) if shape else {}, protocol)
    request.body = data.draw(bent(request.body))
    request.path = data.draw(bent(request.path.encode())).decode("latin-1") or "/"
    request.query = data.draw(bent(request.query.encode())).decode("latin-1")
    request.headers = {
        name: data.draw(bent(value.encode())).decode("latin-1") for name, value in request.headers.items()
    }
    attempt(service, protocol, request)


@st.composite
def bent(draw: st.DrawFn, text: bytes) -> bytes:
    """Draws ``text`` with a piece cut out, doubled or replaced, or as it was."""
    if not text or draw(st.booleans()):
        return text
    at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    piece = draw(st.sampled_from([b"", text[at:end] * 2]) | st.binary(max_size=4))
    return text[:at] + piece + text[end:]
