"""What a request says about who signed it: the Authorization header, or a presigned URL's query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from penstock.access.limits import MAX_EXPIRES_S
from penstock.access.sigv4.canonical import ALGORITHM
from penstock.access.sigv4.signed_headers import SignedHeaders
from penstock.access.sigv4.style import Style
from penstock.access.wording import Wording

_HEADER_PARTS = ("Credential", "Signature", "SignedHeaders")
_QUERY_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_MAX_CREDENTIAL = 256  # AWS's access keys have up to 128 characters, its regions and services under 40
_DIGEST_CHARS = 64
_HEX = frozenset("0123456789abcdef")
_MAX_REMEMBERED = 1024  # characters of a header's beginning; a client's are under 300


class Sent(Protocol):
    """A request as it was sent: path and query percent-encoded, header names lower-case."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def query(self) -> str: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Claim(NamedTuple):
    """Who signed for what: the same in all the requests that one client sends on one day."""

    access_key_id: str
    date: str
    region: str
    service: str
    scope: str
    signed_headers: SignedHeaders


@dataclass(slots=True)
class Signature:
    """A signature and what it was made for; nothing of it is proven before ``verify`` returns.

    It begins with the ``Claim``: ``date``, ``region`` and ``service`` are those of the credential ``scope``.
    ``timestamp`` is the signed date, as sent. ``payload_hash`` is the ``x-amz-content-sha256`` value or None.
    ``expires_s`` is None unless presigned.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    scope: str
    signed_headers: SignedHeaders
    signature: str
    timestamp: str
    timestamp_ms: int
    expires_s: int | None
    session_token: str | None
    payload_hash: str | None


def stated_digest(signature: Signature) -> str | None:
    """Returns the SHA-256 of the body that the request states, lower-case; None when it states none."""
    stated = (signature.payload_hash or "").lower()
    return stated if len(stated) == _DIGEST_CHARS and _HEX.issuperset(stated) else None


def signed_request(request: Sent, style: Style) -> Signature | None:
    """Returns how the request is signed, or None when it is anonymous.

    Raises AwsError in the words of ``style`` for what cannot be read: a header or query that is malformed, signed
    in a way that is not served, or signed twice.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        if "X-Amz-Algorithm=" in request.query:
            raise style.words.two_mechanisms(authorization)
        return _from_header(authorization, request.headers, style)
    if "X-Amz-" in request.query or "AWSAccessKeyId=" in request.query:
        return _from_query(request.query, request.headers, style)
    return None


def _from_header(authorization: str, headers: Mapping[str, str], style: Style) -> Signature:
    head, _, signature = authorization.rpartition("Signature=")
    claim = _claim(head) if len(head) <= _MAX_REMEMBERED and "," not in signature else None
    if claim is None:
        claim, signature = _read_header(authorization, style.words)
    timestamp = headers.get("x-amz-date")
    timestamp_ms = _milliseconds(timestamp) if timestamp is not None and len(timestamp) == 16 else None
    if timestamp is None or timestamp_ms is None:
        timestamp, timestamp_ms = _other_time(timestamp, authorization, headers, style.words)
    if timestamp[:8] != claim.date:
        raise style.words.wrong_scope_date(claim.date, timestamp, authorization)
    token, payload_hash = headers.get("x-amz-security-token"), style.stated_hash(headers)
    return Signature(*claim, signature, timestamp, timestamp_ms, None, token, payload_hash)


@lru_cache(maxsize=1024)
def _claim(head: str) -> Claim | None:
    """Returns what a header says before its signature; None when it is not written as clients usually do."""
    algorithm, _, rest = head.partition(" ")
    parts = _components(rest)
    if algorithm != ALGORITHM or not parts.keys() >= {"Credential", "SignedHeaders"}:
        return None
    if not rest.rstrip().endswith(","):
        return None  # what comes next is no component of its own
    return _claim_of(parts["Credential"], parts["SignedHeaders"])


def _read_header(authorization: str, words: Wording) -> tuple[Claim, str]:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise words.unsupported_authorization(algorithm, authorization)
    parts = _components(rest)
    if missing := [name for name in _HEADER_PARTS if name not in parts]:
        raise words.missing_components(missing, authorization)
    claim = _claim_of(parts["Credential"], parts["SignedHeaders"])
    if claim is None:
        raise words.malformed_credential(parts["Credential"][:_MAX_CREDENTIAL], authorization)
    return claim, parts["Signature"]


def _components(rest: str) -> dict[str, str]:
    parts = {}
    for item in rest.split(","):
        name, _, value = item.strip().partition("=")
        parts[name] = value.strip()
    return parts


def _claim_of(credential: str, signed_headers: str) -> Claim | None:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or len(credential) > _MAX_CREDENTIAL:
        return None
    access_key_id, date, region, service, end = parts
    if end != "aws4_request" or not access_key_id or not service:
        return None
    signed = SignedHeaders(signed_headers)
    return Claim(access_key_id, date, region, service, "/".join(parts[1:]), signed)


def _other_time(
    given: str | None, authorization: str, headers: Mapping[str, str], words: Wording
) -> tuple[str, int]:
    text = _iso_of_date(headers.get("date", "")) if given is None else given
    timestamp_ms = _milliseconds(text) if len(text) == 16 else None
    if timestamp_ms is None:
        raise words.invalid_date(text, authorization)
    return text, timestamp_ms


def _iso_of_date(date: str) -> str:
    """Returns an HTTP date in the form that is signed; other text as it is."""
    if "," not in date:
        return date
    try:
        return parsedate_to_datetime(date).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    except (ValueError, OverflowError):
        return date


@lru_cache(maxsize=256)
def _milliseconds(text: str) -> int | None:
    if len(text) != 16 or text[8] != "T" or text[15] != "Z":
        return None
    digits = text[:8] + text[9:15]
    if not (digits.isascii() and digits.isdigit()):
        return None
    try:
        moment = datetime.strptime(text + "+0000", "%Y%m%dT%H%M%SZ%z")
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000


def _from_query(query: str, headers: Mapping[str, str], style: Style) -> Signature | None:
    words = style.words
    found = _auth_parameters(query, words)
    if not found:
        return None
    _check_parameters(found, style)
    claim = _claim_of(found["X-Amz-Credential"], found["X-Amz-SignedHeaders"])
    if claim is None:
        raise words.malformed_query(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    timestamp = found["X-Amz-Date"]
    timestamp_ms = _query_time(timestamp, claim.date, words)
    expires_s = _expires(found.get("X-Amz-Expires", "900"), words)
    token, payload_hash = found.get("X-Amz-Security-Token"), style.presigned_hash(headers, found)
    return Signature(
        *claim, found["X-Amz-Signature"], timestamp, timestamp_ms, expires_s, token, payload_hash
    )


def _check_parameters(found: Mapping[str, str], style: Style) -> None:
    if "X-Amz-Algorithm" not in found and "AWSAccessKeyId" in found:
        raise style.words.unsupported_query()
    if any(name not in found for name in _QUERY_PARAMETERS if name != "X-Amz-Expires" or style.needs_expiry):
        raise style.words.malformed_query(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    if found["X-Amz-Algorithm"] != ALGORITHM:
        raise style.words.malformed_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"')


def _query_time(timestamp: str, date: str, words: Wording) -> int:
    timestamp_ms = _milliseconds(timestamp) if len(timestamp) == 16 else None
    if timestamp_ms is None:
        raise words.malformed_query("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    if date != timestamp[:8]:
        raise words.malformed_query(
            f'Error parsing the X-Amz-Credential parameter; Invalid credential date "{date}". '
            f'This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )
    return timestamp_ms


def _auth_parameters(query: str, words: Wording) -> dict[str, str]:
    found = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if name in found and name in _QUERY_PARAMETERS:
            raise words.malformed_query(f"{name} may be given only once.")
        if name.startswith("X-Amz-") or name == "AWSAccessKeyId":
            found[name] = unquote(value)
    # X-Amz-Security-Token and the like alone do not make a request a signed one.
    signs = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "AWSAccessKeyId")
    return found if any(name in found for name in signs) else {}


def _expires(text: str, words: Wording) -> int:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()):
        raise words.malformed_query("X-Amz-Expires should be a number")
    if text[0] == "-":
        raise words.malformed_query("X-Amz-Expires must be non-negative")
    if len(digits) > 9 or int(digits) > MAX_EXPIRES_S:
        raise words.malformed_query(
            "X-Amz-Expires must be less than a week (in seconds); "
            "that is, the given X-Amz-Expires must be less than 604800"
        )
    return int(digits)
