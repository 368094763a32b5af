"""What a request says about who signed it: the Authorization header, or a presigned URL's query."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from penstock.access import sigv4_errors as errors
from penstock.access.sigv4.canonical import ALGORITHM, UNSIGNED
from penstock.errors import AwsError

STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

_PAYLOAD_WORDS = frozenset({UNSIGNED, STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER})
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_QUERY_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_CREDENTIAL_FORM = (
    'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)


class Signature(NamedTuple):
    """A signature and what it was made for; nothing of it is proven before ``verify`` returns.

    ``date``, ``region`` and ``service`` are the credential scope's. ``timestamp`` is the signed date, as sent.
    ``payload_hash`` is the ``x-amz-content-sha256`` value or None; presigned S3 requests have
    ``UNSIGNED-PAYLOAD``. ``expires_s`` is None unless presigned.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    timestamp_ms: int
    presigned: bool
    expires_s: int | None
    session_token: str | None
    payload_hash: str | None

    @property
    def scope(self) -> str:
        """Returns the credential scope."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def signed_request(method: str, path: str, query: str, headers: Mapping[str, str]) -> Signature | None:
    """Returns how the request is signed, or None when it is anonymous.

    ``query`` is as sent, ``headers`` have lower-case names. Raises AwsError for what cannot be read, in S3's
    words when the request looks like S3's: ``AuthorizationHeaderMalformed``,
    ``AuthorizationQueryParametersError``, ``InvalidRequest``, ``InvalidArgument``, ``AccessDenied``; else
    ``IncompleteSignature`` and its JSON twin.
    """
    authorization = headers.get("authorization")
    if authorization is not None:
        if "X-Amz-Algorithm=" in query:
            raise errors.two_mechanisms(_guess(headers), authorization)
        return _from_header(authorization, headers)
    if "X-Amz-" in query or "AWSAccessKeyId=" in query:
        return _from_query(query, headers)
    return None


def _from_header(authorization: str, headers: Mapping[str, str]) -> Signature:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise _unsupported_header(algorithm, authorization, headers)
    parts = _components(rest)
    try:
        credential, signed, signature = parts["Credential"], parts["SignedHeaders"], parts["Signature"]
    except KeyError:
        raise _missing_components(parts, authorization, headers) from None
    scope = credential.rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request" or not scope[0] or not scope[3]:
        raise _malformed_credential(credential, authorization, headers)
    access_key_id, date, region, service, _ = scope
    timestamp, timestamp_ms = _header_time(service, authorization, headers)
    if not timestamp.startswith(date) or len(date) != 8:
        raise _wrong_scope_date(service, date, timestamp, authorization)
    payload_hash = headers.get("x-amz-content-sha256")
    if service == "s3":
        _check_payload_hash(payload_hash)
    return Signature(
        access_key_id, date, region, service, _names(signed), signature, timestamp, timestamp_ms,
        False, None, headers.get("x-amz-security-token"), payload_hash,
    )  # fmt: skip


def _from_query(query: str, headers: Mapping[str, str]) -> Signature | None:
    found = _auth_parameters(query)
    if not found:
        return None
    service = _scope_service(found.get("X-Amz-Credential", "")) or _guess(headers)
    _check_parameters(service, found)
    access_key_id, date, region, service = _query_scope(service, found["X-Amz-Credential"])
    timestamp = found["X-Amz-Date"]
    payload_hash = headers.get("x-amz-content-sha256") or found.get("X-Amz-Content-Sha256")
    if service == "s3":
        payload_hash = payload_hash or UNSIGNED
        _check_payload_hash(payload_hash)
    return Signature(
        access_key_id, date, region, service, _names(found["X-Amz-SignedHeaders"]), found["X-Amz-Signature"],
        timestamp, _query_time(service, timestamp, date), True, _expires(service, found.get("X-Amz-Expires", "900")),
        found.get("X-Amz-Security-Token"), payload_hash,
    )  # fmt: skip


def _check_parameters(service: str, found: Mapping[str, str]) -> None:
    if "X-Amz-Algorithm" not in found and "AWSAccessKeyId" in found:
        raise errors.unsupported_mechanism()
    if any(name not in found for name in _QUERY_PARAMETERS if name != "X-Amz-Expires" or service == "s3"):
        text = (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
        raise errors.malformed_query(service, text)
    if found["X-Amz-Algorithm"] != ALGORITHM:
        raise errors.malformed_query(service, f'X-Amz-Algorithm only supports "{ALGORITHM}"')


def _query_scope(service: str, credential: str) -> tuple[str, str, str, str]:
    scope = credential.rsplit("/", 4)
    if len(scope) != 5 or scope[4] != "aws4_request" or not scope[0] or not scope[3]:
        text = f"Error parsing the X-Amz-Credential parameter; {_CREDENTIAL_FORM}"
        raise errors.malformed_query(service, text)
    return scope[0], scope[1], scope[2], scope[3]


def _query_time(service: str, timestamp: str, date: str) -> int:
    timestamp_ms = _milliseconds(timestamp)
    if timestamp_ms is None:
        text = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise errors.malformed_query(service, text)
    if date != timestamp[:8]:
        text = (
            f'Error parsing the X-Amz-Credential parameter; Invalid credential date "{date}". '
            f'This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )
        raise errors.malformed_query(service, text)
    return timestamp_ms


def _auth_parameters(query: str) -> dict[str, str]:
    found = {}
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if name in found and name in _QUERY_PARAMETERS:
            raise errors.malformed_query("s3", f"{name} may be given only once.")
        if name.startswith("X-Amz-") or name == "AWSAccessKeyId":
            found[name] = unquote(value)
    # X-Amz-Security-Token and the like alone do not make a request a signed one.
    signs = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "AWSAccessKeyId")
    return found if any(name in found for name in signs) else {}


def _expires(service: str, text: str) -> int:
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()):
        raise errors.malformed_query(service, "X-Amz-Expires should be a number")
    if text[0] == "-":
        raise errors.malformed_query(service, "X-Amz-Expires must be non-negative")
    if len(digits) > 9 or int(digits) > errors.MAX_EXPIRES_S:
        text = (
            "X-Amz-Expires must be less than a week (in seconds); "
            "that is, the given X-Amz-Expires must be less than 604800"
        )
        raise errors.malformed_query(service, text)
    return int(digits)


def _components(rest: str) -> dict[str, str]:
    parts = {}
    for item in rest.split(","):
        name, _, value = item.strip().partition("=")
        parts[name] = value.strip()
    return parts


@lru_cache(maxsize=512)
def _names(signed: str) -> tuple[str, ...]:
    return tuple(signed.lower().split(";"))


def _header_time(service: str, authorization: str, headers: Mapping[str, str]) -> tuple[str, int]:
    text = headers.get("x-amz-date")
    if text is None:
        text = _iso_of_date(headers.get("date", ""))
    timestamp_ms = _milliseconds(text)
    if timestamp_ms is not None:
        return text, timestamp_ms
    if service == "s3":
        raise AwsError(
            "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", status=403
        )
    if not text:
        detail = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        raise errors.incomplete(service, f"{detail} Authorization={authorization}")
    detail = (
        f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )
    raise errors.incomplete(service, detail)


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


def _check_payload_hash(value: str | None) -> None:
    if value is None:
        text = "Missing required header for this request: x-amz-content-sha256"
        raise AwsError("InvalidRequest", text, status=400)
    if _SHA256.fullmatch(value) or value in _PAYLOAD_WORDS:
        return
    text = (
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER "
        "or a valid sha256 value."
    )
    raise AwsError(
        "InvalidArgument", text, status=400, ArgumentName="x-amz-content-sha256", ArgumentValue=value
    )


def _unsupported_header(algorithm: str, authorization: str, headers: Mapping[str, str]) -> AwsError:
    service = _guess(headers)
    if service != "s3":
        text = f"Unsupported authorization type, got '{algorithm}'. Authorization={authorization}"
        return errors.incomplete(service, text)
    if algorithm.startswith("AWS"):
        return errors.unsupported_mechanism()
    return AwsError(
        "InvalidArgument",
        "Unsupported Authorization Type",
        status=400,
        ArgumentName="Authorization",
        ArgumentValue=authorization,
    )


def _missing_components(parts: Mapping[str, str], authorization: str, headers: Mapping[str, str]) -> AwsError:
    service = _scope_service(parts.get("Credential", "")) or _guess(headers)
    if service == "s3":
        text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        return errors.malformed_header(service, text, authorization)
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if name not in parts]
    text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
    return errors.malformed_header(service, text, authorization)


def _malformed_credential(credential: str, authorization: str, headers: Mapping[str, str]) -> AwsError:
    service = _scope_service(credential) or _guess(headers)
    if service == "s3":
        return errors.malformed_header(service, _CREDENTIAL_FORM, authorization)
    text = (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        f"got '{credential}'"
    )
    return errors.incomplete(service, text)


def _wrong_scope_date(service: str, date: str, timestamp: str, authorization: str) -> AwsError:
    if service == "s3":
        text = (
            f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{timestamp[:8]}".'
        )
        return errors.malformed_header(service, text, authorization)
    text = (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{date}' != '{timestamp[:8]}', from '{timestamp}'."
    )
    return errors.coded(service, "SignatureDoesNotMatch", "InvalidSignatureException", text)


def _scope_service(credential: str) -> str:
    parts = credential.rsplit("/", 4)
    return parts[3] if len(parts) == 5 else ""


def _guess(headers: Mapping[str, str]) -> str:
    """Returns whose words to use when the scope cannot be read; "sts" speaks for the query services."""
    if "x-amz-target" in headers:
        return "json"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "sts"
    return "s3"
