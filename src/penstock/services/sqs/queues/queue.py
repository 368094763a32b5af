"""A queue as a value: what it is called, how it behaves, who may send to it."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from penstock.access import Policy
from penstock.arn import Arn, arn
from penstock.server import Call, resource_tag_keys
from penstock.services.sqs.errors import invalid_address, missing_parameter, queue_does_not_exist
from penstock.services.sqs.queues.attributes import DEFAULTS, is_fifo, read_policy
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_OWNER = re.compile(r"(?:(?P<region>[a-z0-9-]+)\.)?(?P<account>[0-9]{12})")

Key = tuple[str, str, str]
"""Account, region and name."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """Where messages go that were received ``max_receives`` times and are still there."""

    arn: str
    max_receives: int


@dataclass(frozen=True, slots=True)
class Fifo:
    """How a FIFO queue knows messages again: ``by_content`` when they bring no id, ``by_group`` within their group."""

    by_content: bool
    by_group: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue; remembered between transactions, so it is never changed, only loaded anew.

    ``attributes`` are those that were set; ``fifo`` is None in a standard queue, ``kms_key`` empty in one
    without a key of KMS. ``tag_keys`` are the condition keys of
    its tags. ``grants`` remembers which sources the policy lets in. ``identity`` tells it from every other queue that
    has, had or will have its name.
    """

    id: int
    box: int
    key: Key
    attributes: Mapping[str, str]
    created_ms: int
    modified_ms: int
    purged_ms: int | None
    arn: str
    visibility_ms: int
    delay_ms: int
    retention_ms: int
    max_bytes: int
    wait_ms: int
    redrive: Redrive | None
    fifo: Fifo | None
    kms_key: str
    policy: Policy | None
    tag_keys: Mapping[str, str]
    grants: dict[Any, bool] = field(default_factory=dict)
    identity: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", (self.id, self.created_ms))

    @property
    def name(self) -> str:
        """Returns the queue's name."""
        return self.key[2]

    def horizon_ms(self, now_ms: int) -> int:
        """Returns the time at or before which a message must have been sent to be too old now."""
        return now_ms - self.retention_ms


def find_queue(tx: ReadTx, key: Key) -> Queue | None:
    """Returns the queue, or None."""
    return tx.cached("sqs.queue", key, _load)


def get_queue(tx: ReadTx, key: Key) -> Queue:
    """Returns the queue; AwsError ``QueueDoesNotExist``."""
    queue = find_queue(tx, key)
    if queue is None:
        raise queue_does_not_exist()
    return queue


@dataclass(slots=True)
class Asked:
    """The queue that a call names, and which one authorisation found under that name (None: there was none)."""

    key: Key
    identity: Hashable


def asked_queue(call: Call, params: Mapping[str, Any]) -> Asked:
    """Returns which queue the call is about; AwsError ``MissingParameter`` or ``InvalidAddress``."""
    key = key_of_url(call, params)
    return Asked(key, call.seen.get(key))


def requested_queue(tx: ReadTx, asked: Asked) -> Queue:
    """Returns the queue that the caller was authorised for.

    AwsError ``QueueDoesNotExist``, also when there is another one of its name now.
    """
    queue = tx.cached("sqs.queue", asked.key, _load)
    if queue is None or queue.identity != asked.identity:
        raise queue_does_not_exist()
    return queue


def forget_queue(tx: Tx, key: Key) -> None:
    """Drops what is remembered of the queue; call it in the transaction that changes it."""
    tx.forget("sqs.queue", key)


@lru_cache(maxsize=1024)  # every delivery asks
def key_of_arn(text: str) -> Key | None:
    """Returns account, region and name of a queue's ARN; None when it is no queue's."""
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    if parts.service != "sqs" or not parts.account or not parts.region:
        return None
    return parts.account, parts.region, parts.resource


def key_of_url(call: Call, params: Mapping[str, Any]) -> Key:
    """Returns account, region and name of ``QueueUrl``: only its last two path segments count, or it is a bare name.

    AwsError ``MissingParameter`` or ``InvalidAddress``.
    """
    url = params.get("QueueUrl")
    if not url:
        raise missing_parameter("QueueUrl")
    if "/" not in url:
        return call.account, call.region, str(url)
    owner, _, name = str(url).rstrip("/").rpartition("/")
    found = _OWNER.fullmatch(owner.rpartition("/")[2])
    if not found or not name:
        raise invalid_address(str(url))
    return found["account"], found["region"] or call.region, name


def arn_of_key(key: Key) -> str:
    """Returns the queue's ARN."""
    account, region, name = key
    return arn("sqs", region, account, name)


def url_of_key(endpoint: str, home: str, key: Key) -> str:
    """Returns the queue's URL at the address that the caller used.

    It names the region before the account, unless that is the server's ``home`` or the address says it already: two
    queues never have one URL. Terraform takes URLs of two segments only, and the host must stay one that resolves.
    """
    account, region, name = key
    owner = account if region == home or f".{region}." in endpoint else f"{region}.{account}"
    return f"{endpoint}/{owner}/{name}"


def _load(tx: ReadTx, key: Key) -> Queue | None:
    row = tx.one(Q.find_queue, *key)
    if row is None:
        return None
    id, box, text, created_ms, modified_ms, purged_ms, tags = row
    attributes: dict[str, str] = orjson.loads(text)

    def number(name: str) -> int:
        return int(attributes.get(name, DEFAULTS[name]))

    policy = attributes.get("Policy")
    return Queue(
        id=id,
        box=box,
        key=key,
        attributes=attributes,
        created_ms=created_ms,
        modified_ms=modified_ms,
        purged_ms=purged_ms,
        arn=arn_of_key(key),
        visibility_ms=number("VisibilityTimeout") * 1000,
        delay_ms=number("DelaySeconds") * 1000,
        retention_ms=number("MessageRetentionPeriod") * 1000,
        max_bytes=number("MaximumMessageSize"),
        wait_ms=number("ReceiveMessageWaitTimeSeconds") * 1000,
        redrive=_redrive(attributes.get("RedrivePolicy")),
        fifo=_fifo(attributes),
        kms_key=attributes.get("KmsMasterKeyId", ""),
        policy=read_policy(policy) if policy else None,
        tag_keys=resource_tag_keys(orjson.loads(tags)),
    )


def _fifo(attributes: Mapping[str, str]) -> Fifo | None:
    if not is_fifo(attributes):
        return None
    return Fifo(
        attributes.get("ContentBasedDeduplication") == "true",
        attributes.get("DeduplicationScope") == "messageGroup",
    )


def _redrive(text: str | None) -> Redrive | None:
    if not text:
        return None
    policy = orjson.loads(text)
    return Redrive(policy["deadLetterTargetArn"], int(policy["maxReceiveCount"]))
