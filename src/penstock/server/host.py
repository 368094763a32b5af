"""Headers that every request is checked for: their size, and a Host that a URL can have."""

import re
from functools import lru_cache

from penstock.errors import AwsError
from penstock.server.request import Request, large_headers

MAX_HEADER_BYTES = 8192
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""

MAX_HOST = 262  # a DNS name of 255 characters, a colon, a port

_HOST = re.compile(r"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def checked_host(request: Request) -> str:
    """Returns the name that the client called, in lower case and without a port.

    AwsError ``InvalidHostHeader`` when there is none, or two, or what no URL has there (a slash would become part of
    a bucket's name, and of what is signed). ``RequestHeaderSectionTooLarge`` when the headers' names and values
    together are longer than AWS takes them: what handlers store of them has a bound because of it.
    """
    if request.header_bytes > MAX_HEADER_BYTES:
        raise large_headers(Size=request.header_bytes, MaxSizeAllowed=MAX_HEADER_BYTES)
    host = request.headers.get("host", "")
    name = host_name(host) if len(host) <= MAX_HOST else None
    if name is None:
        raise AwsError(
            "InvalidHostHeader", "The Host header of the request is missing or invalid.", status=400
        )
    return name


@lru_cache(maxsize=1024)
def host_name(header: str) -> str | None:
    """Returns the name in a Host header of up to ``MAX_HOST`` characters; None when no URL could have it."""
    found = _HOST.fullmatch(header)
    return found[1].lower() if found else None
