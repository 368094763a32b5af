"""Metrics and traces reach an OpenTelemetry collector, and one that is dead or slow costs nobody anything."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.collector import Collector, collector
from tests.kit.functions import make_function, make_queue
from tests.kit.measured import still_server
from tests.kit.policies import ACCOUNT, document

from penstock.testing import LocalServer

WRITES = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="out", Key="made", Body=b"x")
"""


@pytest.fixture
def kept() -> Iterator[Collector]:
    with collector() as kept:
        yield kept


@pytest.fixture
def server(kept: Collector) -> Iterator[LocalServer]:
    with still_server(otlp_endpoint=kept.url) as server:
        export(server)
        yield server


def export(server: LocalServer) -> None:
    server.wait(server.app.exporter.export())


def attributes(found: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in found["attributes"]}


def watched(server: LocalServer) -> None:
    """Makes a bucket whose new objects go to a queue."""
    policy = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        }
    )
    _, arn = make_queue(server, "inbox", Policy=policy)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="inbound")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="inbound", NotificationConfiguration={"QueueConfigurations": [rule]}
    )


class TestMetrics:
    def test_they_are_the_numbers_that_prometheus_reads(self, server: LocalServer, kept: Collector) -> None:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="four")
        export(server)
        found = kept.metrics()
        (point,) = found["aws_sqs_number_of_messages_sent_total"]["sum"]["dataPoints"]
        assert point["asDouble"] == 1
        assert attributes(point) == {"account": ACCOUNT, "region": "us-east-1", "queue_name": "jobs"}
        assert found["aws_sqs_number_of_messages_sent_total"]["sum"]["isMonotonic"] is True
        (size,) = found["aws_sqs_sent_message_size_bytes"]["summary"]["dataPoints"]
        assert (size["count"], size["sum"]) == ("1", 4)
        assert found["aws_sqs_sent_message_size_bytes"]["unit"] == "By"
        assert "gauge" in found["penstock_backlog_deliveries"]

    def test_they_go_out_when_a_minute_begins(self, server: LocalServer, kept: Collector) -> None:
        kept.came.clear()
        server.advance(60)
        assert kept.came.wait(60)
        assert kept.got[-1][0] == "/v1/metrics"


class TestTraces:
    def test_a_change_its_message_and_its_consumer_are_one_trace(
        self, server: LocalServer, kept: Collector
    ) -> None:
        watched(server)
        server.client("s3").put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        event, message = kept.spans()
        assert event["name"] == "ObjectCreated:Put"
        assert "parentSpanId" not in event
        assert attributes(event)["key"] == "k"
        assert message["name"] == "deliver inbox"
        assert message["parentSpanId"] == event["spanId"]
        assert message["traceId"] == event["traceId"]
        assert re.fullmatch("[0-9a-f]{32}", event["traceId"])
        assert re.fullmatch("[0-9a-f]{16}", message["spanId"])

    def test_the_trace_goes_on_through_a_function_to_what_it_wrote(
        self, server: LocalServer, kept: Collector
    ) -> None:
        s3 = server.client("s3")
        for bucket in ("inbound", "out"):
            s3.create_bucket(Bucket=bucket)
        function = make_function(server, "writes", WRITES, may=("s3:PutObject",), Timeout=30)["FunctionArn"]
        server.client("lambda").add_permission(
            FunctionName="writes",
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        )
        rule = {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket="inbound", NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
        )
        s3.put_object(Bucket="inbound", Key="k", Body=b"x")
        server.settle()
        export(server)
        spans = {span["name"]: span for span in kept.spans() if span["name"] != "ObjectCreated:Put"}
        first, second = (span for span in kept.spans() if span["name"] == "ObjectCreated:Put")
        run = spans["invoke function:writes"]
        assert (run["parentSpanId"], second["parentSpanId"]) == (first["spanId"], run["spanId"])
        assert first["traceId"] == run["traceId"] == second["traceId"]
        assert attributes(run)["request_id"]

    def test_a_clients_own_trace_is_gone_on_with(self, server: LocalServer, kept: Collector) -> None:
        watched(server)
        s3 = server.client("s3")
        header = "Root=1-65000000-0123456789abcdef01234567;Parent=00000000000000aa;Sampled=1"
        s3.meta.events.register(
            "before-sign.s3.PutObject",
            lambda request, **_: request.headers.__setitem__("X-Amzn-Trace-Id", header),
        )
        s3.put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        event = kept.spans()[0]
        assert event["traceId"] == "650000000123456789abcdef01234567"
        assert event["parentSpanId"] == "00000000000000aa"

    def test_a_client_whose_ids_name_nothing_does_not_spoil_the_spans_of_others(
        self, server: LocalServer, kept: Collector
    ) -> None:
        watched(server)
        s3 = server.client("s3")
        header = f"Root=1-00000000-{'0' * 24};Parent={'0' * 16};Sampled=1"
        s3.meta.events.register(
            "before-sign.s3.PutObject",
            lambda request, **_: request.headers.__setitem__("X-Amzn-Trace-Id", header),
        )
        s3.put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        event = kept.spans()[0]
        assert event["traceId"].strip("0")
        assert "parentSpanId" not in event

    def test_no_span_is_sent_twice(self, server: LocalServer, kept: Collector) -> None:
        watched(server)
        server.client("s3").put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        export(server)
        assert len(kept.spans()) == 2


class TestFaults:
    def test_what_a_collector_that_was_down_missed_is_sent_when_it_is_back(
        self, server: LocalServer, kept: Collector
    ) -> None:
        watched(server)
        kept.status = 503
        server.client("s3").put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        assert kept.spans() == []
        assert "answered with status 503" in server.app.health()["problems"]["otlp"]
        kept.status = 200
        export(server)
        assert len(kept.spans()) == 2
        assert "otlp" not in server.app.health()["problems"]
        assert (server.app.exporter.failed, server.app.exporter.dropped) == (2, 0)

    def test_what_a_collector_refuses_for_good_is_counted_and_passed_over(
        self, server: LocalServer, kept: Collector
    ) -> None:
        watched(server)
        kept.status = 400
        server.client("s3").put_object(Bucket="inbound", Key="k", Body=b"x")
        export(server)
        kept.status = 200
        export(server)
        assert kept.spans() == []
        assert server.app.exporter.dropped == 1

    def test_a_dead_collector_is_said_in_health_and_costs_nobody_anything(self) -> None:
        with collector() as gone:
            url = gone.url
        with still_server(otlp_endpoint=url) as server:
            server.client("s3").create_bucket(Bucket="bkt")
            export(server)
            assert "cannot be reached" in server.app.health()["problems"]["otlp"]

    def test_a_collector_that_does_not_answer_holds_up_no_request(
        self, server: LocalServer, kept: Collector
    ) -> None:
        kept.open.clear()

        async def begin() -> Any:
            return server.app.supervisor.spawn("test: export", server.app.exporter.export())

        task = server.wait(begin())
        server.client("s3").create_bucket(Bucket="bkt")
        assert not task.done()
        kept.open.set()
