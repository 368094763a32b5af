"""The event that a request to a function URL makes: payload format 2.0.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from penstock.access import ANONYMOUS
from penstock.server import Call, Request
from penstock.services.lambda_.urls.url import HOST_LABEL, FunctionUrl

_TEXT = re.compile(
    r"text/.*|application/(.*\+)?(json|xml|javascript)(;.*)?|application/x-www-form-urlencoded.*"
)


def request_event(url: FunctionUrl, request: Request, path: str, body: bytes, call: Call) -> bytes:
    """Returns the event's JSON; ``path`` is what follows the URL, as it was sent."""
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    headers["x-forwarded-for"] = request.source_ip
    headers["x-forwarded-proto"] = "https" if request.secure else "http"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _context(url, request, path, call),
    }
    if cookie := request.headers.get("cookie"):
        event["cookies"] = [each.strip() for each in cookie.split(";")]
    if parameters := _parameters(request.query):
        event["queryStringParameters"] = parameters
    if body:
        event["body"], event["isBase64Encoded"] = _body(request.headers.get("content-type", ""), body)
    else:
        event["isBase64Encoded"] = False
    return orjson.dumps(event)


def _context(url: FunctionUrl, request: Request, path: str, call: Call) -> dict[str, Any]:
    domain = f"{url.url_id}.{HOST_LABEL}.{url.name.region}.on.aws"
    at = datetime.fromtimestamp(call.now_ms / 1000, UTC)
    context: dict[str, Any] = {
        "accountId": "anonymous" if call.principal is ANONYMOUS else call.principal.account,
        "apiId": url.url_id,
        "domainName": domain,
        "domainPrefix": url.url_id,
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": call.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": call.now_ms,
    }
    if call.principal is not ANONYMOUS:
        context["authorizer"] = {"iam": _caller(call)}
    return context


def _caller(call: Call) -> dict[str, Any]:
    principal = call.principal
    return {
        "accountId": principal.account,
        "callerId": principal.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": principal.arn,
        "userId": principal.user_id,
    }


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(content_type: str, body: bytes) -> tuple[str, bool]:
    if _TEXT.fullmatch(content_type.lower()):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
