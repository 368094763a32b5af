"""A delivery that takes time: what is leased, how one try went, what becomes of it."""

from dataclasses import dataclass, field

from penstock.delivery.trace_header import lineage, with_lineage


@dataclass(frozen=True, slots=True)
class Job:
    """A leased delivery.

    ``attempts`` counts the tries already finished, ``created_ms`` when the job was made. ``trace`` is the
    ``X-Amzn-Trace-Id`` of its cause. ``span`` (16 hexadecimal digits) names this very attempt: pass it on as
    ``Parent`` in the trace header, and whatever is written under it is linked to this attempt in the ledger.
    """

    id: int
    arn: str
    account: str
    payload: bytes
    trace: str
    span: str
    attempts: int
    created_ms: int
    source: str
    """The service principal that delivers, ``s3.amazonaws.com``; empty for a caller's own asynchronous invoke."""
    source_arn: str = ""

    @property
    def trace_header(self) -> str:
        """Returns the header to hand on: root and lineage of ``trace`` with this attempt as parent."""
        root = self.trace.split(";", 1)[0]
        return with_lineage(f"{root};Parent={self.span};Sampled=1", lineage(self.trace))


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try went, as the target saw it.

    ``ok`` False needs an ``error`` for people. ``throttled`` means that the destination could not take it now, which
    does not count as a try. ``detail`` goes to the ledger: ``request_id``, ``duration_ms``, ``log_group``,
    ``log_stream``, ``error_type``, ``response``.
    """

    ok: bool
    error: str = ""
    throttled: bool = False
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a job: ``delivered``, ``retry`` at ``due_ms``, or ``dead`` with where its message went.

    ``dead_letter`` is the ARN that took the message and None when the target has none: then ``reason`` is the record.
    """

    state: str
    due_ms: int = 0
    reason: str = ""
    dead_letter: str | None = None

    @classmethod
    def delivered(cls) -> "Outcome":
        """The destination has it."""
        return cls("delivered")

    @classmethod
    def retry(cls, due_ms: int, reason: str) -> "Outcome":
        """It will be tried again at ``due_ms``."""
        return cls("retry", due_ms, reason)

    @classmethod
    def dead(cls, reason: str, dead_letter: str | None) -> "Outcome":
        """It will not be tried again."""
        return cls("dead", 0, reason, dead_letter)
