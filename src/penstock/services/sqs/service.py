"""The SQS service: its operations, its state, who waits for its messages."""

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

from penstock.access import QUERY, Wording
from penstock.delivery import Target
from penstock.measurements import MINUTE_MS
from penstock.recurring import Recurring
from penstock.server import Operations, Resource, Trail
from penstock.services.quotas import Quotas
from penstock.services.service import Parts, Service
from penstock.services.sqs.in_flight import InFlight
from penstock.services.sqs.measuring import find_used, look
from penstock.services.sqs.messages.sweep import empty_box, expire, forget
from penstock.services.sqs.moves.mover import keep_moving, unfinished
from penstock.services.sqs.queues.queue import find_queue, key_of_arn
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.target import SqsTarget
from penstock.services.sqs.tenants import Tenants
from penstock.services.sqs.traffic import Traffic
from penstock.services.sqs.trail import TRAIL
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Room, Sweeper


class Sqs(Service):
    """One server's SQS."""

    name: ClassVar[str] = "sqs"
    model: ClassVar[str] = "sqs"
    room: ClassVar[Room | None] = Room("sqs", "penstock.services.sqs")
    trail: ClassVar[Trail] = TRAIL
    operations = Operations(__name__, "messages", "moves", "queues")

    wording: ClassVar[Wording | None] = QUERY.spelling(str.lower)
    serves_anonymous: ClassVar[bool] = True

    state: SqsState

    def __init__(self, parts: Parts) -> None:
        lines = Lines(parts.clock)
        self.state = SqsState(
            store=parts.store,
            clock=parts.clock,
            supervisor=parts.supervisor,
            lines=lines,
            traffic=Traffic(parts.measurements, lines),
            measurements=parts.measurements,
            in_flight=InFlight(),
            tenants=Tenants(),
            keys=parts.keys,
            region=parts.config.region,
            quotas=Quotas(parts.config, parts.clock),
            sweeper=Sweeper(parts.store, parts.clock, (empty_box, forget), partial(expire, lines)),
        )

        self._each_minute = Recurring(
            parts.clock, MINUTE_MS, partial(look, self.state, parts.measurements.sample)
        )

    async def start(self) -> None:
        """Begins to sweep, and goes on with the message moves that a former process left."""
        self.state.supervisor.keep("sqs: sweep", self.state.sweeper.run)
        self.state.supervisor.spawn("sqs: queues in use", find_used(self.state))
        self.state.supervisor.keep("sqs: measure", self._each_minute.run)
        for task in await self.state.store.read(unfinished):
            keep_moving(self.state, task)

    async def drain(self) -> None:
        """Gives clients that wait an empty answer."""
        self.state.lines.close()

    async def settled(self) -> None:
        """Returns when what the queues hold has been told for this minute."""
        await self._each_minute.settled()

    async def look(self) -> None:
        """Returns when it is known what the queues hold that are in use."""
        await look(self.state, self.state.measurements.level)

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the queues."""
        return {"sqs": SqsTarget(self.state.traffic, self.state.keys)}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the queue that has this ARN, and which one it is."""
        key = key_of_arn(arn)
        queue = find_queue(tx, key) if key else None
        if queue is None:
            return Resource(name=key)
        return Resource(queue.policy, None, key, queue.identity, queue.tag_keys)
