"""What an API destination is asked: its endpoint, filled in by the rule's target and by the connection.

Where both say something, the connection's word stands. Values that begin with ``$`` are paths into the event.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import orjson

from penstock.errors import PenstockError
from penstock.outbound import OutboundRequest, basic_credentials, is_sendable
from penstock.services.events.connections.connection import AuthorizationType
from penstock.services.events.connections.parameters import http_parameters
from penstock.services.events.destinations.destination import Destination
from penstock.services.events.inputs.http_parameters import found_value, found_values

TIMEOUT_S = 5

_BODILESS = ("GET", "HEAD", "OPTIONS")
_WILDCARD = "*"
_OURS = {
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
    "Range": "bytes=0-1048575",
    "Accept-Encoding": "gzip,deflate",
    "Connection": "close",
}
_DEFAULTS = {"Content-Type": "application/json; charset=utf-8"}
_TAKEN_OUT = frozenset(
    {
        "a-im", "accept-charset", "accept-datetime", "accept-encoding", "cache-control", "connection",
        "content-encoding", "content-length", "content-md5", "date", "expect", "forwarded", "from", "host",
        "http2-settings", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
        "max-forwards", "origin", "pragma", "proxy-authorization", "range", "referer", "te", "trailer",
        "transfer-encoding", "user-agent", "upgrade", "via", "warning",
    }
)  # fmt: skip
"""Headers that nobody may set, as the page lists them."""


class Unfit(PenstockError):
    """No request can be made of this event."""


def request_for(
    destination: Destination,
    auth: Mapping[str, Any],
    http: Mapping[str, Any],
    event: Mapping[str, Any],
    body: bytes,
) -> OutboundRequest:
    """Returns the request, but for a token; Unfit, Unrenderable. ``http`` are the target's HttpParameters."""
    own = auth.get("InvocationHttpParameters")
    query = found_values(http.get("QueryStringParameters"), event) | http_parameters(
        own, "QueryStringParameters"
    )
    headers = found_values(http.get("HeaderParameters"), event)
    headers = _merged(headers, http_parameters(own, "HeaderParameters"), _authorization(auth))
    return OutboundRequest(
        destination.method,
        _url(destination.endpoint, _path_values(http, event), query),
        list(headers.items()),
        b"" if destination.method in _BODILESS else _body(body, http_parameters(own, "BodyParameters")),
        TIMEOUT_S,
        shown=destination.endpoint,
    )


def with_token(request: OutboundRequest, token: str) -> OutboundRequest:
    """Returns the request with an OAuth token in the place of any other authorization."""
    others = [(name, value) for name, value in request.headers if name.lower() != "authorization"]
    return request._replace(headers=[*others, ("Authorization", f"Bearer {token}")])


def _authorization(auth: Mapping[str, Any]) -> dict[str, str]:
    if basic := auth.get(AuthorizationType.BASIC.member):
        return {"Authorization": basic_credentials(basic["Username"], basic["Password"])}
    if key := auth.get(AuthorizationType.API_KEY.member):
        return {key["ApiKeyName"]: key["ApiKeyValue"]}
    return {}


def _merged(target: dict[str, str], connection: dict[str, str], secret: dict[str, str]) -> dict[str, str]:
    """Returns the headers, the later word over the earlier whatever its case."""
    found: dict[str, tuple[str, str]] = {}
    for given in (_DEFAULTS, target, connection, secret):
        for name, value in given.items():
            found[name.lower()] = (name, value.strip(" \t"))
    headers = dict(pair for name, pair in found.items() if name not in _TAKEN_OUT)
    for name, value in headers.items():
        _check_header(name, value)
    return {**headers, **_OURS}


def _check_header(name: str, value: str) -> None:
    if not is_sendable(name, value):
        raise Unfit(
            f"the header {name!r} cannot be sent: its name is no token, or its value no printable ASCII"
        )


def _path_values(http: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[str]:
    for given in http.get("PathParameterValues") or []:
        value = found_value(given, event)
        if value is None:
            raise Unfit(f"there is nothing at {given} in the event for a wildcard of the endpoint")
        if value in (".", ".."):
            raise Unfit(f"{value!r} may not stand for a wildcard of the endpoint")
        yield value


def _url(endpoint: str, values: Iterator[str], query: Mapping[str, str]) -> str:
    parts = urlsplit(endpoint)
    pieces = parts.path.split(_WILDCARD)
    filled = pieces[0]
    for piece in pieces[1:]:
        value = next(values, None)
        if value is None:
            raise Unfit("the endpoint has more wildcards than the target has PathParameterValues")
        filled += quote(value, safe="") + piece
    own = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(path=filled, query=urlencode([*own, *query.items()], quote_via=quote)))


def _body(body: bytes, parameters: Mapping[str, str]) -> bytes:
    """Returns the body with the connection's parameters in it, when it is a JSON object."""
    if not parameters:
        return body
    try:
        found = orjson.loads(body)
    except ValueError:
        return body
    if not isinstance(found, dict):
        return body
    try:
        return orjson.dumps({**found, **parameters})
    except TypeError:
        raise Unfit("the event is nested too deeply") from None
