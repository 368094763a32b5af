"""A store that fails below the evaluator, or below what the server measures of itself: nothing is lost or doubled."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.kit.functions import client
from tests.kit.metrics import alarms_may, history, moment, put, put_alarm, state, statistics, still_server
from tests.kit.topics import make_topic, subscribed_queue

from penstock.errors import StoreUnavailable
from penstock.measurements import Series
from penstock.services.cloudwatch.alarms import evaluator
from penstock.services.cloudwatch.metrics import measured
from penstock.testing import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def failing(times: int, of: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that fails so often before it does what ``of`` does."""
    left = [times]

    def tried(*args: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise StoreUnavailable("the disk is full")
        return of(*args)

    return tried


def settle(server: LocalServer) -> None:
    """Returns when all that is due has been done, whatever fails on the way."""
    while True:
        try:
            server.settle()
            return
        except StoreUnavailable:
            continue


@pytest.mark.parametrize("step", ["_load", "_enter", "_due_s", "_put_evaluated"])
def test_an_alarm_is_judged_once_the_store_works_again(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    topic = make_topic(server, "told", Policy=alarms_may("SNS:Publish"))
    subscribed_queue(server, topic, "told")
    put_alarm(server, "broken", AlarmActions=[topic])
    put(server, "broken", 20)
    monkeypatch.setattr(evaluator, step, failing(3, getattr(evaluator, step)))
    server.advance(60)
    settle(server)
    assert state(server, "broken") == "ALARM"
    assert history(server, "broken", HistoryItemType="Action") == [f"Successfully executed action {topic}"]


def test_what_was_measured_is_kept_once_the_store_works_again(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured, "add_data", failing(3, measured.add_data))
    _measure(server, 250)
    server.advance(60)
    settle(server)
    metrics = client(server, "cloudwatch").list_metrics(Namespace="AWS/Test")["Metrics"]
    assert len(metrics) == 250
    points = statistics(
        server, "m7", "Sum", "SampleCount", Namespace="AWS/Test", Dimensions=[{"Name": "a", "Value": "b"}]
    )
    assert [(point["Timestamp"], point["Sum"], point["SampleCount"], point["Unit"]) for point in points] == [
        (moment(0), 7, 1, "Count")
    ]


def test_what_was_measured_last_is_kept_when_the_server_ends(tmp_path: Any) -> None:
    with still_server(data=tmp_path) as server:
        _measure(server, 3)
    with still_server(data=tmp_path) as server:
        metrics = client(server, "cloudwatch").list_metrics(Namespace="AWS/Test")["Metrics"]
        assert sorted(metric["MetricName"] for metric in metrics) == ["m0", "m1", "m2"]


def _measure(server: LocalServer, count: int) -> None:
    async def add() -> None:
        for number in range(count):
            series = Series("000000000000", "us-east-1", "AWS/Test", f"m{number}", (("a", "b"),), "Count")
            server.app.measurements.add(series, float(number))

    server.wait(add())
