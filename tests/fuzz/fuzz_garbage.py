"""Documents that are meant to hurt a parser, and bytes that are no HTTP."""

import json
import struct
from base64 import b64encode
from typing import Any

from fuzz_mutations import DEEP
from fuzz_seeds import ACCOUNT, BUCKET, QUEUE_URL
from fuzz_wire import Request

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{_LAUGHS}]>'
_FILE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
_REMOTE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'
_BLOWUP = f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>'


def _delete(prolog: str, key: str) -> str:
    return f"{prolog}<Delete><Object><Key>{key}</Key></Object></Delete>"


def _xml(text: str | bytes, query: str = "delete=", method: str = "POST") -> Request:
    body = text.encode() if isinstance(text, str) else text
    return Request("s3", method, f"/{BUCKET}", query, {"content-type": "application/xml"}, body)


def _sqs(body: bytes, **headers: str) -> Request:
    base = {"x-amz-target": "AmazonSQS.SendMessage", "content-type": "application/x-amz-json-1.0"}
    return Request("sqs", "POST", "/", "", base | headers, body)


def _cbor(body: bytes, path: str = "/service/AmazonSQS/operation/SendMessage") -> Request:
    headers = {
        "smithy-protocol": "rpc-v2-cbor",
        "content-type": "application/cbor",
        "accept": "application/cbor",
    }
    return Request("sqs", "POST", path, "", headers, body)


def _policy(document: str) -> Request:
    body = json.dumps({"QueueUrl": QUEUE_URL, "Attributes": {"Policy": document}}).encode()
    return _sqs(body, **{"x-amz-target": "AmazonSQS.SetQueueAttributes"})


def _sqs_json(**params: Any) -> Request:
    return _sqs(json.dumps({"QueueUrl": QUEUE_URL, **params}).encode())


def _function(body: bytes) -> Request:
    return Request("lambda", "POST", "/2015-03-31/functions", "", {"content-type": "application/json"}, body)


def _create_function(code: bytes) -> bytes:
    role = f"arn:aws:iam::{ACCOUNT}:role/fuzz-function"
    given = {"FunctionName": "zip", "Runtime": "python3.11", "Handler": "a.b", "Role": role}
    return json.dumps(given | {"Code": {"ZipFile": b64encode(code).decode()}}).encode()


def _form(service: str, body: bytes) -> Request:
    return Request(service, "POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, body)


DOCUMENTS: dict[str, Request] = {
    "billion_laughs": _xml(_delete(_BOMB, "&l9;")),
    "billion_laughs_in_rules": _xml(
        f"{_BOMB}<NotificationConfiguration>&l9;</NotificationConfiguration>", "notification=", "PUT"
    ),
    "quadratic_blowup": _xml(_delete(_BLOWUP, "&a;" * 5_000)),
    "external_entity": _xml(_delete(_FILE, "&f;")),
    "external_dtd": _xml(_delete(_REMOTE, "a")),
    "deep_xml": _xml("<Delete>" * DEEP),
    "deep_closed_xml": _xml("<Delete>" + "<Object>" * DEEP + "</Object>" * DEEP + "</Delete>"),
    "xml_in_utf16_that_is_not": _xml(b"\xff\xfe<\x00D\x00"),
    "xml_with_unknown_encoding": _xml('<?xml version="1.0" encoding="x-none"?><Delete/>'),
    "xml_with_control_characters": _xml("<Delete><Object><Key>\x01\x02</Key></Object></Delete>"),
    "xml_of_another_document": _xml("<VersioningConfiguration/>"),
    "xml_that_is_empty": _xml(""),
    "xml_that_is_json": _xml('{"Objects": []}'),
    "xml_with_overlong_utf8": _xml(b"<Delete><Object><Key>\xc0\xaf</Key></Object></Delete>"),
    "xml_with_too_many_keys": _xml("<Delete>" + "<Object><Key>a</Key></Object>" * 1_001 + "</Delete>"),
    "deep_json_list": _sqs(b"[" * DEEP),
    "deep_json_object": _sqs(b'{"a":' * DEEP),
    "deep_closed_json": _sqs_json(MessageBody="x", MessageAttributes=json.loads("[" * 900 + "]" * 900)),
    "json_that_is_a_list": _sqs(b"[]"),
    "json_that_is_null": _sqs(b"null"),
    "json_with_nan": _sqs(b'{"QueueUrl": NaN}'),
    "json_with_huge_number": _sqs(b'{"DelaySeconds": ' + b"9" * 10_000 + b"}"),
    "json_with_lone_surrogate": _sqs(b'{"QueueUrl": "%s", "MessageBody": "\\ud800"}' % QUEUE_URL.encode()),
    "json_with_bad_utf8": _sqs(b'{"MessageBody": "\xff\xfe"}'),
    "json_with_bom": _sqs(b"\xef\xbb\xbf{}"),
    "json_with_control_character": _sqs_json(MessageBody="a\x00b"),
    "json_with_repeated_members": _sqs(b'{"MessageBody": "a", "MessageBody": "b"}'),
    "json_with_wrong_blob": _sqs_json(
        MessageBody="x", MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": "*not base64*"}}
    ),
    "deep_policy": _policy('{"Statement":' * 2_000),
    "deep_closed_policy": _policy("[" * 2_000 + "]" * 2_000),
    "policy_that_is_a_number": _policy("1"),
    "policy_with_many_wildcards": _policy(
        '{"Version":"2012-10-17","Statement":{"Effect":"Maybe","Action":"%s","Principal":"*","Resource":"*"}}'
        % ("*a" * 5_000)
    ),
    "deep_iam_policy": _form(
        "iam", b"Action=PutRolePolicy&RoleName=a&PolicyName=b&PolicyDocument=" + b"%5B" * 5_000
    ),
    "form_with_huge_index": _form(
        "sqs", b"Action=SendMessageBatch&SendMessageBatchRequestEntry.999999999999.Id=1"
    ),
    "form_with_deep_name": _form("iam", b"Action=CreateRole&" + b"a." * 5_000 + b"b=1"),
    "form_with_bad_escapes": _form("sts", b"Action=%zz&%=%&Version=%c0%af"),
    "form_without_action": _form("iam", b"Version=2010-05-08"),
    "form_with_many_fields": _form(
        "iam", b"Action=Nothing&" + b"&".join(b"a%d=1" % n for n in range(20_000))
    ),
    "function_of_garbage": _function(b"\x00\x01"),
    "function_of_garbage_zip": _function(_create_function(b"PK\x03\x04" + bytes(200))),
    "function_of_lying_zip": _function(_create_function(b"PK\x05\x06" + b"\xff" * 18)),
    "cbor_garbage": _cbor(b"\xff\xfe\xfd"),
    "cbor_deep": _cbor(b"\x81" * DEEP),
    "cbor_huge_list": _cbor(b"\x9b" + struct.pack(">Q", 2**62)),
    "cbor_huge_text": _cbor(b"\x7b" + struct.pack(">Q", 2**62)),
    "cbor_endless_list": _cbor(b"\x9f" + b"\x01" * 1_000),
    "cbor_shared_reference": _cbor(b"\xd8\x1d\x00"),
    "cbor_unknown_service": _cbor(b"\xa0", "/service/Nothing/operation/At/All"),
    "unknown_target": _sqs(b"{}", **{"x-amz-target": "AmazonSQS.Nothing"}),
    "unknown_account": Request(
        "sqs", "POST", f"/{ACCOUNT}/none", "", {}, b"Action=SendMessage&MessageBody=x"
    ),
}


def _http(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join(("", *lines))[2:].encode("latin-1") + b"\r\n\r\n" + body


_HOST = "Host: 127.0.0.1"

RAW: dict[str, bytes] = {
    "nothing": b"",
    "line_ends": b"\r\n" * 50,
    "no_version": b"GET /\r\n\r\n",
    "unknown_version": _http("GET / HTTP/9.9", _HOST),
    "unknown_method": _http("BREW /pot HTTP/1.1", _HOST),
    "no_host": _http("GET / HTTP/1.1"),
    "two_hosts": _http("GET / HTTP/1.1", _HOST, "Host: other"),
    "absolute_target": _http("GET http://[::1 HTTP/1.1", _HOST),
    "asterisk_target": _http("OPTIONS * HTTP/1.1", _HOST),
    "connect": _http("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"),
    "tls_hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "http2_preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "null_in_target": b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    "null_in_header": b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "raw_utf8_target": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
    "overlong_utf8_target": b"GET /%c0%af%c0%ae HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad_escape_in_target": _http("GET /%zz/%2 HTTP/1.1", _HOST),
    "bad_escape_in_query": _http("GET /?a=%zz&%=% HTTP/1.1", _HOST),
    "long_target": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long_header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "many_headers": b"GET / HTTP/1.1\r\nHost: x\r\n"
    + b"".join(b"X%d: 1\r\n" % n for n in range(5_000))
    + b"\r\n",
    "header_without_colon": _http("GET / HTTP/1.1", _HOST, "nonsense"),
    "header_with_folding": _http("GET / HTTP/1.1", _HOST, "X: a", "  b"),
    "header_cut_off": b"GET / HTTP/1.1\r\nHost: 127",
    "bare_line_feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "negative_length": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: -5", body=b"hello"),
    "length_that_is_no_number": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: five", body=b"hello"),
    "two_lengths": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: 5", "Content-Length: 6", body=b"hello"),
    "huge_length": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: 99999999999999999999", body=b"hello"),
    "length_too_long": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: 50", body=b"hello"),
    "length_too_short": _http("PUT /b/k HTTP/1.1", _HOST, "Content-Length: 2", body=b"hello"),
    "length_and_chunks": _http(
        "PUT /b/k HTTP/1.1", _HOST, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "unknown_transfer_encoding": _http("PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: pigeon", body=b"coo"),
    "chunk_size_no_number": _http(
        "PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: chunked", body=b"zz\r\nhello\r\n"
    ),
    "chunk_size_huge": _http(
        "PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: chunked", body=b"f" * 40 + b"\r\n"
    ),
    "chunk_size_negative": _http(
        "PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: chunked", body=b"-1\r\n\r\n"
    ),
    "chunk_cut_off": _http("PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: chunked", body=b"50\r\nhello"),
    "chunk_without_end": _http(
        "PUT /b/k HTTP/1.1", _HOST, "Transfer-Encoding: chunked", body=b"5\r\nhelloworld\r\n"
    ),
    "expect_something": _http("PUT /b/k HTTP/1.1", _HOST, "Expect: a-miracle", "Content-Length: 0"),
    "upgrade": _http(
        "GET / HTTP/1.1", _HOST, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="
    ),
    "garbage_authorization": _http(
        "GET / HTTP/1.1", _HOST, "Authorization: AWS4-HMAC-SHA256 Credential=///,=,,"
    ),
    "basic_authorization": _http("GET / HTTP/1.1", _HOST, "Authorization: Basic dXNlcjpwYXNz"),
    "non_ascii_authorization": b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\xfe\r\n\r\n",
    "control_path": _http("POST /_penstock/clock HTTP/1.1", _HOST, "Content-Length: 2", body=b"{}"),
    "runtime_path": _http("GET /_penstock/runtime/x/2018-06-01/runtime/invocation/next HTTP/1.1", _HOST),
    "runtime_escape": _http("GET /_penstock/runtime/%2e%2e/%00 HTTP/1.1", _HOST),
}
