"""The canonical request: the one text that client and server both sign.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from hashlib import _Hash

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_WIRE = ("latin-1", "backslashreplace")  # what came over the wire is Latin-1; other text was never signed
_BLOCK = 64  # bytes that SHA-256 takes at a time
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
EMPTY_SHA256 = sha256(b"").hexdigest()


def sent_query(query: str) -> str:
    """Returns the query as sent, sorted, without the signature."""
    return _sorted(_pairs(query))


def encoded_query(query: str) -> str:
    """Returns the query decoded, encoded AWS's way, and sorted, without the signature."""
    return _sorted((_recode(name), _recode(value)) for name, value in _pairs(query))


def canonical_headers(headers: Mapping[str, str], names: Iterable[str]) -> str:
    """Returns one ``name:value`` line for each of ``names``; a missing header counts as empty."""
    lines = ""
    for name in names:
        value = headers.get(name, "")
        if "  " in value or "\t" in value or value[:1] == " " or value[-1:] == " ":
            value = collapsed(value)
        lines += f"{name}:{value}\n"
    return lines


def canonical_request(
    method: str, path: str, query: str, headers: str, signed_headers: str, payload_hash: str
) -> str:
    """Returns the canonical request; its parts are canonical already."""
    return f"{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}"


def string_to_sign(timestamp: str, scope: str, canonical: str) -> str:
    """Returns what the signing key signs; ``scope`` is ``date/region/service/aws4_request``."""
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode(*_WIRE)).hexdigest()}"


@lru_cache(maxsize=1024)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Returns the key for one day, region and service."""
    key = b"AWS4" + octets(secret)
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, octets(part), "sha256")
    return key


def hex_hmac(key: bytes, text: str) -> str:
    """Returns the signature of ``text`` as lower-case hex."""
    inner, outer = _keyed(key)
    mac = inner.copy()
    mac.update(text.encode(*_WIRE))
    whole = outer.copy()
    whole.update(mac.digest())
    return whole.hexdigest()


@lru_cache(maxsize=1024)
def _keyed(key: bytes) -> tuple["_Hash", "_Hash"]:
    """Returns the two hashes of HMAC, the key already in them: to set them up costs more than to sign a text.

    From Python's ``hmac`` a copy of what is set up takes twice the time. Source: RFC 2104, section 2.
    """
    block = (key if len(key) <= _BLOCK else sha256(key).digest()).ljust(_BLOCK, b"\0")
    return sha256(block.translate(_INNER)), sha256(block.translate(_OUTER))


def octets(text: str) -> bytes:
    """Returns the bytes that came over the wire as ``text``: headers are read as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def collapsed(value: str) -> str:
    """Returns a header's value as it is signed: runs of spaces and tabs are one space, none at either end.

    Nothing else counts as a space: a signature of one value would be good for another.
    """
    return " ".join([part for part in value.replace("\t", " ").split(" ") if part])


def normalised(path: str) -> str:
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
