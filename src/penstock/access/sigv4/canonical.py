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
_WIRE = ("latin-1", "backslashreplace")  # what came over the wire is Latin-1; other text was never signed
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
    mac = _keyed(key).copy()
    mac.update(text.encode(*_WIRE))
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
