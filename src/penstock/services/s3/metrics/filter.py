"""Which requests a metrics configuration counts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.services.s3.buckets.bucket import Bucket
from penstock.services.s3.buckets.errors import not_implemented
from penstock.services.s3.buckets.settings import setting
from penstock.services.s3.errors import malformed_xml
from penstock.store import ReadTx, queries

Q = queries(__package__)

SETTING = "metrics"
"""Where a bucket's configurations are: a document of all, by their ids, as they were put."""

_MEMBERS = ("Prefix", "Tag", "AccessPointArn", "And")


class RequestFilter(NamedTuple):
    """One configuration, compiled: without ``prefix`` and ``tags`` it counts every request to the bucket."""

    id: str
    prefix: str = ""
    tags: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Returns whether it also counts requests that name no object."""
        return not self.prefix and not self.tags

    def takes(self, key: str, tags: Mapping[str, str]) -> bool:
        """Returns whether it counts a request for the object, which has these tags; ``key`` is "" without an object."""
        return self.is_whole or bool(key and key.startswith(self.prefix) and self.tags <= tags.items())


def read_filter(configuration: Mapping[str, Any]) -> RequestFilter:
    """Returns the filter of a MetricsConfiguration; AwsError ``MalformedXML``."""
    id = configuration["Id"]
    if "Filter" not in configuration:
        return RequestFilter(id)
    found = configuration["Filter"] or {}
    given = [name for name in _MEMBERS if name in found]
    if len(given) != 1:
        raise malformed_xml()
    terms = found["And"] or {} if given == ["And"] else found
    tags = [*terms.get("Tags", ()), *([terms["Tag"]] if "Tag" in terms else [])]
    if given == ["And"] and len(tags) + ("Prefix" in terms) + ("AccessPointArn" in terms) < 2:
        raise malformed_xml()
    if "AccessPointArn" in terms:
        raise not_implemented("Access points are not implemented by this server.")
    pairs = [(tag.get("Key"), tag.get("Value")) for tag in tags]
    if any(not key or value is None for key, value in pairs) or len({key for key, _ in pairs}) < len(pairs):
        raise malformed_xml()
    return RequestFilter(id, terms.get("Prefix") or "", frozenset(pairs))


def request_filters(tx: ReadTx, bucket: Bucket) -> tuple[RequestFilter, ...]:
    """Returns the bucket's filters."""
    put = setting(tx, bucket, SETTING, {})
    return tx.cached(
        "s3.request_filters",
        bucket.id,
        lambda _tx, _id: tuple(read_filter(configuration) for configuration in put.values()),
    )


def has_metrics(tx: ReadTx) -> bool:
    """Returns whether some bucket has, or has had, a metrics configuration."""
    return tx.one(Q.find_any_metrics, SETTING) is not None
