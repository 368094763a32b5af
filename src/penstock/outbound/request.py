"""What is sent out, and what comes back."""

import re
from collections.abc import Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"([!-~]([ -~]*[!-~])?)?")


class OutboundRequest(NamedTuple):
    """One request: ``url`` may hold a user and a password, which are neither sent in it nor shown.

    ``shown`` is what errors call the URL when its query is nobody else's business.
    """

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    timeout_s: int
    shown: str = ""


def is_sendable(name: str, value: str) -> bool:
    """Returns whether a header can be sent: printable ASCII, without blanks around it, a name that is a token."""
    return _TOKEN.fullmatch(name) is not None and _VALUE.fullmatch(value) is not None


class Answer(NamedTuple):
    """Status, headers by their names in lower case, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: str
