"""Metrics are put, listed and read as at AWS."""

import gzip
import json
import math
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from tests.kit.functions import client
from tests.kit.metrics import START, moment, put, refusal, statistics, still_server

from penstock.access import sign
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def named(**dimensions: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def send(server: LocalServer, path: str, body: bytes, **headers: str) -> bytes:
    """Returns the answer to a signed request; names of headers with underscores."""
    stated = {name.replace("_", "-"): value for name, value in headers.items()}
    url, now_ms = server.endpoint + path, server.clock.__class__().now_ms()
    signed = sign(
        "POST", url, stated, body, access_key_id=ACCESS_KEY_ID, secret=SECRET,
        service="monitoring", region=REGION, now_ms=now_ms,
    )  # fmt: skip
    request = urllib.request.Request(url, body, {**stated, **signed}, method="POST")
    with urllib.request.urlopen(request) as answer:
        found: bytes = answer.read()
        return found


def test_values_of_a_minute_become_one_datapoint(server: LocalServer) -> None:
    put(server, "minute", 1, 2, 3, at=-5)
    put(server, "minute", 10, at=-4.5)
    put(server, "minute", 7, at=-3)
    assert statistics(server, "minute", "SampleCount", "Sum", "Minimum", "Maximum", "Average") == [
        {
            "Timestamp": moment(-5), "SampleCount": 4.0, "Sum": 16.0, "Minimum": 1.0, "Maximum": 10.0,
            "Average": 4.0, "Unit": "None",
        },
        {
            "Timestamp": moment(-3), "SampleCount": 1.0, "Sum": 7.0, "Minimum": 7.0, "Maximum": 7.0,
            "Average": 7.0, "Unit": "None",
        },
    ]  # fmt: skip


def test_data_without_a_time_are_of_now(server: LocalServer) -> None:
    client(server, "cloudwatch").put_metric_data(
        Namespace="App", MetricData=[{"MetricName": "now", "Value": 1}]
    )
    assert [point["Timestamp"] for point in statistics(server, "now", "Sum")] == [START]


def test_values_with_counts_and_statistic_sets_add_up(server: LocalServer) -> None:
    entries: list[dict[str, Any]] = [
        {"MetricName": "sets", "Values": [1, 5, 10], "Counts": [2, 3, 1]},
        {"MetricName": "sets", "Values": [4, 6]},
        {
            "MetricName": "sets",
            "StatisticValues": {"SampleCount": 2, "Sum": 9, "Minimum": 0.5, "Maximum": 8.5},
        },
    ]
    client(server, "cloudwatch").put_metric_data(Namespace="App", MetricData=entries)
    (point,) = statistics(server, "sets", "SampleCount", "Sum", "Minimum", "Maximum")
    assert (point["SampleCount"], point["Sum"], point["Minimum"], point["Maximum"]) == (10, 46, 0.5, 10)


def test_extended_statistics_are_those_of_the_page(server: LocalServer) -> None:
    put(server, "spread", *range(1, 101))
    wanted = ["p0", "p50", "p99.9", "p100", "tm90", "TM(10%:90%)", "TM(20:30)"]
    more = ["tc90", "TC(:10)", "ts10", "wm90", "PR(:30)"]
    (first,) = statistics(server, "spread", *wanted)
    (second,) = statistics(server, "spread", *more)
    # Values share a bin when they are closer to each other than a hundredth.
    assert first["ExtendedStatistics"] == pytest.approx(
        {
            "p0": 1, "p50": 50, "p99.9": 100, "p100": 100, "tm90": 45.5, "TM(10%:90%)": 50.5, "TM(20:30)": 25.5,
        },
        rel=0.01,
    )  # fmt: skip
    assert second["ExtendedStatistics"] == pytest.approx(
        {"tc90": 90, "TC(:10)": 10, "ts10": 55, "wm90": 50.0, "PR(:30)": 30}, rel=0.015
    )


def test_percentiles_need_every_value_and_none_below_zero(server: LocalServer) -> None:
    sets = {"StatisticValues": {"SampleCount": 5, "Sum": 50, "Minimum": 1, "Maximum": 20}}
    alike = {"StatisticValues": {"SampleCount": 5, "Sum": 50, "Minimum": 10, "Maximum": 10}}
    for name, entry in {"unknown": sets, "alike": alike, "below": {"Value": -1}}.items():
        client(server, "cloudwatch").put_metric_data(
            Namespace="App", MetricData=[{"MetricName": name, **entry}]
        )
    assert statistics(server, "unknown", "p50") == []
    assert statistics(server, "below", "p50") == []
    assert statistics(server, "alike", "p50")[0]["ExtendedStatistics"] == {"p50": 10}


def test_units_are_kept_apart(server: LocalServer) -> None:
    put(server, "units", 1, Unit="Bytes")
    put(server, "units", 2, Unit="Count")
    both = statistics(server, "units", "Sum")
    assert sorted((point["Unit"], point["Sum"]) for point in both) == [("Bytes", 1), ("Count", 2)]
    assert [point["Sum"] for point in statistics(server, "units", "Sum", Unit="Count")] == [2]
    assert statistics(server, "units", "Sum", Unit="Seconds") == []


def test_high_resolution_is_there_by_the_second_and_by_the_minute(server: LocalServer) -> None:
    for second in range(0, 30, 5):
        put(server, "fine", 1, at=-10 + second / 60, StorageResolution=1)
    put(server, "coarse", 1, at=-10)
    fine = statistics(server, "fine", "Sum", begin=-10, end=-9, period=10)
    assert [(point["Timestamp"], point["Sum"]) for point in fine] == [
        (moment(-10) + timedelta(seconds=at), 2) for at in (0, 10, 20)
    ]
    assert [point["Sum"] for point in statistics(server, "fine", "Sum", begin=-10, end=-9)] == [6]
    assert statistics(server, "coarse", "Sum", begin=-10, end=-9, period=10) == []


def test_stretches_begin_with_the_minute_of_the_start(server: LocalServer) -> None:
    put(server, "aligned", 1, at=-6)
    put(server, "aligned", 2, at=-2)
    found = statistics(server, "aligned", "Sum", begin=-7.5, end=0, period=300)
    assert [(point["Timestamp"], point["Sum"]) for point in found] == [(moment(-8), 1), (moment(-3), 2)]


def test_metrics_are_listed_by_their_names_and_dimensions(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    for stage, host in (("prod", "a"), ("prod", "b"), ("test", "a")):
        put(server, "load", 1, namespace="List", Dimensions=named(stage=stage, host=host))
    put(server, "load", 1, namespace="List")
    put(server, "other", 1, namespace="List")
    found = cloudwatch.list_metrics(Namespace="List", MetricName="load")["Metrics"]
    assert sorted(sorted(each["Value"] for each in metric["Dimensions"]) for metric in found) == [
        [], ["a", "prod"], ["a", "test"], ["b", "prod"],
    ]  # fmt: skip
    one = cloudwatch.list_metrics(Namespace="List", Dimensions=[{"Name": "host"}, *named(stage="test")])
    assert one["Metrics"] == [
        {"Namespace": "List", "MetricName": "load", "Dimensions": named(host="a", stage="test")}
    ]
    by_name = cloudwatch.list_metrics(MetricName="other")["Metrics"]
    assert [metric["Namespace"] for metric in by_name] == ["List"]
    assert cloudwatch.list_metrics(Namespace="Nothing")["Metrics"] == []


def test_metrics_are_listed_five_hundred_at_a_time(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    entries = [{"MetricName": f"m{number}", "Value": 1} for number in range(700)]
    cloudwatch.put_metric_data(Namespace="Many", MetricData=entries)
    first = cloudwatch.list_metrics(Namespace="Many")
    second = cloudwatch.list_metrics(Namespace="Many", NextToken=first["NextToken"])
    assert (len(first["Metrics"]), len(second["Metrics"])) == (500, 200)
    assert "NextToken" not in second
    assert len({metric["MetricName"] for page in (first, second) for metric in page["Metrics"]}) == 700
    for token in ("x", "WzFd", "////"):
        assert refusal(cloudwatch.list_metrics, NextToken=token)[0] == "InvalidNextToken"


@pytest.mark.parametrize(
    ("entry", "code", "text"),
    [
        ({}, "MissingParameter", "The parameter MetricData.member.1.Value is required."),
        (
            {"Value": math.nan},
            "InvalidParameterValue",
            "The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        ({"Value": 2.0**361}, "InvalidParameterValue", None),
        (
            {"Value": 1, "Values": [1]},
            "InvalidParameterCombination",
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive "
            "and you have specified both.",
        ),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue", None),
        ({"Values": [1.0] * 151}, "InvalidParameterValue", None),
        ({"Values": [1], "Counts": [-1]}, "InvalidParameterValue", None),
        ({"Value": 1, "Timestamp": moment(-15 * 1440)}, "InvalidParameterValue", None),
        ({"Value": 1, "Timestamp": moment(121)}, "InvalidParameterValue", None),
        ({"Value": 1, "StorageResolution": 5}, "InvalidParameterValue", None),
        ({"Value": 1, "Unit": "Parsecs"}, "ValidationError", None),
        ({"Value": 1, "Dimensions": named(a="\x00")}, "InvalidParameterValue", None),
        ({"Value": 1, "Dimensions": named(a="ü")}, "InvalidParameterValue", None),
        ({"Value": 1, "Dimensions": [*named(a="1"), *named(a="2")]}, "InvalidParameterValue", None),
        ({"Value": 1, "Dimensions": [{"Name": f"d{n}", "Value": "v"} for n in range(31)]}, "ValidationError", None),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 3, "Maximum": 2}},
            "InvalidParameterCombination",
            None,
        ),
    ],
)  # fmt: skip
def test_data_that_cannot_be_are_refused(
    server: LocalServer, entry: Any, code: str, text: str | None
) -> None:
    operation = client(server, "cloudwatch").put_metric_data
    found = refusal(operation, Namespace="App", MetricData=[{"MetricName": "bad", **entry}])
    assert found[0] == code
    assert text in (None, found[1])


def test_a_put_that_says_nothing_or_too_much_is_refused(server: LocalServer) -> None:
    operation = client(server, "cloudwatch").put_metric_data
    assert refusal(operation, Namespace="App")[0] == "InvalidParameterCombination"
    many = [{"MetricName": "m", "Value": 1}] * 1001
    text = "The collection MetricData must not have a size greater than 1000."
    assert refusal(operation, Namespace="App", MetricData=many) == ("InvalidParameterValue", text)
    text = "The value AWS/EC2 for parameter Namespace is invalid."
    assert refusal(operation, Namespace="AWS/EC2", MetricData=many[:1]) == ("InvalidParameterValue", text)


def test_statistics_that_cannot_be_asked_for_are_refused(server: LocalServer) -> None:
    operation = client(server, "cloudwatch").get_metric_statistics
    asked = {
        "Namespace": "App", "MetricName": "m", "StartTime": moment(0), "EndTime": moment(1441), "Period": 60,
        "Statistics": ["Sum"],
    }  # fmt: skip
    code, text = refusal(operation, **asked)
    assert code == "InvalidParameterCombination"
    assert text.startswith("You have requested up to 1,441 datapoints, which exceeds the limit of 1,440.")
    for wrong in (
        {"Period": 7},
        {"Period": 90},
        {"EndTime": moment(0)},
        {"ExtendedStatistics": ["p50"]},
        {"Statistics": ["Median"]},
    ):
        assert refusal(operation, **{**asked, **wrong})[0] in (
            "InvalidParameterValue", "InvalidParameterCombination", "ValidationError",
        )  # fmt: skip
    del asked["Statistics"]
    for statistic in ("p101", "p", "tm(1:2)", "TM(90%:10%)", "TM(:)", "median", "PR(1%:2%)", "p" * 300):
        found = refusal(operation, **asked | {"ExtendedStatistics": [statistic], "EndTime": moment(1)})
        assert found[0] == "InvalidParameterValue", statistic


def test_every_protocol_of_the_model_is_spoken(server: LocalServer) -> None:
    for name in ("query", "json", "cbor"):
        put(server, name, 5)
    asked = {"Namespace": "App", "MetricName": "query", "Period": 60}
    begin, end = moment(-1), moment(1)
    form = {
        **asked, "Action": "GetMetricStatistics", "Version": "2010-08-01", "Statistics.member.1": "Sum",
        "StartTime": begin.isoformat(), "EndTime": end.isoformat(),
    }  # fmt: skip
    answer = send(
        server, "/", urllib.parse.urlencode(form).encode(), content_type="application/x-www-form-urlencoded"
    )
    assert b"<Sum>5.0</Sum>" in answer
    asked |= {"Statistics": ["Sum"], "StartTime": begin.timestamp(), "EndTime": end.timestamp()}
    answer = send(
        server, "/", json.dumps(asked | {"MetricName": "json"}).encode(),
        content_type="application/x-amz-json-1.0", x_amz_target="GraniteServiceVersion20100801.GetMetricStatistics",
    )  # fmt: skip
    assert json.loads(answer)["Datapoints"][0]["Sum"] == 5
    times = {"StartTime": cbor2.CBORTag(1, begin.timestamp()), "EndTime": cbor2.CBORTag(1, end.timestamp())}
    answer = send(
        server, "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics",
        cbor2.dumps(asked | times | {"MetricName": "cbor"}),
        content_type="application/cbor", smithy_protocol="rpc-v2-cbor",
    )  # fmt: skip
    assert cbor2.loads(answer)["Datapoints"][0]["Sum"] == 5


def test_a_compressed_form_is_read(server: LocalServer) -> None:
    form = {
        "Action": "PutMetricData", "Version": "2010-08-01", "Namespace": "App",
        "MetricData.member.1.MetricName": "zipped", "MetricData.member.1.Value": "3",
    }  # fmt: skip
    body = gzip.compress(urllib.parse.urlencode(form).encode())
    send(server, "/", body, content_type="application/x-www-form-urlencoded", content_encoding="gzip")
    assert [point["Sum"] for point in statistics(server, "zipped", "Sum")] == [3]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not compressed", id="plain"),
        pytest.param(gzip.compress(b"a" * 9_000_000), id="too long"),
        pytest.param(gzip.compress(b"{}")[:-3], id="cut off"),
    ],
)
def test_what_only_seems_compressed_is_refused(server: LocalServer, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(
            server, "/", body, content_type="application/x-amz-json-1.0", content_encoding="gzip",
            x_amz_target="GraniteServiceVersion20100801.PutMetricData",
        )  # fmt: skip
    assert refused.value.code in (400, 413)
    refused.value.close()
