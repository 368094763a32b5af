"""An object's change as the value that delivery records."""

from penstock.delivery import ObjectChange
from penstock.server import Call
from penstock.services.s3.buckets.bucket import Bucket
from penstock.store import Tx


def emit(
    tx: Tx,
    call: Call,
    bucket: Bucket,
    event_name: str,
    key: str,
    version: str,
    *,
    size: int | None = None,
    etag: str | None = None,
) -> None:
    """Promises that ``event_name`` of this version is recorded with the transaction."""
    tx.emit(
        ObjectChange(
            event_name,
            bucket.account,
            bucket.region,
            bucket.name,
            key,
            version if bucket.versioning else None,
            size,
            etag,
            tx.now_ms,
            call.principal.user_id,
            call.source_ip,
            call.request_id,
            call.host_id,
            call.trace,
        )
    )
