"""Discoverers as destinations of the rules that bring them a bus's events."""

from functools import partial

from penstock.delivery import (
    DestinationError,
    ForbiddenDestination,
    Message,
    MissingDestination,
    Source,
    Target,
)
from penstock.errors import AwsError
from penstock.services.schemas.arns import named
from penstock.services.schemas.limits import MAX_SAMPLE_BYTES, MAX_SAMPLES
from penstock.services.schemas.records import get_discoverer
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.schemas")

_SENDER = "events.amazonaws.com"
STARTED = "STARTED"


class SchemasTarget(Target):
    """Delivery's way to the discoverers."""

    def __init__(self, schemas: SchemasState) -> None:
        self._schemas = schemas

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when it is EventBridge that sends, for the discoverer's account; DestinationError."""
        name = named(arn)
        if name is None or name.kind != "discoverer":
            raise DestinationError(f"{arn} is not the ARN of a discoverer.")
        if source.service != _SENDER or source.account != name.place.account:
            raise ForbiddenDestination(f"{arn} takes events of its account's buses only.")
        try:
            get_discoverer(tx, name.place, name.names[0])
        except AwsError as error:
            raise MissingDestination(error.message) from None

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Keeps the event to be looked at, unless too much waits already; DestinationError."""
        self.check(tx, arn, source)
        name = named(arn)
        assert name is not None  # it has been checked
        is_small = len(message.body) <= MAX_SAMPLE_BYTES
        if is_small and tx.one(Q.find_many_samples, MAX_SAMPLES) is None:
            tx.insert(Q.add_sample, *name.place, message.body.decode())
            tx.after_commit(partial(self._schemas.woken.set))
        return name.names[0]
