"""A topic as a value: what it is called, how it behaves, who may publish to it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from penstock.access import Policy, parse_policy
from penstock.delivery import Occasion, Source
from penstock.server import Call, Params, resource_tag_keys
from penstock.services.sns import limits
from penstock.services.sns.arns import SERVICE, Key, topic_arn, topic_key
from penstock.services.sns.delivery_policy import DeliveryPolicy, topic_policy
from penstock.services.sns.errors import no_such_topic
from penstock.services.sns.topics.attributes import default_policy
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

# In AWS, SenderId of a message from a topic is the id of a user that SNS keeps for itself.
_SENDER_ID = "AIDAPENSTOCKSNSSENDER"
_DAY_MS = 86_400_000
_MAX_GRANTS = 10_000  # publishers about whom a topic remembers its decision


@dataclass(frozen=True)
class Topic:
    """One topic; remembered between transactions, so it is never changed, only loaded anew.

    ``attributes`` are those that were set; ``archive_ms`` is since when it archives, ``tag_keys`` the
    condition keys of its tags. ``grants`` remembers which services the policy lets publish.
    """

    id: int
    key: Key
    attributes: Mapping[str, str]
    created_ms: int
    archive_ms: int | None
    policy: Policy | None
    tag_keys: Mapping[str, str]
    grants: dict[Any, bool] = field(default_factory=dict)

    @cached_property
    def arn(self) -> str:
        """Returns the topic's ARN."""
        return topic_arn(self.key)

    @property
    def identity(self) -> Hashable:
        """Returns what tells it from every other topic that has, had or will have its name."""
        return self.id, self.created_ms

    @property
    def is_fifo(self) -> bool:
        """Returns whether it keeps the order of its messages."""
        return self.attributes.get("FifoTopic") == "true"

    @property
    def max_bytes(self) -> int:
        """Returns how long a message may be, with its attributes."""
        return int(self.attributes.get("MaximumMessageSize", limits.MAX_MESSAGE_BYTES))

    @property
    def kms_key(self) -> str:
        """Returns the key of KMS that its messages are under, empty when there is none."""
        return self.attributes.get("KmsMasterKeyId", "")

    @cached_property
    def logs_status(self) -> bool:
        """Returns whether some deliveries are to be told of in CloudWatch Logs."""
        return any(name.endswith("FeedbackRoleArn") for name in self.attributes)

    @property
    def archive_days(self) -> int | None:
        """Returns for how long messages are archived, None when they are not."""
        text = self.attributes.get("ArchivePolicy")
        return int(orjson.loads(text)["MessageRetentionPeriod"]) if text else None

    def archived_since_ms(self, now_ms: int) -> int:
        """Returns from when on messages are in the archive; ``now_ms`` when it has none."""
        if self.archive_ms is None or self.archive_days is None:
            return now_ms
        return max(self.archive_ms, now_ms - self.archive_days * _DAY_MS)

    @cached_property
    def delivery_policy(self) -> DeliveryPolicy:
        """Returns how HTTP endpoints are delivered to."""
        return topic_policy(self.attributes.get("DeliveryPolicy"))

    @cached_property
    def source(self) -> Source:
        """Returns SNS, sending for the topic."""
        return Source.of_service(SERVICE, self.arn, self.key[0], _SENDER_ID)

    def lets(self, source: Source, now_ms: int) -> bool:
        """Returns whether ``source`` may publish to it."""
        if source.principal.kind != "service" or not self._is_timeless:
            return self._allows(source, now_ms)
        # The topic is loaded anew when its policy changes, and with it goes what it remembers here.
        grant = (source.service, source.arn, source.account)
        if (known := self.grants.get(grant)) is not None:
            return known
        if len(self.grants) >= _MAX_GRANTS:
            self.grants.clear()
        allowed = self.grants[grant] = self._allows(source, now_ms)
        return allowed

    def _allows(self, source: Source, now_ms: int) -> bool:
        occasion = Occasion(now_ms, self.tag_keys)
        return source.may("sns:Publish", self.arn, self._in_force, self.key[0], occasion).allowed

    def weigh(self, source: Source, now_ms: int) -> tuple[str, ...]:
        """Returns what the policies say of ``source`` publishing to it, for people."""
        occasion = Occasion(now_ms, self.tag_keys)
        return source.weigh("sns:Publish", self.arn, self._in_force, self.key[0], occasion)

    @cached_property
    def _in_force(self) -> Policy:
        return self.policy or parse_policy(default_policy(self.key), kind="resource")

    @cached_property
    def _is_timeless(self) -> bool:
        text = self.attributes.get("Policy", "").lower()
        return "aws:currenttime" not in text and "aws:epochtime" not in text


class Asked(NamedTuple):
    """The topic that a call names, and which one authorisation found under that name (None: there was none)."""

    key: Key
    identity: Hashable


def find_topic(tx: ReadTx, key: Key) -> Topic | None:
    """Returns the topic, or None."""
    return tx.cached("sns.topic", key, _load)


def asked_topic(call: Call, text: object, member: str = "TopicArn") -> Asked:
    """Returns which topic the call is about; AwsError ``InvalidParameter``."""
    key = topic_key(text, member, call.region)
    return Asked(key, call.seen.get(("sns", key)))


def requested_topic(tx: ReadTx, asked: Asked) -> Topic:
    """Returns the topic that the caller was authorised for.

    AwsError ``NotFound``, also when there is another one of its name now.
    """
    topic = find_topic(tx, asked.key)
    if topic is None or topic.identity != asked.identity:
        raise no_such_topic()
    return topic


def topic_resource(sns: object, call: Call, params: Params) -> str:
    """Returns the ARN of the topic that ``TopicArn`` names."""
    return topic_arn(topic_key(params.get("TopicArn"), "TopicArn", call.region))


def store_attributes(tx: Tx, topic: Topic, attributes: Mapping[str, str]) -> None:
    """Replaces the topic's attributes; those that are empty go."""
    kept = {name: value for name, value in attributes.items() if value}
    archive_ms = (topic.archive_ms or tx.now_ms) if "ArchivePolicy" in kept else None
    tx.run(Q.put_attributes, orjson.dumps(kept).decode(), archive_ms, topic.id)
    forget_topic(tx, topic.key)


def forget_topic(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the topic; call it in the transaction that changes it."""
    tx.forget("sns.topic", key)


def _load(tx: ReadTx, key: Key) -> Topic | None:
    row = tx.one(Q.find_topic, *key)
    if row is None:
        return None
    id, text, tags, created_ms, archive_ms = row
    attributes: dict[str, str] = orjson.loads(text)
    policy = attributes.get("Policy")
    return Topic(
        id=id,
        key=key,
        attributes=attributes,
        created_ms=created_ms,
        archive_ms=archive_ms,
        policy=parse_policy(policy, kind="resource") if policy else None,
        tag_keys=resource_tag_keys(orjson.loads(tags)),
    )
