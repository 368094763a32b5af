"""What goes into a codec and what comes out of it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from penstock.wire.models.model import OperationModel


@dataclass(slots=True)
class WireRequest:
    """A request as sent: path and query still percent-encoded, header names lower-case, the body whole.

    Virtual-hosted S3 requests are rewritten to path style before they get here. ``body`` is empty when the
    operation streams it.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(slots=True)
class WireResponse:
    """An answer ready for the socket; the body of a streamed operation is passed through as it was given."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes | AsyncIterator[bytes]


@dataclass(slots=True)
class Route:
    """Which operation a request means, with what its URI already said (decoded)."""

    operation: OperationModel
    labels: dict[str, str] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
