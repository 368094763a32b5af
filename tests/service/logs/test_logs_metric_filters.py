"""Metric filters and the embedded metric format: what events say of metrics is CloudWatch's when they are stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client
from tests.kit.measured import sums, taken
from tests.kit.metrics import START, statistics, still_server

from penstock.errors import StoreUnavailable
from penstock.services.logs import storing
from penstock.services.logs.storing import hand_over
from penstock.testing import LocalServer

NOW_MS = round(START.timestamp() * 1000)
ACCESS = "[ip, user, time, request, status, size]"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def make_group(server: LocalServer, name: str, **settings: Any) -> Any:
    logs = client(server, "logs")
    logs.create_log_group(logGroupName=name, **settings)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return logs


def put_filter(server: LocalServer, group: str, pattern: str, name: str = "f", **transformation: Any) -> None:
    metric = {"metricName": group, "metricNamespace": "App", "metricValue": "1", **transformation}
    client(server, "logs").put_metric_filter(
        logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[metric]
    )


def put(server: LocalServer, group: str, *messages: str, at_ms: int = NOW_MS) -> None:
    events = [{"timestamp": at_ms, "message": message} for message in messages]
    client(server, "logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def counted(server: LocalServer, name: str, **more: Any) -> list[tuple[float, float]]:
    """Returns count and sum of each minute."""
    dimensions = [{"Name": key, "Value": value} for key, value in more.pop("dimensions", {}).items()]
    found = statistics(server, name, "SampleCount", "Sum", Dimensions=dimensions, **more)
    return [(point["SampleCount"], point["Sum"]) for point in found]


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_events_that_match_are_counted_in_the_minute_of_their_own_time(server: LocalServer) -> None:
    make_group(server, "errors")
    put(server, "errors", "ERROR before there was a filter")
    put_filter(server, "errors", "ERROR", unit="Count")
    put(server, "errors", "ERROR a", "fine", "ERROR b")
    put(server, "errors", "ERROR c", at_ms=NOW_MS - 120_000)
    assert counted(server, "errors") == [(1, 1), (2, 2)]
    (point, _) = statistics(server, "errors", "Maximum")
    assert point["Unit"] == "Count"


def test_a_value_is_taken_from_a_field_and_dimensions_from_others(server: LocalServer) -> None:
    make_group(server, "sizes")
    put_filter(server, "sizes", ACCESS, metricValue="$size", dimensions={"Code": "$status"})
    put(
        server,
        "sizes",
        '127.0.0.1 frank [10/Oct/2000] "GET /" 200 1534',
        '127.0.0.1 frank [10/Oct/2000] "GET /x" 404 12',
        '127.0.0.1 frank [10/Oct/2000] "GET /x" 404 13',
        '127.0.0.1 frank [10/Oct/2000] "GET /x" 404 -',
        "something else",
    )
    assert counted(server, "sizes", dimensions={"Code": "200"}) == [(1, 1534)]
    assert counted(server, "sizes", dimensions={"Code": "404"}) == [(2, 25)]
    assert counted(server, "sizes") == []


def test_a_value_of_json_may_be_text_and_one_that_is_no_number_counts_nothing(server: LocalServer) -> None:
    make_group(server, "latency")
    put_filter(
        server, "latency", "{ $.latency = * }", metricValue="$.latency", dimensions={"Op": "$.op.name"}
    )
    documents: list[Any] = [
        {"latency": 5, "op": {"name": "get"}},
        {"latency": "2.5", "op": {"name": "get"}},
        {"latency": "slow", "op": {"name": "get"}},
        {"latency": [1], "op": {"name": "get"}},
        {"latency": True, "op": {"name": "get"}},
        {"latency": 7},
        {"latency": 8, "op": {"name": "é"}},
        {"latency": 1e300, "op": {"name": "get"}},
    ]
    put(server, "latency", *(json.dumps(document) for document in documents))
    assert counted(server, "latency", dimensions={"Op": "get"}) == [(2, 7.5)]


def test_a_default_value_stands_for_minutes_in_which_nothing_matched(server: LocalServer) -> None:
    make_group(server, "default")
    put_filter(server, "default", "ERROR", defaultValue=0.0)
    put(server, "default", "fine", "fine", at_ms=NOW_MS - 60_000)
    put(server, "default", "fine", "ERROR")
    assert counted(server, "default") == [(1, 0), (1, 1)]


def test_filters_are_listed_replaced_deleted_and_gone_with_their_group(server: LocalServer) -> None:
    logs = make_group(server, "listed-a")
    make_group(server, "listed-b")
    for group in ("listed-a", "listed-b"):
        for name in ("one", "two"):
            put_filter(server, group, "x", name)
    put_filter(server, "listed-a", "y", "two", metricName="other", metricValue="2", unit="Seconds")
    (found,) = logs.describe_metric_filters(logGroupName="listed-a", filterNamePrefix="tw")["metricFilters"]
    transformation = {
        "metricName": "other",
        "metricNamespace": "App",
        "metricValue": "2",
        "unit": "Seconds",
    }
    assert found == {
        "filterName": "two",
        "filterPattern": "y",
        "metricTransformations": [transformation],
        "creationTime": NOW_MS,
        "logGroupName": "listed-a",
        "applyOnTransformedLogs": False,
    }
    pages = logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 1})
    names = [(one["logGroupName"], one["filterName"]) for page in pages for one in page["metricFilters"]]
    assert [name for name in names if name[0].startswith("listed")] == [
        ("listed-a", "one"),
        ("listed-a", "two"),
        ("listed-b", "one"),
        ("listed-b", "two"),
    ]
    (other,) = logs.describe_metric_filters(metricName="other", metricNamespace="App")["metricFilters"]
    assert other["filterName"] == "two"
    (group,) = logs.describe_log_groups(logGroupNamePrefix="listed-a")["logGroups"]
    assert group["metricFilterCount"] == 2
    logs.delete_metric_filter(logGroupName="listed-a", filterName="one")
    assert refusal(logs.delete_metric_filter, logGroupName="listed-a", filterName="one") == (
        "ResourceNotFoundException",
        "The specified metric filter does not exist.",
    )
    logs.delete_log_group(logGroupName="listed-a")
    make_group(server, "listed-a")
    assert logs.describe_metric_filters(logGroupName="listed-a")["metricFilters"] == []


def test_a_pattern_is_tried_without_a_group(server: LocalServer) -> None:
    messages = ["127.0.0.1 - frank", "nobody"]
    answer = client(server, "logs").test_metric_filter(
        filterPattern="[ip, id, user = fr*]", logEventMessages=messages
    )
    assert answer["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": messages[0],
            "extractedValues": {"$ip": "127.0.0.1", "$id": "-", "$user": "frank"},
        }
    ]


@pytest.mark.parametrize(
    ("pattern", "transformation"),
    [
        ("ERROR", {"metricValue": "$.x"}),
        ("ERROR", {"metricValue": "x"}),
        ("ERROR", {"metricValue": "NaN"}),
        ("{ $.a = 1 }", {"metricValue": "$size"}),
        (ACCESS, {"metricValue": "$none"}),
        (ACCESS, {"dimensions": {"a": "$ip"}, "defaultValue": 0.0}),
        (ACCESS, {"dimensions": dict.fromkeys("abcd", "$ip")}),
        (ACCESS, {"dimensions": {"a": "literal"}}),
        ("x", {"metricNamespace": "AWS/Lambda"}),
        ("x", {"metricName": ""}),
        ("{ $.a", {}),
    ],
)
def test_a_filter_that_could_give_nothing_is_refused(
    server: LocalServer, pattern: str, transformation: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        put_filter(server, "unheard-of", pattern, **transformation)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_filters_have_limits(server: LocalServer) -> None:
    make_group(server, "limits")
    for number in range(5):
        put_filter(server, "limits", "%x%", f"regex-{number}")
    put_filter(server, "limits", "%y%", "regex-0")
    with pytest.raises(ClientError, match="LimitExceededException"):
        put_filter(server, "limits", "{ $.a = %x% }", "regex-5")
    for number in range(95):
        put_filter(server, "limits", "x", f"plain-{number}")
    with pytest.raises(ClientError, match="LimitExceededException"):
        put_filter(server, "limits", "x", "one-more")
    make_group(server, "rare", logGroupClass="INFREQUENT_ACCESS")
    with pytest.raises(ClientError, match="InvalidOperationException"):
        put_filter(server, "rare", "x")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        put_filter(server, "nowhere", "x")


def embedded(*metrics: dict[str, Any], **members: Any) -> str:
    directive = {"Namespace": "Emf", "Dimensions": [["Fn"], ["Fn", "Op"], []], "Metrics": metrics}
    about = {"Timestamp": NOW_MS, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": about, "Fn": "f", "Op": "get", **members})


def test_an_event_in_the_embedded_metric_format_gives_its_own_metrics(server: LocalServer) -> None:
    make_group(server, "emf")
    latency = {"Name": "Latency", "Unit": "Milliseconds"}
    put(
        server,
        "emf",
        embedded(latency, {"Name": "Calls", "StorageResolution": 1}, Latency=[10, 20.5], Calls=3),
        embedded(latency, Latency=1),
    )
    seconds = {"Namespace": "Emf", "period": 1, "begin": -1, "end": 1}
    for dimensions in ({"Fn": "f"}, {"Fn": "f", "Op": "get"}, {}):
        assert counted(server, "Latency", Namespace="Emf", dimensions=dimensions) == [(3, 31.5)]
        assert counted(server, "Calls", dimensions=dimensions, **seconds) == [(1, 3)]
    (point,) = statistics(server, "Latency", "p50", Namespace="Emf")
    assert (point["ExtendedStatistics"], point["Unit"]) == ({"p50": 10.0}, "Milliseconds")


def test_a_document_that_is_not_as_specified_gives_nothing_and_is_counted() -> None:
    with still_server() as server:
        server.app.measurements.take = list
        make_group(server, "wrong")
        good = json.loads(embedded({"Name": "M"}, M=1))
        put(server, "wrong", '{"_aws": {"CloudWatchMetrics": [', 'text with "_aws"', json.dumps({"_aws": 5}))
        for bent in (
            {"_aws": {"Timestamp": "now"}},
            {"_aws": {"Timestamp": 5}},
            {"_aws": {"CloudWatchMetrics": 5}},
            {"Fn": None},
            {"Fn": 5},
            {"M": "1"},
            {"M": None},
            {"M": []},
            {"M": [1] * 101},
            {"M": True},
        ):
            document = {**good, **bent}
            if "_aws" in bent:
                document["_aws"] = {**good["_aws"], **bent["_aws"]}
            put(server, "wrong", json.dumps(document))
        for bent in (
            {"Namespace": "AWS/X"},
            {"Namespace": ""},
            {"Dimensions": "Fn"},
            {"Dimensions": [[{}]]},
            {"Dimensions": [["Fn", "Fn"]]},
            {"Metrics": [{"Name": "M", "Unit": "Parsecs"}]},
            {"Metrics": [{"Name": "M", "Unit": {}}]},
            {"Metrics": [{"Name": "M", "StorageResolution": [1]}]},
            {"Metrics": [{"Name": 5}]},
            {"Metrics": [{"Name": "M"}] * 101},
            {"Dimensions": [["Fn"]] * 101},
        ):
            directive = {**good["_aws"]["CloudWatchMetrics"][0], **bent}
            about = {"Timestamp": NOW_MS, "CloudWatchMetrics": [directive]}
            put(server, "wrong", json.dumps({**good, "_aws": about}))
        assert sums(taken(server), "AWS/Logs", LogGroupName="wrong")["EMFValidationErrors"] == 21
        put(server, "wrong", '{"_aws": {')
        assert sums(taken(server), "AWS/Logs", LogGroupName="wrong")["EMFParsingErrors"] == 1
        assert client(server, "cloudwatch").list_metrics(Namespace="Emf")["Metrics"] == []


def test_more_metrics_than_one_transaction_takes_are_all_there(server: LocalServer) -> None:
    make_group(server, "many")
    put_filter(server, "many", "{ $.n = * }", metricValue="$.n", dimensions={"N": "$.n"})
    put(server, "many", *(json.dumps({"n": number}) for number in range(250)))
    pages = (
        client(server, "cloudwatch")
        .get_paginator("list_metrics")
        .paginate(Namespace="App", MetricName="many")
    )
    assert sum(len(page["Metrics"]) for page in pages) == 250


def test_values_and_events_are_one_commit(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    make_group(server, "atomic")
    put_filter(server, "atomic", "ERROR")

    def fails(*args: Any) -> bool:
        hand_over(*args)
        raise StoreUnavailable("as asked")

    monkeypatch.setattr(storing, "hand_over", fails)
    with pytest.raises(ClientError):
        put(server, "atomic", "ERROR", "more")
    monkeypatch.undo()
    assert client(server, "logs").filter_log_events(logGroupName="atomic")["events"] == []
    assert counted(server, "atomic") == []
