"""Old data are rolled up and at last go; readers see the same before and after. The clock is moved."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.functions import client
from tests.kit.metrics import put, statistics, still_server

from penstock.services.cloudwatch.metrics.metric import Metric
from penstock.services.cloudwatch.metrics.reading import Wanted, read_stretches
from penstock.services.cloudwatch.metrics.retention import expire
from penstock.services.cloudwatch.metrics.span import span_of
from penstock.testing import LocalServer

DAY = 1440


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def move(server: LocalServer, days: float, *, sweep: bool) -> None:
    server.advance(days * 86_400)
    if sweep:
        server.wait(server.app.service("cloudwatch").state.sweeper.sweep())


def fill(server: LocalServer) -> None:
    for minute in range(0, 120, 2):
        put(server, "kept", 1, 3, at=-minute)


@pytest.mark.parametrize("sweep", [True, False])
def test_a_minute_is_readable_for_fifteen_days_and_then_as_part_of_five(
    server: LocalServer, sweep: bool
) -> None:
    fill(server)
    move(server, 14, sweep=sweep)
    assert len(statistics(server, "kept", "Sum", begin=-119)) == 60
    move(server, 2, sweep=sweep)
    assert statistics(server, "kept", "Sum", begin=-119) == []
    found = statistics(server, "kept", "Sum", "SampleCount", "Maximum", begin=-120, period=300)
    assert (sum(point["Sum"] for point in found), len(found)) == (240, 25)
    assert sum(point["SampleCount"] for point in found) == 120
    (hour, *_) = statistics(server, "kept", "p50", "p100", begin=-120, period=3600)
    assert hour["ExtendedStatistics"] == {"p50": 1, "p100": 3}


@pytest.mark.parametrize("sweep", [True, False])
def test_after_63_days_there_are_hours_and_after_455_nothing(server: LocalServer, sweep: bool) -> None:
    fill(server)
    for days in (16, 50):
        move(server, days, sweep=sweep)
    assert statistics(server, "kept", "Sum", begin=-120, period=300) == []
    found = statistics(server, "kept", "Sum", begin=-120, period=3600)
    assert [point["Sum"] for point in found] == [116, 120, 4]
    move(server, 400, sweep=sweep)
    assert statistics(server, "kept", "Sum", begin=-120, period=3600) == []


def test_a_metric_without_data_is_not_listed_after_two_weeks(server: LocalServer) -> None:
    put(server, "kept", 1)
    cloudwatch = client(server, "cloudwatch")
    move(server, 0.2, sweep=True)
    assert cloudwatch.list_metrics(RecentlyActive="PT3H")["Metrics"] == []
    assert len(cloudwatch.list_metrics()["Metrics"]) == 1
    move(server, 14, sweep=True)
    assert cloudwatch.list_metrics()["Metrics"] == []


def test_nothing_is_left_of_a_metric_whose_data_are_gone(server: LocalServer) -> None:
    put(server, "kept", 1, StorageResolution=1)
    for days in (1, 16, 64, 400):
        move(server, days, sweep=True)
    listed = server.wait(server.app.store.read(lambda tx: tx.all(_metrics(), 0, 10)))
    assert listed == []
    put(server, "kept", 2, at=(1 + 16 + 64 + 400) * DAY)
    found = statistics(server, "kept", "Sum", begin=480 * DAY, end=482 * DAY, period=3600)
    assert [point["Sum"] for point in found] == [2]


def _metrics() -> object:
    from penstock.services.cloudwatch.metrics.retention import Q

    return Q.find_some_metrics


def test_data_that_are_rolled_up_while_they_are_read_count_once(server: LocalServer) -> None:
    for day in range(3):
        for minute in range(10):
            put(server, "kept", 1, at=-minute - day * DAY)
    server.advance(16 * 86_400)
    now_s = server.clock.now_ms() // 1000
    wanted = Wanted(Metric("000000000000", "us-east-1", "App", "kept", ()), None, False)
    span = span_of(now_s - 20 * 86_400, now_s, 3600, now_s)
    found = server.wait(read_stretches(Sweeping(server.app.store), wanted, span, now_s))
    assert sum(values.sum for values in found["None"].values()) == 30


class Sweeping:
    """A store in which a step of the sweep is made behind each read."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def read(self, *args: Any) -> Any:
        """Returns what is read."""
        found = await self._store.read(*args)
        await self._store.write(expire, 0)
        return found
