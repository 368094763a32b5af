"""What a browser is told about the pages that may use a function URL.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from collections.abc import Mapping
from typing import Any

Headers = list[tuple[bytes, bytes]]

_ANY = "*"


def preflight_headers(cors: dict[str, Any], asked: Mapping[str, str]) -> Headers:
    """Returns what answers a browser's preflight; nothing when the origin may not send the request."""
    headers = shared_headers(cors, asked)
    if not headers:
        return []
    for header, member in (
        (b"access-control-allow-methods", "AllowMethods"),
        (b"access-control-allow-headers", "AllowHeaders"),
    ):
        if listed := cors.get(member):
            headers.append((header, ",".join(listed).encode()))
    if (max_age := cors.get("MaxAge")) is not None:
        headers.append((b"access-control-max-age", b"%d" % max_age))
    return headers


def shared_headers(cors: dict[str, Any], asked: Mapping[str, str]) -> Headers:
    """Returns what lets the page read the answer; nothing when its origin may not."""
    origin, origins = asked.get("origin", ""), cors.get("AllowOrigins") or []
    if not origin or (_ANY not in origins and origin not in origins):
        return []
    credentials = cors.get("AllowCredentials") is True
    allowed = origin if credentials or _ANY not in origins else _ANY
    headers: Headers = [(b"access-control-allow-origin", allowed.encode()), (b"vary", b"Origin")]
    if credentials:
        headers.append((b"access-control-allow-credentials", b"true"))
    if exposed := cors.get("ExposeHeaders"):
        headers.append((b"access-control-expose-headers", ",".join(exposed).encode()))
    return headers
