"""What is sent out, and what comes back."""

from collections.abc import Mapping
from typing import NamedTuple


class OutboundRequest(NamedTuple):
    """One request: ``url`` may hold a user and a password, which are neither sent in it nor shown."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    timeout_s: int


class Answer(NamedTuple):
    """Status, headers by their names in lower case, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    text: str
