"""What a server has measured, as a test reads it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from penstock.measurements import Measured, Measurements, StatisticSet
from penstock.testing import LocalServer

MINUTE_S = 60


@contextmanager
def still_server(**settings: Any) -> Iterator[LocalServer]:
    """Runs a server whose time stands at the beginning of a minute, and moves when the test moves it.

    What it measures is left to the test: CloudWatch does not take it.
    """
    server = LocalServer(**settings)
    server.clock.freeze(1_800_000_000_000)
    with server:
        server.app.measurements.take = list
        yield server


def taken(server: LocalServer) -> list[Measured]:
    """Returns what was measured and not yet taken."""

    async def take(measurements: Measurements) -> list[Measured]:
        return list(measurements.take_all())

    return server.wait(take(server.app.measurements))


def by_name(measured: list[Measured], namespace: str, **dimensions: str) -> Mapping[str, StatisticSet]:
    """Returns the statistics of the series that have exactly these dimensions, all minutes in one."""
    found: dict[str, StatisticSet] = {}
    for one in measured:
        if one.series.namespace == namespace and dict(one.series.dimensions) == dimensions:
            found.setdefault(one.series.name, StatisticSet()).merge(one.values)
    return found


def sums(measured: list[Measured], namespace: str, **dimensions: str) -> dict[str, float]:
    """Returns the sums of those series, without those that are 0."""
    found = by_name(measured, namespace, **dimensions)
    return {name: values.sum for name, values in sorted(found.items()) if values.sum}
