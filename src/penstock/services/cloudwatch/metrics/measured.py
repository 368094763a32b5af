"""Takes what the server has measured of itself, and keeps it as AWS's own metrics."""

from collections.abc import Iterable

from penstock.measurements import Measured, Measurements
from penstock.services.cloudwatch.metrics.aggregate import Aggregate
from penstock.services.cloudwatch.metrics.metric import Metric
from penstock.services.cloudwatch.metrics.recording import MINUTE, Data, add_data
from penstock.store import Store

_STEP = 100


class Collector:
    """One per server. What could not be written is written the next time."""

    def __init__(self, store: Store, measurements: Measurements) -> None:
        self._store = store
        self._measurements = measurements
        self._waiting: list[Data] = []

    async def collect(self) -> None:
        """Returns when the minutes that are over are durable; StoreUnavailable."""
        await self._write(self._measurements.take())

    async def collect_all(self) -> None:
        """Returns when the running minute is durable, too: for a server that ends; StoreUnavailable."""
        await self._write(self._measurements.take_all())

    async def _write(self, measured: Iterable[Measured]) -> None:
        self._waiting += map(_data, measured)
        while self._waiting:
            some = self._waiting[:_STEP]
            await self._store.write(add_data, some)
            del self._waiting[:_STEP]


def _data(measured: Measured) -> Data:
    series, minute_s, values = measured
    metric = Metric(
        series.account, series.region, series.namespace, series.name, tuple(sorted(series.dimensions))
    )
    return Data(metric, MINUTE, minute_s, series.unit, Aggregate.of(values))
