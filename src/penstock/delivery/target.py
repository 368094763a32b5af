"""The seams between delivery and the services: who takes what is sent, and who sends changes."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol

from penstock.delivery.change import ObjectChange
from penstock.delivery.job import Attempt, Dead, Delivered, Job, Outcome
from penstock.delivery.ladder import Ladder
from penstock.delivery.message import Message
from penstock.delivery.rule import Rule
from penstock.delivery.source import Source
from penstock.delivery.standing import Standing
from penstock.delivery.turn import NO_PRECEDENCE, Precedence
from penstock.errors import PenstockError
from penstock.store import ReadTx, Tx


class DestinationError(PenstockError):
    """The destination cannot take deliveries from this source: it is missing, forbids it, or is of a wrong kind."""


class MissingDestination(DestinationError):
    """There is no such destination."""


class ForbiddenDestination(DestinationError):
    """The destination's policy, or the sender's own, does not let this source in."""


class Undeliverable(DestinationError):
    """The destination will never take the message; ``dead_letter`` is the ARN where the transaction has put it."""

    def __init__(self, reason: str, dead_letter: str | None = None) -> None:
        super().__init__(reason)
        self.dead_letter = dead_letter


class Question(NamedTuple):
    """What is asked of a destination that answers at once.

    ``http`` are AWS's HttpParameters, ``event`` is what their paths look into.
    """

    body: bytes
    event: Mapping[str, Any]
    http: Mapping[str, Any]


class Target(Protocol):
    """One kind of destination.

    One whose messages are rows of this store (a queue) has each as soon as it accepts it. One that takes time
    (a function, an HTTP endpoint) accepts, and is carried to. One that makes more deliveries (a topic) hands each to
    ``Delivery.send`` from its ``accept``. Who derives from this class writes only what it needs.
    """

    is_public: ClassVar[bool] = True
    """Whether others may name its resources as destinations; else only the service itself sends there."""

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to ``arn`` now; else raises DestinationError saying why not."""

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str | None:
        """Takes the message and returns its receipt, or None when it has to be carried.

        It checks as ``check`` does, and nobody else will. DestinationError: nothing is stored. Undeliverable: it is
        not to be tried again, and may be stored elsewhere.
        """

    def precedence(self, tx: ReadTx, arn: str) -> Precedence:
        """Returns what the owner of ``arn`` says of deliveries to it now; it costs no read of its own."""
        return NO_PRECEDENCE

    async def attempt(self, job: Job) -> Attempt:
        """Tries once to carry what was accepted, and says how it went. Raising is a defect: it is tried again."""
        raise DestinationError(f"{job.arn} has what it accepts, nothing is carried to it")

    async def ask(self, arn: str, source: Source, question: Question) -> bytes:
        """Returns what ``arn`` answers; DestinationError, also when it fails, or only takes messages."""
        raise DestinationError(f"{arn} does not answer")

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of the job after this attempt; writes what must be written with it (dead letters).

        When its transaction cannot be made durable it is called again, with the same attempt.
        """
        return Delivered() if attempt.ok else Dead(attempt.error)

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether ``arn`` would take the message from ``source`` now, and how it would go on to ``wanted``.

        It asks what ``accept`` asks, so that what is explained is what is decided.
        """
        try:
            self.check(tx, arn, source)
        except DestinationError as refused:
            return Standing(str(refused))
        return Standing()


class Nowhere(Target):
    """Every destination that this server does not have."""

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Raises DestinationError."""
        raise DestinationError(f"{arn} is not a destination that this server has")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> None:
        """Raises DestinationError."""
        self.check(tx, arn, source)


class ChangeSender(NamedTuple):
    """The service that sends changes to the destinations of rules.

    ``source`` returns who sends for a bucket and its account; ``body`` what the destination of a rule reads of a
    change and its number, and ``replayed`` when it is sent again in a replay. ``rule_to`` is the rule that sends
    everything to an ARN. ``ladder`` says when it tries again what a destination refuses. ``subject``
    is what its messages are called where they have one.
    """

    source: Callable[[str, str], Source]
    body: Callable[[ObjectChange, int, Rule], bytes]
    replayed: Callable[[ObjectChange, int, Rule, str], bytes]
    rule_to: Callable[[str], Rule]
    ladder: Ladder
    subject: str | None = None
