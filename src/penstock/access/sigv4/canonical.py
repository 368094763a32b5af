"""The canonical request: the one text that client and server both sign.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = sha256(b"").hexdigest()


def sent_path(path: str, service: str) -> str:
    """Returns the canonical URI of a client that signs the path as it sends it."""
    if service == "s3":
        return path or "/"
    return quote(_normalise(path), safe="/~")


def encoded_path(path: str, service: str) -> str:
    """Returns the canonical URI of a client that signs the path encoded AWS's way, however it sends it."""
    if service == "s3":
        return quote(unquote_to_bytes(path or "/"), safe="/~")
    return quote(quote(unquote_to_bytes(_normalise(path)), safe="/~"), safe="/~")


def sent_query(query: str) -> str:
    """Returns the query as sent, sorted, without the signature."""
    if not query:
        return ""
    return _sorted(_pairs(query))


def encoded_query(query: str) -> str:
    """Returns the query decoded, encoded AWS's way, and sorted, without the signature."""
    return _sorted((_recode(name), _recode(value)) for name, value in _pairs(query))


def canonical_headers(headers: Mapping[str, str], names: Iterable[str]) -> str:
    """Returns one ``name:value`` line for each of ``names``; a missing header counts as empty."""
    return "".join([f"{name}:{_collapse(headers.get(name, ''))}\n" for name in names])


def canonical_request(
    method: str, path: str, query: str, headers: str, signed_headers: str, payload_hash: str
) -> str:
    """Returns the canonical request; its parts are canonical already."""
    return f"{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}"


def string_to_sign(timestamp: str, scope: str, canonical: str) -> str:
    """Returns what the signing key signs; ``scope`` is ``date/region/service/aws4_request``."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(octets(canonical)).hexdigest()}"


@lru_cache(maxsize=1024)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Returns the key for one day, region and service."""
    key = b"AWS4" + octets(secret)
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, octets(part), "sha256")
    return key


def hex_hmac(key: bytes, text: str) -> str:
    """Returns the signature of ``text`` as lower-case hex."""
    mac = _keyed(key).copy()
    mac.update(octets(text))
    return mac.hexdigest()


@lru_cache(maxsize=1024)  # to set the key up costs more than to sign a text with it
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def octets(text: str) -> bytes:
    """Returns the bytes that came over the wire as ``text``: headers are read as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = []
    for item in query.split("&"):
        name, _, value = item.partition("=")
        if item and name != "X-Amz-Signature":
            pairs.append((name, value))
    return pairs


def _sorted(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _recode(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="~")


def _collapse(value: str) -> str:
    return " ".join(value.split()) if "  " in value or "\t" in value else value.strip()


def _normalise(path: str) -> str:
    """Returns the path without empty, ``.`` and ``..`` segments; a trailing slash stays."""
    if "//" not in path and "/." not in path:
        return path or "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    slash = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + slash
