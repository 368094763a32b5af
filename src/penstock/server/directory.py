"""Which service a request is for: found by what the services' models say of themselves."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from penstock.errors import AwsError
from penstock.server.front import BucketFront, Front, is_form
from penstock.server.host import MAX_HOST, host_name
from penstock.server.request import Request
from penstock.wire import form, quirks_of

_MAX_CREDENTIAL = 256
_VERSION_SEGMENT = re.compile(r"\d{4}-\d{2}-\d{2}")


class Scope(NamedTuple):
    """``service`` as in credential scopes; ``region`` is None when the request names none."""

    service: str
    region: str | None


class Directory:
    """The services that are served, by whatever a request may show of the one it is for."""

    def __init__(self, fronts: Iterable[Front]) -> None:
        self._fronts = list(fronts)
        self._by_scope = {front.model.signing_name: front for front in reversed(self._fronts)}
        counts = Counter(front.model.signing_name for front in self._fronts)
        self._shared = {name for name, count in counts.items() if count > 1}
        self._by_target = {f.model.target_prefix: f for f in self._fronts if f.model.target_prefix}
        self._by_version = {f.model.api_version: f for f in self._fronts if "query" in f.protocols}
        self._by_label = {
            label: f
            for f in reversed(self._fronts)
            for label in (f.name, f.model.signing_name, f.model.endpoint_prefix)
        }
        paths = ((quirks_of(f.model.name).resource_path, f) for f in self._fronts)
        self._by_pattern = [(pattern, front) for pattern, front in paths if pattern is not None]
        self._by_link = {name: f for f in self._fronts for name in f.service.links}
        self._buckets = next((f for f in self._fronts if isinstance(f, BucketFront)), None)

    def find(self, request: Request) -> tuple[Front | None, Scope]:
        """Returns the service, None when it is not served, and the scope that a signature must have.

        The credential scope says it, else the request's shape; object storage is what remains.
        """
        scope = signed_scope(request)
        if scope is not None:
            return self._signed(scope.service, request), scope
        front, name = self._unsigned(request)
        return front, Scope(front.model.signing_name if front else name, None)

    def _signed(self, service: str, request: Request) -> Front | None:
        """Returns the service that is signed for; of two that are signed for alike, the one whose target is named."""
        front = self._by_scope.get(service)
        if service in self._shared and (target := request.headers.get("x-amz-target")):
            named = self._by_target.get(target.rpartition(".")[0])
            return named if named is not None and named.model.signing_name == service else front
        return front

    def _unsigned(self, request: Request) -> tuple[Front | None, str]:
        if target := request.headers.get("x-amz-target"):
            prefix = target.rpartition(".")[0]
            return self._by_target.get(prefix), prefix
        segments = request.path.split("/", 3)
        if "smithy-protocol" in request.headers and segments[1:2] == ["service"]:
            shape = segments[2] if len(segments) > 2 else ""
            return self._by_target.get(shape), shape
        if (front := self._by_segment.get(segments[1] if len(segments) > 1 else "")) is not None:
            return front, ""
        if (front := self._by_host(request)) is not None:
            return front, ""
        if request.method in ("GET", "POST") and (front := self._by_path(request.path)) is not None:
            return front, ""
        if "Action=" in request.query:
            action, version = _action(request.query)
            if version:
                return self._by_version.get(version), version
            if (front := self._by_link.get(action)) is not None:
                return front, ""
        if request.method == "POST" and request.path == "/" and is_form(request):
            return self._unsigned_form or self._buckets, ""
        return self._buckets, ""

    @cached_property
    def _by_segment(self) -> Mapping[str, Front]:
        return {segment: f for f in self._fronts for segment in _versioned_segments(f)}

    @cached_property
    def _unsigned_form(self) -> Front | None:
        return next((f for f in self._fronts if f.has_unsigned_forms), None)

    def _by_path(self, path: str) -> Front | None:
        return next((front for pattern, front in self._by_pattern if pattern.fullmatch(path)), None)

    def _by_host(self, request: Request) -> Front | None:
        header = request.headers.get("host", "")
        host = host_name(header) if len(header) <= MAX_HOST else None
        if host is None:
            return None  # whoever answers the request refuses it for this
        if self._buckets is not None and self._buckets.is_named_in(host):
            return self._buckets
        return self._by_label.get(host.partition(".")[0])


def signed_scope(request: Request) -> Scope | None:
    """Returns what the request's signature says it is for; None when there is none, or it cannot be read."""
    authorization = request.headers.get("authorization", "")
    at = authorization.find("Credential=")
    if at >= 0:
        credential = authorization[at + 11 :].partition(",")[0]
    elif request.query and (at := f"&{request.query}".find("&X-Amz-Credential=")) >= 0:
        credential = unquote(request.query[at + 17 :].partition("&")[0])
    else:
        return None
    return _credential_scope(credential) if len(credential) <= _MAX_CREDENTIAL else None


@lru_cache(maxsize=1024)
def _credential_scope(credential: str) -> Scope | None:
    parts = credential.strip().rsplit("/", 4)
    return Scope(parts[3], parts[2] or None) if len(parts) == 5 else None


def _versioned_segments(front: Front) -> set[str]:
    """Returns the first path segments of the service's operations, as far as no bucket is likely to have the name."""
    if front.protocols[0] != "rest-json":
        return set()
    operations: Mapping[str, Mapping[str, Mapping[str, str]]] = front.model.raw["operations"]
    segments = {operation["http"]["requestUri"].split("/")[1] for operation in operations.values()}
    return {segment for segment in segments if _VERSION_SEGMENT.fullmatch(segment)}


def _action(query: str) -> tuple[str, str]:
    """Returns which operation of which version of an API a query names, "" for what it does not."""
    try:
        found = form(query)
    except AwsError:
        return "", ""
    return found.get("Action", ""), found.get("Version", "")
