"""S3's events as EventBridge gets them, of buckets that have it enabled.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html
"""

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from penstock.arn import arn
from penstock.delivery import ObjectChange, Rule
from penstock.delivery.stamps import iso_time, sequencer


class _Kind(NamedTuple):
    """What EventBridge calls an event, and what its detail says of how it came about."""

    detail_type: str
    reason: str = ""
    deletion_type: str = ""


_CREATED, _DELETED = "Object Created", "Object Deleted"
_FOR_GOOD, _MARKER = "Permanently Deleted", "Delete Marker Created"
_KINDS = {
    "ObjectCreated:Put": _Kind(_CREATED, "PutObject"),
    "ObjectCreated:Post": _Kind(_CREATED, "POST Object"),
    "ObjectCreated:Copy": _Kind(_CREATED, "CopyObject"),
    "ObjectCreated:CompleteMultipartUpload": _Kind(_CREATED, "CompleteMultipartUpload"),
    "ObjectRemoved:Delete": _Kind(_DELETED, "DeleteObject", _FOR_GOOD),
    "ObjectRemoved:DeleteMarkerCreated": _Kind(_DELETED, "DeleteObject", _MARKER),
    "LifecycleExpiration:Delete": _Kind(_DELETED, "Lifecycle Expiration", _FOR_GOOD),
    "LifecycleExpiration:DeleteMarkerCreated": _Kind(_DELETED, "Lifecycle Expiration", _MARKER),
    "ObjectTagging:Put": _Kind("Object Tags Added"),
    "ObjectTagging:Delete": _Kind("Object Tags Deleted"),
    "ObjectAcl:Put": _Kind("Object ACL Updated"),
}
_ORDERED = (_CREATED, _DELETED)
_ID = "EventBridge"


@lru_cache(maxsize=1024)
def bridge_rule(region: str, account: str) -> Rule:
    """Returns the rule that sends all there is to the default bus of the bucket's account and region."""
    return bridge_rule_to(arn("events", region, account, "event-bus/default"))


def bridge_rule_to(bus: str) -> Rule:
    """Returns the rule that sends all there is to a bus."""
    return Rule(_ID, bus, tuple(_KINDS))


def is_bridge(rule: Rule) -> bool:
    """Returns whether the rule is the one that EventBridge gets events by."""
    return rule.arn.startswith("arn:aws:events:")


def bridge_event(change: ObjectChange, seq: int, replay: str = "") -> bytes:
    """Returns the JSON text of the event; its id is the same whenever it is made of the same change.

    One that is sent again names the ``replay``, as EventBridge's own replays do.
    """
    kind = _KINDS[change.event_name]
    event: dict[str, Any] = {
        "version": "0",
        "id": _id(change, seq),
        "detail-type": kind.detail_type,
        "source": "aws.s3",
        "account": change.account,
        "time": f"{iso_time(change.time_ms)[:19]}Z",
        "region": change.region,
        "resources": [f"arn:aws:s3:::{change.bucket}"],
        "detail": _detail(change, seq, kind),
    }
    if replay:
        event["replay-name"] = replay
    return orjson.dumps(event)


def _detail(change: ObjectChange, seq: int, kind: _Kind) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": change.bucket},
        "object": _object(change, seq, kind),
        "request-id": change.request_id,
        "requester": change.requester_account or change.requester,
    }
    if change.source_ip:
        detail["source-ip-address"] = change.source_ip
    if kind.reason:
        detail["reason"] = kind.reason
    if kind.deletion_type:
        detail["deletion-type"] = kind.deletion_type
    return detail


def _object(change: ObjectChange, seq: int, kind: _Kind) -> dict[str, Any]:
    found: dict[str, Any] = {"key": change.key}
    if change.size is not None:
        found["size"] = change.size
    if change.etag is not None:
        found["etag"] = change.etag
    if change.version_id is not None:
        found["version-id"] = change.version_id
    if kind.detail_type in _ORDERED:
        found["sequencer"] = sequencer(seq)
    return found


def _id(change: ObjectChange, seq: int) -> str:
    h = hashlib.sha256(f"{change.bucket}/{change.key}/{seq}/{change.request_id}".encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"
