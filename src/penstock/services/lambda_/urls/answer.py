"""The response that a function's answer makes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import re
from typing import Any

import orjson

from penstock.wire import WireResponse, complete

Headers = list[tuple[bytes, bytes]]

_JSON = b"application/json"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset({"connection", "content-length", "transfer-encoding", "date", "keep-alive", "upgrade"})
_NO_BODY = (204, 304)


def function_answer(payload: bytes) -> WireResponse:
    """Returns the response that the function described, or its answer as JSON; 502 when that is malformed."""
    try:
        found = orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return bad_gateway()
    if not isinstance(found, dict) or "statusCode" not in found:
        body = found.encode() if isinstance(found, str) else payload
        return complete(200, [(b"content-type", _JSON)], body)
    try:
        status = int(found["statusCode"])
        if not 200 <= status <= 599:
            raise ValueError(status)
        body = b"" if status in _NO_BODY else _body(found)
        return complete(status, _headers(found), body)
    except (ValueError, TypeError, OverflowError):
        return bad_gateway()


def described_head(head: bytes) -> tuple[int, Headers] | None:
    """Returns status and headers that a streaming function has described as JSON, None when that is malformed."""
    try:
        found = orjson.loads(head)
        if not isinstance(found, dict):
            return None
        status = int(found.get("statusCode", 200))
        return (status, _headers(found)) if 200 <= status <= 599 else None
    except (ValueError, TypeError, OverflowError):
        return None


def bad_gateway() -> WireResponse:
    """Returns the answer when the function has failed."""
    return complete(502, [(b"content-type", _JSON)], b"Internal Server Error")


def refusal(status: int, code: str, message: str) -> WireResponse:
    """Returns the answer when the function was not run."""
    headers = [(b"content-type", _JSON), (b"x-amzn-errortype", code.encode())]
    return complete(status, headers, orjson.dumps({"Message": message}))


def _body(found: dict[str, Any]) -> bytes:
    body = found.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else orjson.dumps(body).decode()
    return base64.b64decode(text, validate=True) if found.get("isBase64Encoded") is True else text.encode()


def _headers(found: dict[str, Any]) -> Headers:
    own: dict[str, Any] = found.get("headers") or {}
    cookies: list[Any] = found.get("cookies") or []
    if not isinstance(own, dict) or not isinstance(cookies, list):
        raise TypeError("headers are an object, cookies a list")
    headers: Headers = [
        (_name(name), _value(value)) for name, value in own.items() if name.lower() not in _OURS
    ]
    if not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", _JSON))
    return headers + [(b"set-cookie", _value(cookie)) for cookie in cookies]


def _name(name: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return name.lower().encode()


def _value(value: object) -> bytes:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if any((ord(letter) < 32 and letter != "\t") or ord(letter) == 127 for letter in text):
        raise ValueError(text)
    return text.encode()
