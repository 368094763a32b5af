"""The SNS service: its operations, its state, its way to endpoints."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.access import QUERY, Wording
from penstock.delivery import Target
from penstock.server import Command, Operations, Page, Request, Resource
from penstock.services.service import Parts, Service
from penstock.services.sns.arns import named
from penstock.services.sns.lacks import LACKS
from penstock.services.sns.mail.mailer import Mailer
from penstock.services.sns.messages.certificate import certificate_file
from penstock.services.sns.state import SnsState
from penstock.services.sns.status.status_log import StatusLog
from penstock.services.sns.sweep import (
    empty_topic,
    end_subscriptions,
    forget_duplicates,
    shorten_archives,
)
from penstock.services.sns.target import SnsTarget
from penstock.services.sns.topics.topic import find_topic
from penstock.services.sns.traffic import Traffic
from penstock.services.sns.webhooks import Webhooks
from penstock.store import ReadTx, Room, Sweeper, nothing_expires
from penstock.wire import WireResponse, complete


class Sns(Service):
    """One server's SNS."""

    name: ClassVar[str] = "sns"
    model: ClassVar[str] = "sns"
    room: ClassVar[Room | None] = Room("sns", "penstock.services.sns")
    operations = Operations(__name__, "topics", "subscriptions", "publishing")

    lacks: ClassVar[Mapping[str, str]] = LACKS

    links: ClassVar[frozenset[str]] = frozenset({"ConfirmSubscription", "Unsubscribe"})
    serves_anonymous: ClassVar[bool] = True

    wording: ClassVar[Wording | None] = QUERY.spelling(
        lambda action: action.replace("sns:", "SNS:", 1)
    ).denying_as("AuthorizationError")

    state: SnsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(
            parts.store,
            parts.clock,
            (empty_topic, end_subscriptions, forget_duplicates, shorten_archives),
            nothing_expires,
        )
        self.state = SnsState(
            parts=parts,
            store=parts.store,
            clock=parts.clock,
            ids=parts.ids,
            delivery=parts.delivery,
            endpoint=parts.endpoint,
            sweeper=sweeper,
            status=StatusLog(parts),
            traffic=Traffic(parts.measurements),
        )
        self._webhooks = Webhooks(parts)
        self._mailer = Mailer(parts)
        self._target = SnsTarget(self.state, self._webhooks, self._mailer)

    async def start(self) -> None:
        """Begins to sweep."""
        self.state.parts.supervisor.keep("sns: sweep", self.state.sweeper.run)

    async def drain(self) -> None:
        """Ends what is being sent: it is tried again by the next process."""
        await self._webhooks.close()
        await self._mailer.close()
        await self.state.status.flushed()

    def busy(self) -> bool:
        """Returns whether some delivery's status is still to be written."""
        return self.state.status.busy()

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the topics."""
        return {"sns": self._target}

    def pages(self) -> Mapping[str, Page]:
        """Returns the certificate that messages are signed with."""
        return {"sns": self._certificate}

    def commands(self) -> Mapping[tuple[str, str], Command]:
        """Returns what lists and shows the mail that was not sent anywhere."""
        return self._mailer.commands()

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the topic that has this ARN, and which one it is."""
        name = named(arn)
        if name is None or name.uid:
            return Resource()
        topic = find_topic(tx, name.topic)
        if topic is None:
            return Resource(name=("sns", name.topic))
        return Resource(topic.policy, name=("sns", name.topic), identity=topic.identity, keys=topic.tag_keys)

    async def _certificate(self, request: Request, file: str) -> WireResponse:
        found = await self.state.store.read(certificate_file, file) if request.method == "GET" else None
        if found is None:
            return complete(404, [(b"content-type", b"text/plain")], b"There is no such certificate.\n")
        return complete(200, [(b"content-type", b"application/x-pem-file")], found.encode())
