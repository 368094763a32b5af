"""What is delivered, and what it goes back to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from penstock.delivery.trace_header import Carried, Trace
from penstock.delivery.turn import ANY_TURN, Turn

_MAX_PASSED_OVER = 16


class Origin:
    """The event, the rule and the replay that messages go back to, and what has come of them within one transaction.

    ``count`` are the destinations offered something, ``taken`` those that took it: ``rule``, ``arn``, ``receipt``;
    and some that were passed over: with a ``state`` of their own, and why as ``error``. ``turn`` is what the rule
    says of the event.
    """

    __slots__ = ("count", "event", "passed_over", "replay", "rule", "taken", "turn")

    def __init__(
        self,
        event: int | None = None,
        rule: str | None = None,
        replay: str | None = None,
        turn: Turn = ANY_TURN,
    ) -> None:
        self.event = event
        self.rule = rule
        self.replay = replay
        self.turn = turn
        self.count = 0
        self.passed_over = 0
        self.taken: list[dict[str, str | None]] = []

    @property
    def wants_passed_over(self) -> bool:
        """Returns whether the ledger is still told of who is passed over: not of more than a person would read."""
        return self.event is not None and self.passed_over < _MAX_PASSED_OVER

    def pass_over(self, arn: str, via: str, why: str) -> None:
        """Notes that ``via`` did not let the message pass to ``arn``."""
        self.passed_over += 1
        passed = {"rule": self.rule, "arn": arn, "receipt": None, "via": via}
        self.taken.append({**passed, "state": "filtered", "error": why})

    def begin(self) -> None:
        """Called when a transaction begins with it: what came of it in another one does not count."""
        self.count = self.passed_over = 0
        self.taken.clear()


class Message(NamedTuple):
    """One message on its way to one destination.

    ``body`` is UTF-8 text, mostly JSON; ``trace`` the ``X-Amzn-Trace-Id`` to pass on. ``attributes`` are SQS message
    attributes: name to ``{"DataType", "StringValue" or "BinaryValue"}``. ``group`` and ``deduplication_id`` are what
    FIFO destinations order and compare by. ``subject`` is for those destinations that show one. ``origin`` is
    delivery's own: whoever makes messages of a message (a topic) makes them by ``_replace``, which keeps it.
    ``request_id`` is how the answer to the caller who brought it calls it; None when no caller did. ``structured``: the
    body is a document of texts by the protocols of topics, which a topic reads apart.
    """

    body: bytes
    trace: Trace | Carried
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    group: str | None = None
    deduplication_id: str | None = None
    subject: str | None = None
    origin: Origin | None = None
    request_id: str | None = None
    structured: bool = False
