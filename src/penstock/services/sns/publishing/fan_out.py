"""From a topic to its subscriptions, within the publisher's transaction; what is left of many goes on behind it.

A step looks at a bounded number of subscriptions. The rest is a delivery to the topic itself, whose message says
behind which subscription to go on: each further step is a transaction of its own, and no step is made twice.
"""

from dataclasses import replace

from penstock.delivery import FAN_OUT, Attempt, DestinationError, Message, Origin, Undeliverable
from penstock.delivery.target import ForbiddenDestination, MissingDestination
from penstock.errors import AwsError
from penstock.matching.filter_policy import FilterPolicyScope
from penstock.services.sns.ladders import AWS_MANAGED
from penstock.services.sns.messages.certificate import find_certificate
from penstock.services.sns.messages.envelope import Signer
from penstock.services.sns.messages.notification import Notification, notification_document, read_notification
from penstock.services.sns.publishing.outcome import note_outcome, taken
from penstock.services.sns.publishing.rendering import dead_letter, rendered
from penstock.services.sns.state import SnsState
from penstock.services.sns.subscriptions.subscription import (
    BLOCK,
    Protocol,
    Subscription,
    find_block,
    last_block,
)
from penstock.services.sns.topics.topic import Topic
from penstock.services.sns.traffic import Happened
from penstock.store import ReadTx, Tx

AGAIN = 2
"""Tries that a message has had at least that was refused in the publisher's commit."""

MAX_LOOKED_AT = 512
"""Subscriptions whose filters one step tries."""


class _Behind(DestinationError):
    """An earlier message goes first."""


class FanOut:
    """One message of one topic on its way to the subscriptions, within one transaction.

    ``message`` has the trace and the origin of what was published; its body is of no account.
    """

    def __init__(
        self,
        tx: Tx,
        sns: SnsState,
        topic: Topic,
        notification: Notification,
        message: Message,
    ) -> None:
        self._tx = tx
        self._delivery = sns.delivery
        self._sns = sns
        self._topic = topic
        self._notification = notification
        self._origin = message.origin or Origin()
        self._message = message._replace(body=b"", origin=self._origin)
        self._signer = signer_of(tx, topic, sns.endpoint, notification)

    def run(self, most: int = FAN_OUT) -> None:
        """Delivers to the subscriptions behind ``after``, to ``most`` and a block; AwsError ``SlowDown``."""
        after = -1 if self._notification.after is None else self._notification.after
        first, last = (after + 1) // BLOCK, last_block(self._tx, self._topic.id)
        looked_at = 0
        for block in range(first, last + 1):
            if self._origin.count + BLOCK > most or looked_at >= MAX_LOOKED_AT:
                self._go_on_behind(block * BLOCK - 1)
                return
            found = find_block(self._tx, self._topic.id, block)
            looked_at += BLOCK
            for subscription in found:
                if self._is_live(subscription):
                    self.deliver(subscription)

    def deliver(self, subscription: Subscription) -> None:
        """Delivers to one subscription, if its filter lets the message pass; what it refuses is put off."""
        attributes, text = self._notification.attributes, self._notification.text(subscription.protocol.value)
        if not subscription.takes(attributes, text):
            self._sns.traffic.count(self._tx, self._topic.key, *_filtered(subscription, bool(attributes)))
            if self._origin.wants_passed_over:
                why = subscription.why_not(attributes, text) or ""
                self._origin.pass_over(subscription.endpoint, subscription.arn, why)
            return
        try:
            if subscription.protocol in (Protocol.SQS, Protocol.LAMBDA):
                self._pass_on(subscription)
            else:
                self._carry(subscription)
        except _Behind as behind:
            self._put_off(subscription, behind)
        except DestinationError as refused:
            self._put_off(subscription, self._final(subscription, refused, 1))

    def to(self, subscription: Subscription) -> str:
        """Tries an endpoint of AWS again and returns the receipt; DestinationError, Undeliverable."""
        self._check_order(subscription)
        try:
            message = rendered(subscription, self._notification, self._message, self._signer)
            receipt = self._delivery.offer(self._tx, subscription.endpoint, self._topic.source, message)
        except DestinationError as refused:
            raise self._final(subscription, refused, AGAIN) from None
        self._note(subscription, taken(subscription, receipt), AGAIN)
        return receipt or self._notification.id

    def bury(self, subscription: Subscription, reason: str) -> tuple[str, str | None]:
        """Returns why the message is given up, and the dead-letter queue that has it now, if one has."""
        arn = subscription.dead_letter_arn
        if arn is None:
            return reason, None
        letter = dead_letter(subscription, self._notification, self._message, self._signer, reason)
        try:
            self._delivery.offer(self._tx, arn, self._topic.source, letter)
        except DestinationError as refused:
            self._sns.traffic.count(self._tx, self._topic.key, Happened.NOT_REDRIVEN)
            return f"{reason}; {refused}", None
        self._sns.traffic.count(self._tx, self._topic.key, Happened.REDRIVEN)
        return reason, arn

    def _is_live(self, subscription: Subscription) -> bool:
        """Returns whether the subscription gets what is published now, and not what the archive has."""
        replay = subscription.replay
        return replay is None or replay.lets_new_pass or self._topic.archive_days is None

    def _put_off(self, subscription: Subscription, refused: DestinationError) -> None:
        source, kept = self._topic.source, self._kept()
        self._delivery.put_off(self._tx, subscription.arn, source, kept, AWS_MANAGED, refused)

    def _check_order(self, subscription: Subscription) -> None:
        """Raises when an earlier message of a FIFO topic still waits for the subscription."""
        if not self._topic.is_fifo:
            return
        oldest = self._delivery.oldest_waiting(self._tx, subscription.arn)
        if oldest and (read_notification(oldest).sequence or "") < (self._notification.sequence or ""):
            raise _Behind(f"An earlier message waits for {subscription.endpoint}.")

    def _pass_on(self, subscription: Subscription) -> None:
        self._check_order(subscription)
        if self._delivery.is_behind(self._tx, subscription.arn, self._origin):
            raise _Behind(f"An earlier message of its group waits for {subscription.endpoint}.")
        message = rendered(subscription, self._notification, self._message, self._signer)
        try:
            receipt = self._delivery.pass_on(
                self._tx, subscription.endpoint, self._topic.source, message, subscription.arn
            )
        except AwsError as full:  # what waits for one endpoint is none of the others' business
            raise MissingDestination(f"{subscription.endpoint} takes no more at the moment: {full}") from None
        self._note(subscription, taken(subscription, receipt), 1)

    def _carry(self, subscription: Subscription) -> None:
        if self._delivery.lanes.is_full(subscription.arn):
            raise Undeliverable(f"Too much waits for {subscription.endpoint} already")
        self._delivery.carry(self._tx, subscription.arn, self._topic.source, self._kept())
        self._origin.count += 1

    def _final(self, subscription: Subscription, refused: DestinationError, tries: int) -> DestinationError:
        """Returns the refusal with what follows from it: a dead letter, another try, or the end.

        AWS gives a message up whose endpoint is missing or forbids it. With nowhere to put it, it is kept here and
        tried again: whoever mends the endpoint has lost nothing.
        """
        reason, queue = self.bury(subscription, str(refused))
        is_over = queue is not None or not isinstance(refused, MissingDestination | ForbiddenDestination)
        if is_over or tries < AGAIN:  # not each of a hundred thousand tries
            self._note(subscription, Attempt(ok=False, error=reason), tries)
        return Undeliverable(reason, queue) if is_over else refused

    def _note(self, subscription: Subscription, last: Attempt, tries: int) -> None:
        note_outcome(self._tx, self._sns, self._topic, subscription, self._notification, last, tries)

    def _go_on_behind(self, number: int) -> None:
        rest = notification_document(self._signed().behind(number))
        self._delivery.carry(self._tx, self._topic.arn, self._topic.source, self._message._replace(body=rest))

    def _signed(self) -> Notification:
        """Returns the message with the signatures made of it: signing takes longer than all else that a try does."""
        return replace(self._notification, signatures=self._signer.signatures or None)

    def _kept(self) -> Message:
        return self._message._replace(
            body=notification_document(self._signed()), attributes={}, group=None, deduplication_id=None
        )


def _filtered(subscription: Subscription, has_attributes: bool) -> tuple[Happened, ...]:
    """Returns what is counted of a message that the subscription's filter does not let pass."""
    if subscription.filter and subscription.filter.scope is FilterPolicyScope.MESSAGE_BODY:
        return Happened.FILTERED, Happened.FILTERED_BY_BODY
    by = Happened.FILTERED_BY_ATTRIBUTES if has_attributes else Happened.FILTERED_WITHOUT_ATTRIBUTES
    return Happened.FILTERED, by


def signer_of(tx: ReadTx, topic: Topic, endpoint: str, notification: Notification) -> Signer:
    """Returns what signs the topic's message, and knows the signatures that it has already."""
    version = topic.attributes.get("SignatureVersion", "1")
    return Signer(find_certificate(tx), version, endpoint, notification.signatures)
