"""One call of one operation: who asks, where, when, and what came with it."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from penstock.access import Context, Principal
from penstock.server.request import Body, Notes

if TYPE_CHECKING:
    from penstock.server.circumstances import Lookup

Params = dict[str, Any]
"""An operation's members under AWS's names, as botocore's clients give and get them."""

Authorize = Callable[..., Awaitable[None]]


class Place(Enum):
    """Where a signature stands."""

    HEADER = "header"
    QUERY = "query"
    FORM = "form"


class Signing(NamedTuple):
    """How a request was signed: ``version`` as the Authorization header names it, and where.

    ``timestamp_ms`` is when, by the signer's clock; None in version 2, which only says until when.
    """

    version: str
    place: Place
    timestamp_ms: int | None


@dataclass(slots=True)
class Call:
    """What a handler knows about the call besides its parameters.

    ``trace`` is the ``X-Amzn-Trace-Id`` that came with the request, or None, as the reader of such
    headers gave it back. ``body`` is there for operations declared ``streams=True``; for the others ``content`` is the
    body as it came, None in process. ``host_id`` is S3's ``x-amz-id-2``. ``endpoint`` is the base URL that the caller
    used, without a trailing slash.
    ``signing`` is None for anonymous callers and in process, ``tls_version`` (``1.3``) without TLS.
    ``disconnected()`` returns when the client has gone, for operations that wait; None in process. ``seen`` is what
    authorisation found under the names of resources: the first ``Resource.identity`` by ``Resource.name``.
    ``via`` is the service that makes the call for the principal, ``""`` when the principal makes it. ``notes`` are for
    the log of requests, None when there is none.
    ``has_long_body``: what it asks for takes long to look at, and belongs into a thread. A handler sets
    ``has_long_answer`` when what it returns has thousands of entries, which are then written in a thread.
    ``access_key_id`` is the key that signed, ``""`` in process. ``touch`` hears of each resource that the caller was
    weighed for, and of its account; None when nobody keeps a record of the call.
    """

    service: str
    operation: str
    account: str
    region: str
    principal: Principal
    request_id: str
    now_ms: int
    source_ip: str
    endpoint: str
    host_id: str = ""
    trace: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    content: bytes | None = None
    authorizer: Authorize | None = None
    signing: Signing | None = None
    tls_version: str | None = None
    disconnected: Callable[[], Awaitable[None]] | None = None
    seen: dict[Hashable, Hashable] = field(default_factory=dict)
    via: str = ""
    has_long_body: bool = False
    has_long_answer: bool = False
    notes: Notes | None = None
    access_key_id: str = ""
    touch: Callable[[str, str], None] | None = None

    async def authorize(
        self,
        action: str,
        resource: str,
        context: Context | None = None,
        lookup: "Lookup | None" = None,
    ) -> None:
        """Returns when the caller may do ``action`` on the ARN ``resource``; else raises AWS's AccessDenied.

        The gateway has already done this for the operation's own action; handlers call it for each further
        resource they touch (the source of a copy, each key of a batch). ``context`` are the condition keys of what
        the request would do with it, ``lookup`` those that take a read.
        """
        assert self.authorizer is not None
        asked = None if context is None else lambda: context
        await self.authorizer(self, action, resource, asked, lookup)
