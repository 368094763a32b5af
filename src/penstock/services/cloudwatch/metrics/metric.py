"""Which metric: account, region, namespace, name and dimensions; and the row that stands for it."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

import orjson

from penstock.services.cloudwatch.arns import Place
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

Dimensions = tuple[tuple[str, str], ...]

_SEEN_MS = 600_000
_CACHE = "cloudwatch.metric"


class Metric(NamedTuple):
    """A metric by its names; ``dimensions`` are sorted."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Returns what its row is found by."""
        return self.account, self.region, self.namespace, self.name, _digest(self.dimensions)


class Listed(NamedTuple):
    """A metric as its row says; ``place`` is where it stands among the account's."""

    id: int
    metric: Metric
    place: tuple[str, str, str]
    seen_ms: int


class _Known(NamedTuple):
    id: int
    seen_ms: int


def dimensions_of(given: Iterable[Mapping[str, str]] | None) -> Dimensions:
    """Returns dimensions as requests have them, sorted."""
    return tuple(sorted((entry["Name"], entry.get("Value") or "") for entry in given or ()))


def shown_dimensions(dimensions: Dimensions) -> list[dict[str, str]]:
    """Returns dimensions as answers have them."""
    return [{"Name": name, "Value": value} for name, value in dimensions]


def find_metric(tx: ReadTx, metric: Metric) -> int | None:
    """Returns the id of the metric; None when no data have come."""
    known = tx.cached(_CACHE, metric.key, _load)
    return known.id if known else None


def ensure_metric(tx: Tx, metric: Metric) -> int:
    """Returns the id of the metric, which is there from now on and has been seen now."""
    known = tx.cached(_CACHE, metric.key, _load)
    if known is None:
        id = tx.insert(Q.add_metric, *metric.key, orjson.dumps(metric.dimensions).decode(), tx.now_ms)
        tx.forget(_CACHE, metric.key)
        return id
    if known.seen_ms + _SEEN_MS < tx.now_ms:
        tx.run(Q.put_seen, tx.now_ms, known.id)
        tx.forget(_CACHE, metric.key)
    return known.id


def forget_metric(tx: Tx, key: Iterable[str]) -> None:
    """Drops what is remembered of the metric with this key, whose row is gone."""
    tx.forget(_CACHE, tuple(key))


def list_some(
    tx: ReadTx, place: Place, namespace: str | None, name: str | None, after: Iterable[str], limit: int
) -> list[Listed]:
    """Returns metrics in the order of their places, behind the place ``after``."""
    after_namespace, after_name, after_digest = after
    if namespace is None:
        rows = tx.all(Q.find_metrics, *place, after_namespace, after_name, after_digest, limit)
    elif name is None:
        rows = tx.all(Q.find_metrics_of_namespace, *place, namespace, after_name, after_digest, limit)
    else:
        rows = tx.all(Q.find_metrics_of_name, *place, namespace, name, after_digest, limit)
    return [_listed(place, row) for row in rows]


def _listed(place: Place, row: Row) -> Listed:
    namespace, name, digest, id, dimensions, seen_ms = row
    parsed = tuple((key, value) for key, value in orjson.loads(dimensions))
    return Listed(id, Metric(*place, namespace, name, parsed), (namespace, name, digest), seen_ms)


def _load(tx: ReadTx, key: tuple[str, ...]) -> _Known | None:
    row = tx.one(Q.find_metric, *key)
    return _Known(*row) if row else None


def _digest(dimensions: Dimensions) -> str:
    return sha256(orjson.dumps(dimensions)).hexdigest()[:32]
