"""/_penstock/metrics: what Prometheus reads."""

import asyncio
import re
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.measured import still_server

from penstock.app.telemetry.aws_metrics import RESOURCES, AwsMetrics
from penstock.app.telemetry.exposition import Metric, Sample, exposition
from penstock.app.telemetry.metrics import MetricsPage
from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.measurements import Measurements, Series
from penstock.testing import LocalServer

_LINE = re.compile(r'[a-z0-9_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? [0-9.e+-]+')


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


def test_what_aws_measures_is_there_under_the_names_that_prometheus_likes() -> None:
    with still_server() as server:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        for body in ("four", "sixsix"):
            sqs.send_message(QueueUrl=url, MessageBody=body)
        server.advance(60)
        server.settle()
        text = read(server)
        labels = '{account="000000000000",region="us-east-1",queue_name="jobs"}'
        for line in (
            "# TYPE aws_sqs_number_of_messages_sent_total counter",
            f"aws_sqs_number_of_messages_sent_total{labels} 2",
            "# TYPE aws_sqs_sent_message_size_bytes summary",
            f"aws_sqs_sent_message_size_bytes_sum{labels} 10",
            f"aws_sqs_sent_message_size_bytes_count{labels} 2",
            "# TYPE aws_sqs_approximate_number_of_messages_visible gauge",
            f"aws_sqs_approximate_number_of_messages_visible{labels} 2",
            f"aws_sqs_approximate_age_of_oldest_message_seconds{labels} 60",
        ):
            assert f"{line}\n" in text
        samples = [line for line in text.splitlines() if not line.startswith("#")]
        assert [line for line in samples if not _LINE.fullmatch(line)] == []


def test_resources_beyond_a_hundred_are_added_up() -> None:
    clock = Clock()
    measurements = Measurements(clock)
    for number in range(103):
        series = Series("1", "r", "AWS/SQS", "NumberOfMessagesSent", (("QueueName", f"q{number}"),), "Count")
        measurements.add(series, 1)
    (metric,) = asyncio.run(AwsMetrics(measurements).metrics())
    values = {sample.labels["queue_name"]: sample.value for sample in metric.samples}
    assert len(values) == RESOURCES + 1
    assert values["(others)"] == 3


def test_times_are_told_in_seconds_and_accounts_are_not_told_twice() -> None:
    measurements = Measurements(Clock())
    for dimensions in ((("FunctionName", "f"),), ()):
        measurements.add(Series("1", "r", "AWS/Lambda", "Duration", dimensions, "Milliseconds"), 1500)
    (metric,) = asyncio.run(AwsMetrics(measurements).metrics())
    assert metric.name == "aws_lambda_duration_seconds"
    assert [(sample.part, sample.value) for sample in metric.samples] == [("_sum", 1.5), ("_count", 1)]


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
