"""A subscription as a value, and how publishing finds those of a topic: in blocks that are remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import orjson

from penstock.matching.filter_policy import FilterPolicy, FilterPolicyScope
from penstock.services.sns.arns import named, subscription_arn
from penstock.services.sns.delivery_policy import DeliveryPolicy, subscription_policy
from penstock.services.sns.messages.envelope import Addressee
from penstock.services.sns.messages.notification import Attributes
from penstock.services.sns.subscriptions.replay import Replay, read_replay, replay_document
from penstock.services.sns.topics.topic import Topic, find_topic
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

BLOCK = 64
"""Subscriptions, by their numbers, that are read and remembered together."""


class Protocol(StrEnum):
    """How an endpoint is reached; the values are AWS's."""

    HTTP = "http"
    HTTPS = "https"
    EMAIL = "email"
    EMAIL_JSON = "email-json"
    SQS = "sqs"
    LAMBDA = "lambda"

    @property
    def is_http(self) -> bool:
        """Returns whether the endpoint is a URL."""
        return self in (Protocol.HTTP, Protocol.HTTPS)

    @property
    def is_mail(self) -> bool:
        """Returns whether the endpoint is a mail address."""
        return self in (Protocol.EMAIL, Protocol.EMAIL_JSON)


class State(StrEnum):
    """Where a subscription stands; only a confirmed one gets messages."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    DELETED = "deleted"


@dataclass(frozen=True)
class Subscription:
    """One subscription; remembered between transactions, so it is never changed, only loaded anew.

    ``number`` counts the topic's. ``is_protected``: only its owner or the topic's may end it.
    """

    id: int
    topic_id: int
    number: int
    uid: str
    topic_arn: str
    owner: str
    principal: str
    protocol: Protocol
    endpoint: str
    state: State
    attributes: Mapping[str, str]
    is_authenticated: bool
    is_protected: bool
    replay: Replay | None = None

    @cached_property
    def arn(self) -> str:
        """Returns the subscription's ARN."""
        return f"{self.topic_arn}:{self.uid}"

    @cached_property
    def addressee(self) -> Addressee:
        """Returns whom documents for it are for."""
        return Addressee(self.protocol.value, self.arn)

    @property
    def is_raw(self) -> bool:
        """Returns whether the endpoint gets the message as it was published."""
        return self.attributes.get("RawMessageDelivery") == "true"

    @property
    def dead_letter_arn(self) -> str | None:
        """Returns the queue for what cannot be delivered, or None."""
        text = self.attributes.get("RedrivePolicy")
        return str(orjson.loads(text)["deadLetterTargetArn"]) if text else None

    @cached_property
    def delivery_policy(self) -> DeliveryPolicy:
        """Returns its own delivery policy."""
        return subscription_policy(self.attributes.get("DeliveryPolicy"), raw=self.is_raw)

    @cached_property
    def filter(self) -> FilterPolicy | None:
        """Returns the filter that messages must pass, compiled, or None."""
        text = self.attributes.get("FilterPolicy")
        return FilterPolicy(text, filter_scope(self.attributes)) if text else None

    def takes(self, attributes: Attributes, body: str) -> bool:
        """Returns whether its filter lets a message with these attributes and this body pass."""
        return self.filter is None or self.filter.matches(attributes, body)

    def why_not(self, attributes: Attributes, body: str) -> str | None:
        """Returns why the filter does not let the message pass, for people; None when it does."""
        failed = self.filter.why_not(attributes, body) if self.filter else None
        return f"the filter policy does not match: {failed}" if failed else None


def filter_scope(attributes: Mapping[str, str]) -> FilterPolicyScope:
    """Returns what of a message a filter policy among ``attributes`` reads."""
    return FilterPolicyScope(attributes.get("FilterPolicyScope", FilterPolicyScope.MESSAGE_ATTRIBUTES.value))


def find_subscription(tx: ReadTx, uid: str) -> Subscription | None:
    """Returns the subscription in whichever state, or None."""
    return tx.cached("sns.subscription", uid, _load)


class Times(NamedTuple):
    """Since when a subscription gets messages, and when it was last changed; None: that is not known."""

    since_ms: int | None
    changed_ms: int | None


def find_times(tx: ReadTx, subscription: Subscription) -> Times:
    """Returns since when the subscription is as it is."""
    return Times(*(tx.one(Q.find_times, subscription.id) or (None, None)))


def subscriptions_of(tx: ReadTx, topic: Topic, endpoint: str) -> list[Subscription]:
    """Returns the topic's subscriptions of the endpoint by whichever protocol, in whichever state."""
    rows = [row for one in Protocol for row in tx.all(Q.find_uids_of_endpoint, topic.id, one.value, endpoint)]
    found = (find_subscription(tx, uid) for uid, _ in rows)
    return [subscription for subscription in found if subscription is not None]


def topic_of(tx: ReadTx, subscription: Subscription) -> Topic | None:
    """Returns the subscription's topic, or None when it has been deleted."""
    name = named(subscription.topic_arn)
    topic = find_topic(tx, name.topic) if name else None
    return topic if topic and topic.id == subscription.topic_id else None


def last_block(tx: ReadTx, topic_id: int) -> int:
    """Returns the number of the last block that has subscriptions of the topic, -1 when none has."""
    return tx.cached("sns.last_block", topic_id, _load_last_block)


def find_block(tx: ReadTx, topic_id: int, block: int) -> tuple[Subscription, ...]:
    """Returns the confirmed subscriptions in a block, by number."""
    return tx.cached("sns.block", (topic_id, block), _load_block)


def forget_subscription(tx: Tx, topic_id: int, number: int, uid: str) -> None:
    """Drops what is remembered of the subscription; call it in the transaction that makes or changes it."""
    tx.forget("sns.subscription", uid)
    tx.forget("sns.block", (topic_id, number // BLOCK))
    tx.forget("sns.last_block", topic_id)


def store_replay(tx: Tx, subscription: Subscription, replay: Replay | None) -> None:
    """Notes which messages the subscription gets once more, and how far that is."""
    tx.run(Q.put_replay, replay_document(replay), subscription.id)
    forget_subscription(tx, subscription.topic_id, subscription.number, subscription.uid)


def shown_arn(topic_arn: str, uid: str, state: str) -> str:
    """Returns the ARN as lists show it."""
    name = named(topic_arn)
    assert name is not None
    return "PendingConfirmation" if state == State.PENDING else subscription_arn(name.topic, uid)


def _load(tx: ReadTx, uid: str) -> Subscription | None:
    row = tx.one(Q.find_subscription, uid)
    return _subscription(row) if row else None


def _load_last_block(tx: ReadTx, topic_id: int) -> int:
    ((number,),) = tx.all(Q.find_last_number, topic_id)
    return -1 if number is None else int(number) // BLOCK


def _load_block(tx: ReadTx, key: tuple[int, int]) -> tuple[Subscription, ...]:
    topic_id, block = key
    rows = tx.all(Q.find_block, topic_id, block * BLOCK, (block + 1) * BLOCK)
    return tuple(map(_subscription, rows))


def _subscription(row: Row) -> Subscription:
    *names, protocol, endpoint, state, attributes, is_authenticated, is_protected, replay = row
    id, topic_id, number, uid, topic_arn, owner, principal = names
    return Subscription(
        id,
        topic_id,
        number,
        uid,
        topic_arn,
        owner,
        principal,
        protocol=Protocol(protocol),
        endpoint=endpoint,
        state=State(state),
        attributes=orjson.loads(attributes),
        is_authenticated=bool(is_authenticated),
        is_protected=bool(is_protected),
        replay=read_replay(replay),
    )
