"""A service as requests see it: which protocols it speaks, how its clients sign, where its resources stand in a URL.

All of it follows from AWS's model of the service.
"""

from collections.abc import Mapping
from functools import cached_property, lru_cache

from penstock.access import Style, Wording, style_of, wording_of
from penstock.server.host import checked_host
from penstock.server.presigned import stated_headers
from penstock.server.request import Request
from penstock.server.service import Served
from penstock.server.trail import Plan
from penstock.wire import Codec, ServiceModel, WireRequest, codec, load_model, protocols_of


class Front:
    """One service, ready to be spoken to."""

    def __init__(self, service: Served, model: ServiceModel, style: Style) -> None:
        self.service = service
        self.name = service.name
        self.model = model
        self.protocols = protocols_of(model)
        self.style = style
        self.audited: Mapping[str, Plan | None] = {}
        """How records are made of its operations; None of those that leave none."""

    @cached_property
    def only(self) -> Codec | None:
        """Returns the codec of a service that has but one protocol."""
        return codec(self.model, self.protocols[0]) if len(self.protocols) == 1 else None

    @cached_property
    def takes_compressed(self) -> bool:
        """Returns whether some operation's clients compress what they send."""
        operations = self.model.raw["operations"].values()
        return any("requestcompression" in operation for operation in operations)

    @cached_property
    def hears_strangers(self) -> bool:
        """Returns whether a request without a signature may be one that the service answers."""
        return self.service.serves_anonymous or self.has_unsigned_forms

    @cached_property
    def has_unsigned_forms(self) -> bool:
        """Returns whether the service has operations, spoken in forms, that nobody signs."""
        operations = self.model.raw["operations"].values()
        return "query" in self.protocols and any(
            operation.get("authtype") == "none" for operation in operations
        )

    def lets_in(self, operation: str) -> bool:
        """Returns whether the operation may be for whoever did not sign: the service or the operation sees to them."""
        if self.service.serves_anonymous:
            return True
        return bool(self.model.raw["operations"][operation].get("authtype") == "none")

    @property
    def arn_services(self) -> tuple[str, str]:
        """Returns what the ARNs of its resources may call it."""
        return self.name, self.model.signing_name

    @property
    def words(self) -> Wording:
        """Returns in whose words it refuses."""
        return self.style.words

    def codec(self, request: Request) -> Codec:
        """Returns the codec of the protocol that this request speaks, of those the service has."""
        return codec(self.model, self._protocol(request))

    def wire_request(self, request: Request) -> WireRequest:
        """Returns the request as its codec reads it; AwsError for a bad Host header."""
        checked_host(request)
        return request

    def _protocol(self, request: Request) -> str:
        if "smithy-protocol" in request.headers and "smithy-rpc-v2-cbor" in self.protocols:
            return "smithy-rpc-v2-cbor"
        if "x-amz-target" in request.headers and "json" in self.protocols:
            return "json"
        if "query" in self.protocols and (
            request.method == "GET" or is_form(request) or "Action=" in request.query
        ):
            wants_json = "query+json" in self.protocols and "json" in request.headers.get("accept", "")
            return "query+json" if wants_json else "query"
        return self.protocols[0]


class BucketFront(Front):
    """A service whose first path segment may stand in the host name, and whose headers in a presigned URL."""

    def __init__(self, service: Served, model: ServiceModel, style: Style) -> None:
        super().__init__(service, model, style)
        label = model.endpoint_prefix
        self._marks = (f".{label}.", f".{label}-")
        self._own = f"{label}.localhost"
        self._bucket_of = lru_cache(maxsize=1024)(self._find_bucket)

    def wire_request(self, request: Request) -> WireRequest:
        """Returns the request in path style, with the headers that its URL carries."""
        bucket = self._bucket_of(checked_host(request))
        if not bucket and not request.query:
            return request
        path = f"/{bucket}{request.path}" if bucket else request.path
        headers = stated_headers(request) if request.query else request.headers
        return WireRequest(request.method, path, request.query, headers)

    def is_named_in(self, host: str) -> bool:
        """Returns whether ``host`` is a bucket's at the service, whatever the bucket's name."""
        return any(mark in host for mark in self._marks)

    def _find_bucket(self, host: str) -> str:
        for mark in self._marks:
            at = host.rfind(mark)
            if at > 0:
                return host[:at]
        return host.removesuffix(".localhost") if host.endswith(".localhost") and host != self._own else ""


def front_of(service: Served) -> Front:
    """Returns the front of ``service``; one whose clients state their body's hash keeps its resources in buckets."""
    model = load_model(service.model)
    words = service.wording or wording_of(model.protocols, query_compatible=model.query_compatible)
    style = style_of(model.signature_version, words)
    return (BucketFront if style.states_payload else Front)(service, model, style)


def is_form(request: Request) -> bool:
    """Returns whether the body is a form, as in the query protocol."""
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
