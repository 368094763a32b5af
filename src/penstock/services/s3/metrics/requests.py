"""Counts the requests to buckets that have a metrics configuration.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from penstock.clock import Clock
from penstock.errors import StoreUnavailable
from penstock.measurements import Measurements, Series
from penstock.server import Observation, Request
from penstock.services.s3.buckets.bucket import Bucket, find_bucket
from penstock.services.s3.metrics.filter import RequestFilter, request_filters
from penstock.services.s3.objects.object import current_object
from penstock.store import ReadTx, Store
from penstock.wire import WireResponse

NAMESPACE = "AWS/S3"

_NS = 1_000_000
_KINDS = {"GET": "GetRequests", "PUT": "PutRequests", "DELETE": "DeleteRequests", "HEAD": "HeadRequests"}
_LISTS = frozenset(
    ("ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts")
)
_DELETES = "DeleteObjects"


class RequestWatch:
    """Called with each request once some bucket has a metrics configuration."""

    def __init__(self, store: Store, clock: Clock, measurements: Measurements) -> None:
        self._store = store
        self._clock = clock
        self._measurements = measurements

    async def __call__(self, request: Request, path: str) -> Observation | None:
        """Returns what is told of the answer; None when nobody wants to know. ``path`` begins with the bucket."""
        name, _, key = unquote(path[1:]).partition("/")
        started_ns = self._clock.stopwatch_ns()
        found = await self._store.read(_look, name, key)
        if found is None:
            return None
        bucket, filters, tags = found
        return _Observed(self, bucket, filters, tags, request, key, started_ns)

    async def tags_now(self, bucket: Bucket, key: str) -> Mapping[str, str]:
        """Returns the tags of the object as it is now."""
        return await self._store.read(_tags, bucket, key)

    def elapsed_ms(self, started_ns: int) -> float:
        """Returns how long it has taken."""
        return (self._clock.stopwatch_ns() - started_ns) / _NS

    def count(self, bucket: Bucket, filters: Iterable[RequestFilter], values: Mapping[str, float]) -> None:
        """Counts one value of each metric under each filter."""
        for filter in filters:
            dimensions = (("BucketName", bucket.name), ("FilterId", filter.id))
            for name, value in values.items():
                series = Series(bucket.account, bucket.region, NAMESPACE, name, dimensions, _unit(name))
                self._measurements.add(series, value)


@dataclass(slots=True)
class _Observed:
    """One request to a bucket that has filters; ``tags`` are those that its object had before."""

    watch: RequestWatch
    bucket: Bucket
    filters: tuple[RequestFilter, ...]
    tags: Mapping[str, str]
    request: Request
    key: str
    started_ns: int

    async def answered(self, operation: str, response: WireResponse) -> None:
        """Counts the request; what takes the whole answer is counted when its last byte is on the way."""
        tags = self.tags
        if not tags and any(filter.tags for filter in self.filters):
            with contextlib.suppress(StoreUnavailable):
                tags = await self.watch.tags_now(self.bucket, self.key)
        filters = [filter for filter in self.filters if filter.takes(self.key, tags)]
        if not filters:
            return
        values: dict[str, float] = {"AllRequests": 1, **_kind(self.request.method, operation, self.key)}
        values["4xxErrors"] = 1 if 400 <= response.status < 500 else 0
        values["5xxErrors"] = 1 if response.status >= 500 else 0
        values["FirstByteLatency"] = self.watch.elapsed_ms(self.started_ns)
        if uploaded := _uploaded(self.request):
            values["BytesUploaded"] = uploaded
        self.watch.count(self.bucket, filters, values)
        if isinstance(response.body, bytes):
            self._ended(filters, 0 if self.request.method == "HEAD" else len(response.body))
        else:
            response.body = self._passed_on(filters, response.body)

    async def _passed_on(
        self, filters: list[RequestFilter], body: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for piece in body:
                yield piece
                size += len(piece)
        finally:
            self._ended(filters, size)

    def _ended(self, filters: list[RequestFilter], downloaded: int) -> None:
        values = {"TotalRequestLatency": self.watch.elapsed_ms(self.started_ns)}
        if downloaded:
            values["BytesDownloaded"] = downloaded
        self.watch.count(self.bucket, filters, values)


def _look(
    tx: ReadTx, name: str, key: str
) -> tuple[Bucket, tuple[RequestFilter, ...], Mapping[str, str]] | None:
    bucket = find_bucket(tx, name)
    filters = request_filters(tx, bucket) if bucket else ()
    if bucket is None or not filters:
        return None
    return bucket, filters, _tags(tx, bucket, key) if any(filter.tags for filter in filters) else {}


def _tags(tx: ReadTx, bucket: Bucket, key: str) -> Mapping[str, str]:
    found = current_object(tx, bucket.id, key) if key else None
    return found.meta.tags if found else {}


def _kind(method: str, operation: str, key: str) -> dict[str, float]:
    if operation in _LISTS:
        return {"ListRequests": 1}
    if operation == _DELETES:
        return {"DeleteRequests": 1}
    if method == "POST":
        return {"PostRequests": 1}
    return {_KINDS[method]: 1} if key and method in _KINDS else {}


def _uploaded(request: Request) -> int:
    headers = request.headers
    text = headers.get("x-amz-decoded-content-length") or headers.get("content-length") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _unit(name: str) -> str:
    if name.startswith("Bytes"):
        return "Bytes"
    return "Milliseconds" if name.endswith("Latency") else "Count"
