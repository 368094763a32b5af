"""A delivery that has a row: the states it goes through, how one try went, what becomes of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from penstock.delivery.documents import Sender
from penstock.delivery.ladder import Ladder
from penstock.delivery.message import Message
from penstock.delivery.trace_header import Carried, Trace, lineage, with_lineage
from penstock.delivery.turn import ANY_TURN, Turn


class State(StrEnum):
    """Where a delivery stands; ``DUE`` and ``LEASED`` are its way, ``DELIVERED`` and ``DEAD`` its end."""

    DUE = "due"
    LEASED = "leased"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Job:
    """A leased delivery.

    ``attempts`` counts the tries already finished: by the sender's ladder until the destination accepts the message
    at ``accepted_ms``, from then on by the destination's own. ``created_ms`` is when the row was made. ``span``
    (16 hexadecimal digits) names this very attempt: pass it on as ``Parent`` in the trace header, and whatever is
    written under it is linked to this attempt in the ledger. ``sender`` is None when a caller brought the message.
    """

    id: int
    arn: str
    message: Message
    span: str
    attempts: int
    created_ms: int
    accepted_ms: int | None
    sender: Sender | None = None
    ladder: Ladder | None = None
    turn: Turn = ANY_TURN

    @property
    def trace_header(self) -> Trace:
        """Returns the header to hand on: root and lineage of the message's trace with this attempt as parent."""
        trace = self.message.trace
        own = trace.own if isinstance(trace, Carried) else trace
        root = own.split(";", 1)[0]
        return with_lineage(f"{root};Parent={self.span};Sampled=1", lineage(own))


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try went, as the target saw it.

    ``ok`` False needs an ``error`` for people. ``throttled`` means that the destination could not take it now, which
    does not count as a try. ``outage``: the destination itself was out of order (no answer, an error of its own), which
    says nothing of the message; many in a row open its breaker. ``detail`` goes to the ledger: ``request_id``,
    ``duration_ms``, ``log_group``, ``log_stream``, ``error_type``, ``response``.
    """

    ok: bool
    error: str = ""
    throttled: bool = False
    outage: bool = False
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination has it; ``receipt`` is what it calls it, ``reason`` what could not be done beside."""

    receipt: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """It will be tried again at ``due_ms``, which is a step of ``ladder``."""

    due_ms: int
    reason: str
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Dead:
    """It will not be tried again. ``dead_letter`` is the ARN that took the message; None: ``reason`` is the record."""

    reason: str
    dead_letter: str | None = None


Outcome = Delivered | Retry | Dead
