"""Topics as destinations, and subscriptions as what is carried to.

What is delivered to a topic is published there, as part of the transaction that delivers it. A subscription has a
delivery of its own when its endpoint is outside, when its endpoint has refused a message, and for the questions about
itself. A topic has one while a wide fan-out is under way.
"""

from typing import NamedTuple

from penstock.delivery import (
    Attempt,
    Dead,
    Delivered,
    DestinationError,
    ForbiddenDestination,
    Job,
    Ladder,
    Message,
    MissingDestination,
    Outcome,
    Retry,
    Source,
    Standing,
    Target,
    Undeliverable,
)
from penstock.errors import AwsError
from penstock.services.customer_keys import KeyRefusal
from penstock.services.sns.arns import Named, named
from penstock.services.sns.delivery_policy import effective
from penstock.services.sns.fifo.order import check_order
from penstock.services.sns.ladders import MAIL
from penstock.services.sns.mail.mailer import Mailer
from penstock.services.sns.messages.notification import Kind, Notification, read_notification
from penstock.services.sns.publishing.explaining import passages
from penstock.services.sns.publishing.fan_out import FanOut, signer_of
from penstock.services.sns.publishing.outcome import note_outcome
from penstock.services.sns.publishing.publish import new_notification, publish_in
from penstock.services.sns.publishing.rendering import text_for
from penstock.services.sns.publishing.replaying import make_step
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.replay import read_step
from penstock.services.sns.subscriptions.subscription import (
    Protocol,
    State,
    Subscription,
    find_subscription,
    topic_of,
)
from penstock.services.sns.topics.encryption import check_key
from penstock.services.sns.topics.topic import Topic, find_topic
from penstock.services.sns.webhooks import Webhooks
from penstock.store import ReadTx, Tx

_STEP = 128
"""Deliveries that one further step of a wide fan-out makes."""


class _Parcel(NamedTuple):
    """What one try is about; ``text`` is what the endpoint gets."""

    topic: Topic
    subscription: Subscription
    notification: Notification
    text: str


class SnsTarget(Target):
    """Delivery's way into the topics."""

    def __init__(self, sns: SnsState, webhooks: Webhooks, mailer: Mailer) -> None:
        self._sns = sns
        self._webhooks = webhooks
        self._mailer = mailer

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may publish to the topic ``arn`` now; else raises DestinationError saying why not."""
        self._topic_for(tx, _name(arn), arn, source)

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str | None:
        """Publishes the message and returns its id; for a subscription, delivers it unless it is to be carried."""
        name = _name(arn)
        if name.uid:
            return self._accept_again(tx, name, message)
        topic = self._topic_for(tx, name, arn, source)
        try:
            notification = new_notification(topic, _params(message), tx.ids.uuid(), tx.now_ms)
            return publish_in(tx, self._sns, topic, notification, message).id
        except UnicodeDecodeError:
            raise Undeliverable(f"The topic {arn} does not take the message: its body is no text.") from None
        except AwsError as error:
            if error.code == "SlowDown":
                raise
            raise Undeliverable(f"The topic {arn} does not take the message: {error.message}") from None

    async def attempt(self, job: Job) -> Attempt:
        """Tries once to carry a message to an endpoint outside; what stays in the store is done in ``finish``."""
        if not _name(job.arn).uid:
            return Attempt(ok=True)
        try:
            parcel = await self._sns.store.read(self._parcel, job)
        except DestinationError as gone:
            return Attempt(ok=False, error=str(gone), detail={"retryable": False})
        if parcel.subscription.protocol.is_http:
            return await self._webhooks.post(*parcel)
        return await self._mailer.send(*parcel)

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of a message that was carried; makes the next step of a wide fan-out."""
        name = _name(job.arn)
        if not name.uid:
            return self._step(tx, name, job)
        notification = read_notification(job.message.body)
        try:
            topic, subscription = _found(tx, name, notification)
        except DestinationError as gone:
            return Delivered(notification.id) if attempt.ok else Dead(str(gone))
        outcome = self._outcome(tx, job, attempt, _Parcel(topic, subscription, notification, ""))
        if not isinstance(outcome, Retry):
            note_outcome(tx, self._sns, topic, subscription, notification, attempt, job.attempts + 1)
        return outcome

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether the topic would take the message now, and how it would go on to the endpoint ``wanted``."""
        found = super().explain(tx, arn, source, message, wanted)
        name = named(arn)
        topic = find_topic(tx, name.topic) if name and not name.uid else None
        if topic is None:
            return found
        found = found._replace(policies=topic.weigh(source, tx.now_ms), rest=arn)
        try:
            notification = check_order(topic, new_notification(topic, _params(message), "", tx.now_ms))
        except (AwsError, UnicodeDecodeError) as error:
            return found._replace(
                refused=found.refused or f"The topic {arn} does not take the message: {error}"
            )
        return found._replace(passages=passages(tx, topic, notification, wanted))

    def _topic_for(self, tx: ReadTx, name: Named, arn: str, source: Source) -> Topic:
        topic = _topic_for(tx, name, arn, source)
        try:
            check_key(tx, self._sns.parts.keys, source.principal, topic)
        except KeyRefusal as refusal:
            raise ForbiddenDestination(
                f"The key {topic.kms_key} of the topic {arn} cannot be used to publish for {source.arn}: "
                f"{refusal.message}"
            ) from None
        return topic

    def _outcome(self, tx: Tx, job: Job, attempt: Attempt, parcel: _Parcel) -> Outcome:
        topic, subscription, notification, _ = parcel
        if attempt.ok:
            return Delivered(notification.id)
        ladder = _ladder(topic, subscription)
        if attempt.throttled:
            return Retry(tx.now_ms, attempt.error, ladder)
        if attempt.detail.get("retryable", True):
            due_ms = ladder.due_ms(job.attempts + 1, _begun_ms(job), tx.now_ms, tx.ids.fraction())
            if due_ms is not None:
                return Retry(due_ms, attempt.error, ladder)
        if notification.kind is not Kind.NOTIFICATION:
            return Dead(attempt.error)
        reason, queue = self._fan_out(tx, topic, notification, job.message).bury(subscription, attempt.error)
        return Dead(reason, queue)

    def _accept_again(self, tx: Tx, name: Named, message: Message) -> str | None:
        notification = read_notification(message.body)
        topic, subscription = _found(tx, name, notification)
        if subscription.protocol not in (Protocol.SQS, Protocol.LAMBDA):
            return None
        return self._fan_out(tx, topic, notification, message).to(subscription)

    def _step(self, tx: Tx, name: Named, job: Job) -> Outcome:
        topic = find_topic(tx, name.topic)
        if topic is None:
            return Dead(f"The topic {job.arn} has been deleted.")
        if step := read_step(job.message.body):
            make_step(tx, self._sns, topic, step, job.message)
            return Delivered(step.run)
        notification = read_notification(job.message.body)
        self._fan_out(tx, topic, notification, job.message).run(_STEP)
        return Delivered(notification.id)

    def _fan_out(self, tx: Tx, topic: Topic, notification: Notification, message: Message) -> FanOut:
        return FanOut(tx, self._sns, topic, notification, message)

    def _parcel(self, tx: ReadTx, job: Job) -> _Parcel:
        notification = read_notification(job.message.body)
        topic, subscription = _found(tx, _name(job.arn), notification)
        signer = signer_of(tx, topic, self._sns.endpoint, notification)
        return _Parcel(topic, subscription, notification, text_for(subscription, notification, signer))


def _name(arn: str) -> Named:
    name = named(arn)
    if name is None:
        raise DestinationError(f"{arn} is not the ARN of a topic.")
    return name


def _topic_for(tx: ReadTx, name: Named, arn: str, source: Source) -> Topic:
    topic = None if name.uid else find_topic(tx, name.topic)
    if topic is None:
        raise MissingDestination(f"The topic {arn} does not exist.")
    if not topic.lets(source, tx.now_ms):
        raise ForbiddenDestination(
            f"The policy of the topic {arn} does not let {source.name} publish for {source.arn}."
        )
    return topic


def _found(tx: ReadTx, name: Named, notification: Notification) -> tuple[Topic, Subscription]:
    """Returns topic and subscription; Undeliverable when the message is not for the subscription any more."""
    subscription = find_subscription(tx, name.uid)
    topic = topic_of(tx, subscription) if subscription else None
    if subscription is None or topic is None:
        raise Undeliverable("The subscription or its topic has been deleted.")
    wanted = {
        Kind.NOTIFICATION: State.CONFIRMED,
        Kind.SUBSCRIPTION: State.PENDING,
        Kind.UNSUBSCRIPTION: State.DELETED,
    }
    if subscription.state is not wanted[notification.kind]:
        raise Undeliverable(f"The subscription is {subscription.state} by now.")
    return topic, subscription


def _params(message: Message) -> dict[str, object]:
    found: dict[str, object] = {
        "Message": message.body.decode(),
        "MessageAttributes": dict(message.attributes),
    }
    named_by = {
        "Subject": message.subject,
        "MessageGroupId": message.group,
        "MessageDeduplicationId": message.deduplication_id,
        "MessageStructure": "json" if message.structured else None,
    }
    return found | {name: value for name, value in named_by.items() if value is not None}


def _ladder(topic: Topic, subscription: Subscription) -> Ladder:
    if subscription.protocol.is_mail:
        return MAIL
    return effective(topic.delivery_policy, subscription.delivery_policy).ladder


def _begun_ms(job: Job) -> int:
    return job.created_ms if job.accepted_ms is None else job.accepted_ms
