"""OAuth client credentials: what an authorization endpoint is asked, and what its answer is worth.

The client's id and secret go as RFC 6749 (2.3.1, 4.4.2) has them, in a form: the body of a POST or PUT, the query of a
GET. What the connection's ``OAuthHttpParameters`` say stands over it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from penstock.errors import PenstockError
from penstock.outbound import Answer, OutboundRequest, is_sendable
from penstock.services.events.connections.parameters import http_parameters

_TIMEOUT_S = 5
_MAX_TOKEN = 16_384
_MAX_LIFE_S = 10 * 366 * 86_400
_GRANT = "client_credentials"


class Refused(PenstockError):
    """The authorization endpoint gave no token. ``is_final``: it will not give one to these credentials."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


class Token(NamedTuple):
    """An access token, and for how long it can be used; None when its giver did not say."""

    text: str
    life_ms: int | None


def token_request(oauth: Mapping[str, Any]) -> OutboundRequest:
    """Returns what the authorization endpoint is asked; Refused."""
    client, http = oauth["ClientParameters"], oauth.get("OAuthHttpParameters")
    form = {
        "grant_type": _GRANT,
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
        **http_parameters(http, "BodyParameters"),
    }
    query = http_parameters(http, "QueryStringParameters")
    headers = {"Accept": "application/json", **http_parameters(http, "HeaderParameters")}
    if oauth["HttpMethod"] == "GET":
        form, query = {}, {**form, **query}
    else:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    if not all(is_sendable(*header) for header in headers.items()):
        raise Refused("A header for the authorization endpoint cannot be sent.", is_final=True)
    return OutboundRequest(
        oauth["HttpMethod"],
        _with_query(oauth["AuthorizationEndpoint"], query),
        list(headers.items()),
        urlencode(form).encode(),
        _TIMEOUT_S,
        shown=oauth["AuthorizationEndpoint"],
    )


def token_of(answer: Answer) -> Token:
    """Returns the token that the endpoint gave; Refused when it gave none."""
    if not 200 <= answer.status < 300:
        is_final = 400 <= answer.status < 500 and answer.status not in (408, 429)
        raise Refused(f"The authorization endpoint answered with status {answer.status}.", is_final=is_final)
    try:
        found = orjson.loads(answer.text)
    except ValueError:
        found = None
    text = found.get("access_token") if isinstance(found, dict) else None
    if not isinstance(text, str) or not _is_sendable(text):
        raise Refused("The authorization endpoint answered without an access token.", is_final=True)
    return Token(text, _life_ms(found.get("expires_in")))


def _is_sendable(text: str) -> bool:
    return 0 < len(text) <= _MAX_TOKEN and text.isascii() and text.isprintable()


def _life_ms(value: Any) -> int | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return round(min(max(seconds, 0), _MAX_LIFE_S) * 1000) if seconds == seconds else None


def _with_query(url: str, query: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(query))))))
