"""The seam between delivery and the services that events are delivered to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from penstock.delivery.job import Attempt, Job, Outcome
from penstock.errors import PenstockError
from penstock.store import ReadTx, Tx


class DestinationError(PenstockError):
    """The destination cannot take deliveries from this source: it is missing, forbids it, or is of a wrong kind."""


class MissingDestination(DestinationError):
    """There is no such destination."""


class ForbiddenDestination(DestinationError):
    """The destination's policy does not let this source in."""


class Source(NamedTuple):
    """Who delivers: the AWS service principal (``s3.amazonaws.com``), for which resource, of which account."""

    service: str
    arn: str
    account: str


class Message(NamedTuple):
    """What is delivered: ``body`` is text (JSON), ``trace`` the ``X-Amzn-Trace-Id`` to pass on.

    ``attributes`` are SQS message attributes (name to ``{"DataType", "StringValue"}``), for dead letters.
    """

    body: str
    trace: str
    attributes: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class StoredTarget(Protocol):
    """A destination whose messages are rows of this store (an SQS queue), so a delivery is part of the commit."""

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to ``arn`` now; else raises DestinationError saying why not."""

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Stores the message and returns its id; raises DestinationError, having stored nothing."""


class LeasedTarget(Protocol):
    """A destination that takes time (a function, an HTTP endpoint): the worker leases a job and calls ``send``."""

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to ``arn`` now; else raises DestinationError saying why not."""

    async def send(self, job: Job) -> Attempt:
        """Tries once and says how it went. Raising is a defect: the worker logs it and retries the job."""

    def outcome(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of the job after this attempt; writes what must be written with it (dead letters)."""


Target = StoredTarget | LeasedTarget
