"""What happened to an object, as a value."""

from dataclasses import dataclass


@dataclass(slots=True)
class ObjectChange:
    """One change of one object version; ``tx.emit`` takes it, event records are pure functions of it.

    ``event_name`` is AWS's without the ``s3:`` prefix, ``ObjectCreated:Put``. ``account`` owns the bucket.
    ``version_id`` is None in a bucket that never had versioning. ``size`` and ``etag`` (no quotes) are None where
    AWS leaves them out (deletes). ``requester`` is the caller's principal id and
    ``requester_account`` its account, "" for who has none. ``trace`` is the ``X-Amzn-Trace-Id``
    that came with the request: a ``Trace`` tells which function wrote the object, any other header only claims to.
    """

    event_name: str
    account: str
    region: str
    bucket: str
    key: str
    version_id: str | None
    size: int | None
    etag: str | None
    time_ms: int
    requester: str
    source_ip: str
    request_id: str
    host_id: str
    trace: str | None = None
    requester_account: str = ""
