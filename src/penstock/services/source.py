"""Event sources of functions and pipes: whatever a service has that they can be fed from.

A service offers its kinds by ``Service.sources``; who is fed reads them, by a poller for each (``services/poller.py``).

A queue is the first kind. A stream fits as well: its kind opens one source for each shard. Such a source returns
nothing more from ``receive`` until what it gave last has been finished, so that a shard's order holds, and only as
much as one batch takes. ``finish`` writes the checkpoint: behind the last message before the first that failed. What
failed is given again by the next ``receive``, in halves when the mapping bisects; a source counts the tries and the
age, and past the mapping's bounds (``MaximumRetryAttempts``, ``MaximumRecordAgeInSeconds``) it sends what it gives up
to the mapping's destination and moves its checkpoint on.
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.server import Call, Params


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a function is to process.

    ``id`` is what ``batchItemFailures`` calls it. ``size`` is how many bytes of a payload it takes. ``turn`` grows
    whenever it is given anew: only the latest can be finished. ``trace`` is the trace header that came with it.
    ``content`` is its source's own. Of one ``group`` only one batch runs at a time.
    """

    id: str
    size: int
    turn: int
    trace: str | None
    content: dict[str, Any]
    group: str | None = None


class Fed(Protocol):
    """The function, or the pipe, that is fed."""

    @property
    def service(self) -> str:
        """Returns who assumes its role: ``lambda.amazonaws.com``."""

    @property
    def arn(self) -> str:
        """Returns its ARN."""

    @property
    def session_name(self) -> str:
        """Returns what its role's sessions are called."""

    @property
    def account(self) -> str:
        """Returns the account that owns it."""

    @property
    def region(self) -> str:
        """Returns where it is."""

    @property
    def name(self) -> str:
        """Returns its name."""

    @property
    def role(self) -> str:
        """Returns the ARN of the role as which its source is read."""

    @property
    def timeout_s(self) -> int:
        """Returns how long it may run."""


class Feed(Protocol):
    """The event source mapping: which source, and how it is read. ``settings`` has AWS's member names."""

    @property
    def uuid(self) -> str:
        """Returns its id, under which a source may keep where it stands."""

    @property
    def source_arn(self) -> str:
        """Returns the source's ARN."""

    @property
    def settings(self) -> MappingOf[str, Any]:
        """Returns what was set."""


class Source(Protocol):
    """What one poller reads, as its function's role. Everything that asks others raises AwsError as they answer it."""

    batches_at_once: int
    """How many batches may be unfinished at once."""

    window_s: int
    """How long messages are gathered for a batch by who reads; 0: what it returns is a batch."""

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        """Returns up to ``count`` messages; waits ``wait_s`` for the first. May be cancelled at any time."""

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        """Takes in how a batch ended: what is ``done`` never comes again, what has ``failed`` does."""

    def event(self, messages: list[Message]) -> bytes:
        """Returns the payload that the function gets, as JSON."""

    def left_out(self, message: Message) -> str:
        """Returns why the mapping's filters leave out what ``receive`` gave; "" when they do not."""

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        """Returns the ids of those ``messages`` that the function's ``response`` says it could not process.

        Asked of every answer that is no error; whether answers say such a thing is the mapping's to set.
        """


class SourceKind(Protocol):
    """What a mapping may say of one kind of source, found by the service in the source's ARN."""

    label: str
    """What this kind is called, in the plural, in an answer to who asks for another."""

    def settings(self, old: MappingOf[str, Any], params: Params, source_arn: str) -> dict[str, Any]:
        """Returns ``old`` (empty for a new mapping) with what ``params`` set; AwsError when it cannot be so."""

    async def check(self, call: Call, function: Fed, source_arn: str) -> None:
        """Raises AwsError when the function could not be fed from ``source_arn``."""

    def open(self, feed: Feed) -> Sequence[Source]:
        """Returns what is to be read for the mapping, each part by a poller of its own."""
