"""Why a version changes, and who is behind it: what its event says besides the version itself."""

from dataclasses import dataclass

from penstock.server import Call


@dataclass(slots=True)
class Cause:
    """Made once per call, or once per object by what S3 does by itself (expiration, replication, restore).

    ``event`` is AWS's name without ``s3:`` (``ObjectCreated:Put``). Of a removal it is the family alone
    (``ObjectRemoved``, ``LifecycleExpiration``): only the bucket's versioning says whether something is deleted or
    hidden. ``requester`` is a principal id and ``requester_account`` its account, ``trace`` the ``X-Amzn-Trace-Id``
    that came with the request. The time of a change is that of its transaction.
    """

    event: str
    requester: str
    source_ip: str
    request_id: str
    host_id: str
    trace: str | None
    requester_account: str = ""

    @classmethod
    def of(cls, call: Call, event: str) -> "Cause":
        """Returns the caller as the cause of ``event``."""
        who = call.principal
        return cls(event, who.user_id, call.source_ip, call.request_id, call.host_id, call.trace, who.account)
