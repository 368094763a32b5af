"""S3's event records: what a destination reads, made from a change and nothing else."""

from functools import lru_cache
from typing import Any

import orjson

from penstock.delivery import ObjectChange, encode_key
from penstock.delivery.stamps import iso_time, sequencer
from penstock.services.s3.owner import customer_id

_OWN_VERSIONS = (
    ("ObjectTagging:", "2.3"),
    ("ObjectAcl:", "2.3"),
    ("ObjectRestore:Delete", "2.3"),
    ("LifecycleExpiration:", "2.3"),
    ("LifecycleTransition", "2.3"),
    ("IntelligentTiering", "2.3"),
    ("Replication:", "2.2"),
)
"""What the events had that say another version where others say 2.1."""

_HOLE = orjson.Fragment(b"\0")  # in JSON a NUL is always escaped: nothing else can be taken for it
_TEXT_HOLE = orjson.Fragment(b'"\0"')  # for what no character of need be escaped

_WITH_SEQUENCER = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:")


def s3_message(change: ObjectChange, seq: int, configuration_id: str, event_version: str) -> bytes:
    """Returns the JSON text ``{"Records": [...]}`` that S3 delivers for ``change``.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    template = _template(
        event_version,
        change.region,
        change.event_name,
        change.requester,
        change.source_ip,
        configuration_id,
        change.bucket,
        change.account,
    )
    return template % (
        iso_time(change.time_ms).encode(),
        change.request_id.encode(),
        change.host_id.encode(),
        orjson.dumps(_object(change, seq)),
    )


@lru_cache(maxsize=256)
def _template(
    event_version: str,
    region: str,
    event_name: str,
    requester: str,
    source_ip: str,
    configuration_id: str,
    bucket: str,
    account: str,
) -> bytes:
    """Returns the record of all that one caller does to a bucket: time, ids and object are left to be filled in."""
    record = {
        "eventVersion": _version(event_name, event_version),
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": _TEXT_HOLE,
        "eventName": event_name,
        "userIdentity": {"principalId": _principal(requester)},
        "requestParameters": {"sourceIPAddress": source_ip},
        "responseElements": {"x-amz-request-id": _TEXT_HOLE, "x-amz-id-2": _TEXT_HOLE},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": customer_id(account)},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": _HOLE,
        },
    }
    return orjson.dumps({"Records": [record]}).replace(b"%", b"%%").replace(b"\0", b"%b")


def _version(event_name: str, event_version: str) -> str:
    if event_version != "2.1":
        return event_version  # since 2.4 one number for all events
    return next((own for start, own in _OWN_VERSIONS if event_name.startswith(start)), event_version)


def _object(change: ObjectChange, seq: int) -> dict[str, Any]:
    found: dict[str, Any] = {"key": encode_key(change.key)}
    if change.size is not None:
        found["size"] = change.size
    if change.etag is not None:
        found["eTag"] = change.etag
    if change.version_id is not None:
        found["versionId"] = change.version_id
    # AWS gives a sequencer only to events that create or remove an object.
    if change.event_name.startswith(_WITH_SEQUENCER):
        found["sequencer"] = sequencer(seq)
    return found


def _principal(requester: str) -> str:
    return requester if requester in ("", "Anonymous") else f"AWS:{requester}"
