"""Holds tables and global indexes to their throughput, when the server is told to (``table_throttling``).

Each has two buckets, for reads and for writes, which fill with its units of a second and hold those of five minutes.
What a request costs is known when it is done: it is admitted while anything is left, and may leave a debt.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import index_arn
from penstock.services.dynamodb.items.capacity import Units
from penstock.services.dynamodb.tables.index import Index
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way

_MAX_BUCKETS = 50_000
"""More than all tables and indexes of a few accounts; then they are forgotten, and full again."""

_PROVISIONED = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
_ON_DEMAND = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"


@dataclass(frozen=True, slots=True)
class Throughput:
    """So many units a second, and whether they are provisioned or the most that is paid for by the request."""

    units: int
    is_provisioned: bool


@dataclass(slots=True)
class _Bucket:
    units: float
    at_ms: int


class Throttling(Throttle):
    """Admits what each table and index has throughput for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[int, str, Way], _Bucket] = {}

    def admit(self, table: Table, way: Way, index: Index | None = None) -> None:
        """Returns when nothing that the request would touch has used up its throughput."""
        touched: list[Index | None] = [index if index is not None and index.is_global else None]
        if way is Way.WRITE:
            touched += [found for found in table.secondary.values() if found.is_global]
        for one in touched:
            throughput = throughput_of(table, one, way)
            if self._bucket(table, one.name if one else "", way, throughput.units).units <= 0:
                raise _exceeded(table, one, way, throughput)

    def spend(self, table: Table, way: Way, units: Callable[[], Units]) -> None:
        """Takes the units out of the buckets; those of local indexes are the table's."""
        consumed = units()
        self._take(table, None, way, consumed.table)
        for name, count in consumed.indexes.items():
            index = table.secondary.get(name)
            self._take(table, index if index is not None and index.is_global else None, way, count)

    def _take(self, table: Table, index: Index | None, way: Way, count: float) -> None:
        per_second = throughput_of(table, index, way).units
        self._bucket(table, index.name if index else "", way, per_second).units -= count

    def _bucket(self, table: Table, name: str, way: Way, per_second: int) -> _Bucket:
        """Returns the bucket, as full as it is now."""
        if len(self._buckets) > _MAX_BUCKETS:
            self._buckets.clear()
        now_ms, full = self._clock.now_ms(), float(per_second * limits.BURST_S)
        bucket = self._buckets.setdefault((table.id, name, way), _Bucket(full, now_ms))
        bucket.units = min(full, bucket.units + per_second * max(0, now_ms - bucket.at_ms) / 1000)
        bucket.at_ms = now_ms
        return bucket


def throughput_of(table: Table, index: Index | None, way: Way) -> Throughput:
    """Returns what a table or a global index of it is held to."""
    settings: Mapping[str, Any] = index.settings if index else table.settings
    if not table.is_on_demand:
        return Throughput(settings["ProvisionedThroughput"][f"{way.value}CapacityUnits"], is_provisioned=True)
    most = (settings.get("OnDemandThroughput") or {}).get(f"Max{way.value}RequestUnits", -1)
    return Throughput(most if most > 0 else limits.MAX_TABLE_UNITS, is_provisioned=False)


def _exceeded(table: Table, index: Index | None, way: Way, throughput: Throughput) -> AwsError:
    limit = "ProvisionedThroughputExceeded"
    if not throughput.is_provisioned:
        limit = "MaxOnDemandThroughputExceeded"
        if throughput.units == limits.MAX_TABLE_UNITS:
            limit = "AccountLimitExceeded"
    reason = {
        "reason": f"{'Index' if index else 'Table'}{way.value}{limit}",
        "resource": index_arn(table.key, index.name) if index else table.arn,
    }
    if throughput.is_provisioned:
        return AwsError("ProvisionedThroughputExceededException", _PROVISIONED, ThrottlingReasons=[reason])
    return AwsError("ThrottlingException", _ON_DEMAND, throttlingReasons=[reason])
