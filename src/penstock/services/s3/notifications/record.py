"""S3's event records: what a destination reads, made from a change and nothing else."""

from typing import Any

import orjson

from penstock.delivery import ObjectChange, encode_key
from penstock.delivery.stamps import iso_time, sequencer

_WITH_SEQUENCER = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:")


def s3_message(change: ObjectChange, seq: int, configuration_id: str, event_version: str) -> bytes:
    """Returns the JSON text ``{"Records": [...]}`` that S3 delivers for ``change``.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    record = {
        "eventVersion": event_version,
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
                "ownerIdentity": {"principalId": change.account},
                "arn": f"arn:aws:s3:::{change.bucket}",
            },
            "object": _object(change, seq),
        },
    }
    return orjson.dumps({"Records": [record]})


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
