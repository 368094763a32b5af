"""/_penstock/metrics: what Prometheus reads."""

import re
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.app.metrics import Metric, MetricsPage, Sample, exposition
from penstock.errors import AwsError
from penstock.testing import LocalServer

_LINE = re.compile(r'[a-z0-9_]+(\{([a-z]+="([^"\\]|\\.)*",?)+\})? [0-9.e+-]+')


def read(server: LocalServer, **headers: str) -> str:
    request = urllib.request.Request(f"{server.endpoint}/_penstock/metrics", headers=headers)
    with urllib.request.urlopen(request) as response:
        assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        text: str = response.read().decode()
    return text


def test_requests_are_counted_by_service_operation_and_status(server: LocalServer) -> None:
    s3, sqs = server.client("s3"), server.client("sqs")
    s3.create_bucket(Bucket="counted")
    for key in "ab":
        s3.put_object(Bucket="counted", Key=key, Body=b"x")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="counted", Key="none")
    with pytest.raises(ClientError):
        sqs.get_queue_url(QueueName="none")
    with pytest.raises(ClientError):
        server.client("kinesis").list_streams()
    text = read(server)
    for service, operation, status, count in (
        ("s3", "PutObject", 200, 2),
        ("s3", "GetObject", 404, 1),
        ("sqs", "GetQueueUrl", 400, 1),
        ("", "", 501, 1),
    ):
        labels = f'service="{service}",operation="{operation}",status="{status}"'
        assert f"penstock_requests_total{{{labels}}} {count}\n" in text


def test_what_the_server_knows_of_itself_is_there_in_prometheus_text(server: LocalServer) -> None:
    text = read(server)
    names = re.findall(r"^# TYPE (\w+) (?:gauge|counter)$", text, re.M)
    for name in (
        "penstock_loop_lag_max_seconds",
        "penstock_loop_lag_p99_seconds",
        "penstock_loop_stalls_total",
        "penstock_store_commits_total",
        "penstock_store_writes_total",
        "penstock_backlog_deliveries",
        "penstock_lambda_workers",
        "penstock_problems",
        "penstock_disk_free_bytes",
    ):
        assert names.count(name) == 1
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in samples if not _LINE.fullmatch(line)] == []
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)


def test_labels_cannot_end_early() -> None:
    metric = Metric("penstock_m", "gauge", "Help.", [Sample(1.5, {"a": 'x"\\\n'}), Sample(12345678901)])
    assert exposition([metric]) == (
        b"# HELP penstock_m Help.\n# TYPE penstock_m gauge\n"
        b'penstock_m{a="x\\"\\\\\\n"} 1.5\npenstock_m 12345678901\n'
    )


def test_a_proxy_that_speaks_for_somebody_else_is_refused(server: LocalServer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        read(server, **{"X-Forwarded-For": "203.0.113.9"})
    with caught.value:
        assert caught.value.code == 403


@pytest.mark.parametrize("address", ["203.0.113.9", "::ffff:203.0.113.9", "fe80::1%eth0"])
def test_callers_elsewhere_read_metrics_only_when_everybody_may(server: LocalServer, address: str) -> None:
    request: Any = SimpleNamespace(method="GET", path="/_penstock/metrics", headers={}, source_ip=address)
    page = MetricsPage(server.app)
    with pytest.raises(AwsError, match="Only callers"):
        server.wait(page.answer(request, ""))
    with LocalServer(metrics="everybody") as open_server:
        answer = open_server.wait(MetricsPage(open_server.app).answer(request, ""))
    assert answer.status == 200


def test_health_tells_how_late_the_loop_is(server: LocalServer) -> None:
    assert server.app.health()["loop"].keys() == {"max_ms", "p99_ms", "stalls", "last"}
