"""S3's event records: what a destination reads, made from a change and nothing else."""

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

_WITH_SEQUENCER = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:")


def s3_message(change: ObjectChange, seq: int, configuration_id: str, event_version: str) -> bytes:
    """Returns the JSON text ``{"Records": [...]}`` that S3 delivers for ``change``.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    record = {
        "eventVersion": _version(change.event_name, event_version),
        "eventSource": "aws:s3",
        "awsRegion": change.region,
        "eventTime": iso_time(change.time_ms),
        "eventName": change.event_name,
        "userIdentity": {"principalId": _principal(change.requester)},
        "requestParameters": {"sourceIPAddress": change.source_ip},
        "responseElements": {"x-amz-request-id": change.request_id, "x-amz-id-2": change.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": change.bucket,
                "ownerIdentity": {"principalId": customer_id(change.account)},
                "arn": f"arn:aws:s3:::{change.bucket}",
            },
            "object": _object(change, seq),
        },
    }
    return orjson.dumps({"Records": [record]})


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
