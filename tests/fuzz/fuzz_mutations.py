"""How a valid request goes wrong. Every mutation takes the request and a seeded generator and returns a new one."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fuzz_wire import Request

Mutation = Callable[[Request, random.Random], Request]

DEEP = 20_000

_TEXTS = (
    "", " ", "\x00", "a\x00b", "null", "-1", "0", "99999999999999999999", "1e999", "NaN", "true",
    "é\u202e\U0001f600", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "%", "%zz", "%00", "%c0%af",
    "../../etc/passwd", "//", "a" * 3_000, "'; DROP TABLE s3_object; --", "<x>&amp;</x>", "]]>", "${jndi}", "{}", "[]",
    "arn:aws:s3:::", "arn:::::", "0x10", "１２", "\r\nx: y", "*", "?", "2024-13-45T99:99:99Z",
    "bytes=9-1", "bytes=-0", "bytes=0-0,2-3,5-",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 2**31, 2**63, -(2**64), 1.5, 1e308, "", "x", "é", "a" * 300_000, [], {}, [None], [[]],
    {"": ""}, {"a": {"b": {}}}, ["x"] * 5_000, {f"k{n}": n for n in range(500)},
)  # fmt: skip
_HEADERS = (
    "content-type", "content-md5", "content-encoding", "x-amz-content-sha256", "x-amz-date", "x-amz-target", "range",
    "x-amz-decoded-content-length", "x-amz-trailer", "x-amz-checksum-crc32", "x-amz-checksum-sha256", "if-match",
    "x-amz-sdk-checksum-algorithm", "x-amz-copy-source", "x-amz-copy-source-range", "x-amz-tagging", "if-none-match",
    "x-amz-meta-x", "x-amz-acl", "x-amz-security-token", "x-amz-expected-bucket-owner", "if-modified-since", "expect",
    "x-amz-invocation-type", "x-amz-log-type", "x-amzn-trace-id", "x-amz-object-lock-mode", "x-amz-mfa", "origin",
    "x-amz-object-lock-retain-until-date", "x-amz-server-side-encryption", "x-amz-bucket-object-lock-enabled",
    "x-amz-website-redirect-location", "cache-control", "expires", "x-http-method-override", "smithy-protocol",
    "accept",
)  # fmt: skip
_HEADER_VALUES = (
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "UNSIGNED-PAYLOAD", "aws-chunked",
    "gzip",
    "application/cbor", "application/x-amz-json-1.1", "application/x-amz-json-9.9", "text/xml", "multipart/form-data",
    "application/x-www-form-urlencoded", "rpc-v2-cbor", "AmazonSQS.Nothing", "Logs_20140328.", ".", "AmazonSQS", "CRC9",
)  # fmt: skip


def flip_bytes(request: Request, rng: random.Random) -> Request:
    """A few bytes of the body are others."""
    body = bytearray(request.body or b"x")
    for _ in range(rng.randint(1, 4)):
        body[rng.randrange(len(body))] = rng.choice((0, 0xFF, 0xC0, 0x22, 0x3C, 0x26, rng.randrange(256)))
    return replace(request, body=bytes(body))


def cut_body(request: Request, rng: random.Random) -> Request:
    """The body ends early, and says so."""
    return replace(request, body=request.body[: rng.randrange(len(request.body) + 1)])


def repeat_slice(request: Request, rng: random.Random) -> Request:
    """A part of the body is there many times."""
    start, end = sorted(rng.randrange(len(request.body) + 1) for _ in range(2))
    part = request.body[start:end] * rng.choice((1, 2, 50))
    return replace(request, body=request.body[:end] + part + request.body[end:])


def insert_text(request: Request, rng: random.Random) -> Request:
    """The body has something nasty in its middle."""
    at = rng.randrange(len(request.body) + 1)
    text = rng.choice(_TEXTS).encode("utf-8", "replace")
    return replace(request, body=request.body[:at] + text + request.body[at:])


def other_json_value(request: Request, rng: random.Random) -> Request:
    """A member of the JSON document is of another kind, or has another name."""
    try:
        document = json.loads(request.body)
    except ValueError:
        return insert_text(request, rng)
    holder: Any = {"": document}
    place: Any = ""
    while isinstance(holder[place], dict | list) and holder[place] and rng.random() < 0.8:
        holder = holder[place]
        place = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    if isinstance(holder, dict) and place and rng.random() < 0.2:
        holder[rng.choice(_TEXTS)] = holder.pop(place)
    else:
        holder[place] = deepcopy(rng.choice((*_VALUES, rng.choice(_TEXTS))))
    whole = holder[""] if place == "" and "" in holder else document
    return replace(request, body=json.dumps(whole).encode())


def other_form_field(request: Request, rng: random.Random) -> Request:
    """A field of the form or of the query has another value or name, is there twice, or is gone."""
    in_body = "urlencoded" in request.headers.get("content-type", "")
    fields = parse_qsl(request.body.decode("latin-1") if in_body else request.query, keep_blank_values=True)
    if not fields:
        return other_query(request, rng)
    at = rng.randrange(len(fields))
    name, value = fields[at]
    names = (f"{name}.1", f"{name}.0.x", f"{name}.99999999", f"{name}.-1", f"{name}.member.1", name * 3, "")
    fields[at : at + 1] = rng.choice(
        (
            [],
            [(name, rng.choice(_TEXTS))],
            [(rng.choice(names), value)],
            [(name, value)] * 2,
            [(name, "9" * 40)],
        )
    )
    text = urlencode(fields)
    return replace(request, body=text.encode()) if in_body else replace(request, query=text)


def other_query(request: Request, rng: random.Random) -> Request:
    """The query is not what it should be."""
    name = rng.choice(
        ("versionId", "uploadId", "partNumber", "list-type", "max-keys", "acl", "policy", "notification", "Action",
         "x-id",
         "X-Amz-Expires", "X-Amz-Signature", "X-Amz-Credential", "encoding-type", "continuation-token", "select", "%zz")
    )  # fmt: skip
    added = f"{name}={rng.choice(_TEXTS)}" if rng.random() < 0.8 else name
    return replace(request, query="&".join(filter(None, (request.query, added))))


def other_path(request: Request, rng: random.Random) -> Request:
    """The path is not what it should be."""
    text = rng.choice(
        (*_TEXTS, "%ff%fe", "%c0%ae%c0%ae", "%F0%9F", "a" * 1_500, "/..", "/./", ";", "\\", "%2f%2F")
    )
    at = rng.randrange(1, len(request.path) + 1)
    return replace(request, path=request.path[:at] + text + request.path[at + rng.choice((0, 1, 5)) :])


def other_header(request: Request, rng: random.Random) -> Request:
    """A header is not what it should be."""
    value = rng.choice((*_HEADER_VALUES, *_TEXTS)).replace("\r\n", " ").replace("\x00", "").strip()
    return replace(request, headers=request.headers | {rng.choice(_HEADERS): value})


def other_method(request: Request, rng: random.Random) -> Request:
    """The method is another."""
    return replace(
        request, method=rng.choice(("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"))
    )


def other_service(request: Request, rng: random.Random) -> Request:
    """The signature is meant for another service."""
    return replace(
        request, service=rng.choice(("s3", "sqs", "lambda", "iam", "sts", "logs", "sns", "penstock", "x"))
    )


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes,
    cut_body,
    repeat_slice,
    insert_text,
    other_json_value,
    other_json_value,
    other_form_field,
    other_query,
    other_path,
    other_header,
    other_header,
    other_method,
    other_service,
)


def mutate(request: Request, rng: random.Random) -> Request:
    """Returns ``request`` with one to three things wrong."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        request = rng.choice(MUTATIONS)(request, rng)
    return request
