"""The Host header: a name that a URL can have, or a request that is refused."""

import re
from functools import lru_cache

from penstock.errors import AwsError
from penstock.server.request import Request

MAX_HOST = 262  # a DNS name of 255 characters, a colon, a port

_HOST = re.compile(r"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def host_of(request: Request) -> str:
    """Returns the name that the client called, in lower case and without a port.

    AwsError ``InvalidHostHeader`` when there is none, or two, or what no URL has there (a slash would become part of
    a bucket's name, and of what is signed).
    """
    header = request.headers.get("host", "")
    name = _name(header) if len(header) <= MAX_HOST else None
    if name is None:
        raise AwsError(
            "InvalidHostHeader", "The Host header of the request is missing or invalid.", status=400
        )
    return name


@lru_cache(maxsize=1024)
def _name(header: str) -> str | None:
    found = _HOST.fullmatch(header)
    return found[1].lower() if found else None
