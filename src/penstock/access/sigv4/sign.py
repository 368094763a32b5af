"""Signing requests: for our own clients and for tests."""

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, urlsplit

from penstock.access.sigv4 import canonical
from penstock.access.sigv4.canonical import ALGORITHM, UNSIGNED
from penstock.access.sigv4.style import OBJECTS, Style
from penstock.access.wording.times import basic


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    access_key_id: str,
    secret: str,
    service: str,
    region: str,
    now_ms: int,
    session_token: str | None = None,
    payload_hash: str | None = None,
    style: Style = OBJECTS,
) -> dict[str, str]:
    """Returns ``headers`` (lower-case names) with those that sign the request.

    ``url`` is percent-encoded. ``body`` None with no ``payload_hash`` signs ``UNSIGNED-PAYLOAD``, which only a
    style that states the hash of the body knows.
    """
    parts = urlsplit(url)
    signed = {name.lower(): value for name, value in headers.items()}
    signed.setdefault("host", parts.netloc.rpartition("@")[2])
    signed["x-amz-date"] = timestamp = basic(now_ms)
    if session_token:
        signed["x-amz-security-token"] = session_token
    hashed = payload_hash or (UNSIGNED if body is None else sha256(body).hexdigest())
    if style.states_payload:
        signed["x-amz-content-sha256"] = hashed
    names = sorted(signed)
    request = canonical.canonical_request(
        method,
        style.sent_path(parts.path),
        canonical.sent_query(parts.query),
        canonical.canonical_headers(signed, names),
        ";".join(names),
        hashed,
    )
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    key = canonical.signing_key(secret, timestamp[:8], region, service)
    signature = canonical.hex_hmac(key, canonical.string_to_sign(timestamp, scope, request))
    signed["authorization"] = (
        f"{ALGORITHM} Credential={access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return signed


def presign(
    method: str,
    url: str,
    *,
    access_key_id: str,
    secret: str,
    service: str,
    region: str,
    now_ms: int,
    expires_s: int = 3600,
    session_token: str | None = None,
    style: Style = OBJECTS,
) -> str:
    """Returns ``url`` (percent-encoded) with a query that lets whoever holds it make the request."""
    parts = urlsplit(url)
    timestamp = basic(now_ms)
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    added = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key_id}/{scope}",
        "X-Amz-Date": timestamp,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    }
    if session_token:
        added["X-Amz-Security-Token"] = session_token
    query = "&".join([*filter(None, [parts.query]), *(f"{n}={quote(v, safe='~')}" for n, v in added.items())])
    request = canonical.canonical_request(
        method,
        style.sent_path(parts.path),
        canonical.sent_query(query),
        canonical.canonical_headers({"host": parts.netloc.rpartition("@")[2]}, ["host"]),
        "host",
        style.presigned_payload,
    )
    key = canonical.signing_key(secret, timestamp[:8], region, service)
    signature = canonical.hex_hmac(key, canonical.string_to_sign(timestamp, scope, request))
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{query}&X-Amz-Signature={signature}"
