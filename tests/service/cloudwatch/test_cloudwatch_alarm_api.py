"""Alarms are described, refused, tagged and deleted as at AWS."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.kit.functions import client
from tests.kit.metrics import (
    alarm,
    alarm_arn,
    history,
    moment,
    put_alarm,
    query,
    refusal,
    state,
    still_server,
)

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

BIN = Path(sys.executable).parent
TOPIC = "arn:aws:sns:us-east-1:000000000000:none"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def names(found: dict[str, Any]) -> list[str]:
    return [each["AlarmName"] for each in found["MetricAlarms"] + found["CompositeAlarms"]]


def test_an_alarm_is_described_as_it_was_put(server: LocalServer) -> None:
    put_alarm(
        server, "whole", AlarmDescription="d", AlarmActions=[TOPIC], Unit="Count", DatapointsToAlarm=1,
        TreatMissingData="ignore", Dimensions=[{"Name": "a", "Value": "b"}],
    )  # fmt: skip
    found = alarm(server, "whole")
    assert found == {
        "AlarmName": "whole", "AlarmArn": alarm_arn("whole"), "AlarmDescription": "d", "ActionsEnabled": True,
        "AlarmConfigurationUpdatedTimestamp": moment(0), "OKActions": [], "AlarmActions": [TOPIC],
        "InsufficientDataActions": [], "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation", "StateUpdatedTimestamp": moment(0),
        "StateTransitionedTimestamp": moment(0), "MetricName": "whole", "Namespace": "App", "Statistic": "Sum",
        "Dimensions": [{"Name": "a", "Value": "b"}], "Period": 60, "Unit": "Count", "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1, "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }  # fmt: skip


def test_alarms_are_found_by_name_prefix_state_action_and_kind(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    for name in ("find", "find-a", "find-b", "fine"):
        put_alarm(server, name, AlarmActions=[TOPIC] if name == "find-b" else [])
    cloudwatch.put_composite_alarm(AlarmName="find-c", AlarmRule="ALARM(find-a) OR ALARM(find-b)")
    describe = cloudwatch.describe_alarms
    assert names(describe(AlarmNamePrefix="find")) == ["find", "find-a", "find-b"]
    both = ["MetricAlarm", "CompositeAlarm"]
    assert names(describe(AlarmNamePrefix="find-", AlarmTypes=both)) == ["find-a", "find-b", "find-c"]
    assert names(describe(AlarmNamePrefix="find", ActionPrefix="arn:aws:sns")) == ["find-b"]
    assert names(describe(AlarmNamePrefix="find", StateValue="OK", AlarmTypes=both)) == ["find-c"]
    assert names(describe(AlarmNames=["find-b", "nope", "fine"])) == ["find-b", "fine"]
    assert names(describe(ChildrenOfAlarmName="find-c")) == ["find-a", "find-b"]
    assert describe(ParentsOfAlarmName="find-a")["CompositeAlarms"] == [
        {"AlarmName": "find-c", "AlarmArn": alarm_arn("find-c")}
    ]
    assert refusal(describe, AlarmNames=["a"], AlarmNamePrefix="b")[0] == "ValidationError"
    assert refusal(describe, ChildrenOfAlarmName="a", StateValue="OK")[0] == "ValidationError"
    assert refusal(describe, NextToken="x")[0] == "InvalidNextToken"


def test_alarms_come_in_pages(server: LocalServer) -> None:
    for number in range(7):
        put_alarm(server, f"page-{number}")
    pages = (
        client(server, "cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix="page-", PaginationConfig={"PageSize": 3})
    )
    assert [names(page) for page in pages] == [
        ["page-0", "page-1", "page-2"], ["page-3", "page-4", "page-5"], ["page-6"],
    ]  # fmt: skip


def test_the_alarms_of_a_metric_are_found(server: LocalServer) -> None:
    put_alarm(server, "on-1", metric="shared")
    put_alarm(server, "on-2", metric="shared", Statistic="Average", Period=300)
    put_alarm(server, "on-3", metric="shared", Dimensions=[{"Name": "x", "Value": "y"}])
    put_alarm(server, "on-4", Metrics=[query("m", "shared")])
    find = client(server, "cloudwatch").describe_alarms_for_metric
    asked = {"Namespace": "App", "MetricName": "shared"}

    def found(**more: Any) -> list[str]:
        return [each["AlarmName"] for each in find(**asked, **more)["MetricAlarms"]]

    assert found() == ["on-1", "on-2"]
    assert found(Statistic="Sum") == ["on-1"]
    assert found(Period=300) == ["on-2"]
    assert found(Dimensions=[{"Name": "x", "Value": "y"}]) == ["on-3"]


def test_history_is_found_by_time_type_and_in_pages(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    put_alarm(server, "old")
    for number in range(5):
        value = "OK" if number % 2 else "ALARM"
        cloudwatch.set_alarm_state(AlarmName="old", StateValue=value, StateReason=str(number))
    pages = list(
        cloudwatch.get_paginator("describe_alarm_history").paginate(
            AlarmName="old", HistoryItemType="StateUpdate", PaginationConfig={"PageSize": 2}
        )
    )
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [2, 2, 1]
    reasons = [json.loads(item["HistoryData"])["newState"]["stateReason"] for item in items]
    assert reasons == ["4", "3", "2", "1", "0"]
    assert history(server, "old", StartDate=moment(1)) == []
    assert len(history(server, "old", EndDate=moment(0))) == 6
    cloudwatch.delete_alarms(AlarmNames=["old"])
    assert history(server, "old")[-1] == 'Alarm "old" deleted'
    everything = cloudwatch.describe_alarm_history(MaxRecords=1)
    assert everything["AlarmHistoryItems"][0]["AlarmName"] == "old"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ComparisonOperator": "Sideways"}, "ValidationError"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "NotImplemented"),
        ({"ThresholdMetricId": "ad1"}, "NotImplemented"),
        ({"Threshold": None}, "ValidationError"),
        ({"Threshold": float("nan")}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"EvaluationPeriods": 1441}, "ValidationError"),
        ({"EvaluationPeriods": 8, "Period": 86_400}, "ValidationError"),
        ({"Period": 45}, "ValidationError"),
        ({"Period": None}, "ValidationError"),
        ({"MetricName": None}, "ValidationError"),
        ({"Statistic": None}, "InvalidParameterCombination"),
        ({"ExtendedStatistic": "p90"}, "InvalidParameterCombination"),
        ({"Statistic": None, "ExtendedStatistic": "p900"}, "ValidationError"),
        ({"TreatMissingData": "guess"}, "ValidationError"),
        ({"EvaluateLowSampleCountPercentile": "guess"}, "ValidationError"),
        ({"AlarmActions": ["nonsense"]}, "ValidationError"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:000000000000:far"]}, "ValidationError"),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "NotImplemented"),
        ({"AlarmActions": [TOPIC] * 6}, "ValidationError"),
        ({"AlarmDescription": "x" * 1025}, "ValidationError"),
        ({"Metrics": [query("m", "x")], "MetricName": "x"}, "InvalidParameterCombination"),
        ({"Metrics": []}, "ValidationError"),
        ({"Metrics": [query("m", "x"), query("n", "y")]}, "ValidationError"),
        ({"Metrics": [query("m", "x", ReturnData=False), query("e", Expression="m +")]}, "ValidationError"),
        ({"Metrics": [query("e", Expression="SEARCH('{A} x', 'Sum', 60)")]}, "ValidationError"),
        ({"Metrics": [query("e", Expression="TIME_SERIES(1)")]}, "ValidationError"),
        (
            {
                "Metrics": [query(f"m{n}", "x", ReturnData=False) for n in range(11)]
                + [query("e", Expression="m1")]
            },
            "ValidationError",
        ),
        (
            {"Metrics": [query("m", "x", ReturnData=False), query("n", "x", period=300)]},
            "ValidationError",
        ),
    ],
)
def test_alarms_that_cannot_be_are_refused(server: LocalServer, wrong: dict[str, Any], code: str) -> None:
    asked = {
        "Namespace": "App", "MetricName": "bad", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 10, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    if "Metrics" in wrong:
        for name in ("Namespace", "MetricName", "Statistic", "Period"):
            del asked[name]
    given = {name: value for name, value in {**asked, **wrong}.items() if value is not None}
    found = refusal(client(server, "cloudwatch").put_metric_alarm, AlarmName="bad", **given)
    assert found[0] == code, found
    assert names(client(server, "cloudwatch").describe_alarms(AlarmNames=["bad"])) == []


def test_names_of_no_alarm_are_refused_or_passed_over(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    found = refusal(cloudwatch.set_alarm_state, AlarmName="no", StateValue="OK", StateReason="r")
    assert found[0] == "ResourceNotFound"
    put_alarm(server, "here")
    bad = {"StateValue": "OK", "StateReason": "r", "StateReasonData": "{"}
    assert refusal(cloudwatch.set_alarm_state, AlarmName="here", **bad)[0] == "InvalidFormat"
    cloudwatch.delete_alarms(AlarmNames=["here", "no", "here"])
    assert names(cloudwatch.describe_alarms(AlarmNames=["here"])) == []
    cloudwatch.disable_alarm_actions(AlarmNames=["no"])


def test_alarms_have_tags(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    arn = put_alarm(server, "tagged", Tags=[{"Key": "a", "Value": "1"}])
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["b", "c"])
    put_alarm(server, "tagged", Tags=[{"Key": "ignored", "Value": "on update"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    code, _ = refusal(cloudwatch.list_tags_for_resource, ResourceARN=alarm_arn("no"))
    assert code == "ResourceNotFoundException"
    many = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    for tags in (many, [{"Key": "aws:x", "Value": "v"}], [{"Key": "a", "Value": "1"}] * 2):
        assert refusal(cloudwatch.tag_resource, ResourceARN=arn, Tags=tags)[0] == "InvalidParameterValue"


def test_other_accounts_and_regions_have_alarms_of_their_own() -> None:
    accounts = (
        f"000000000000:{ACCESS_KEY_ID}:{SECRET},111111111111:AKIAOTHER00000000001:other-secret-of-a-test"
    )
    with still_server(accounts=accounts) as server:
        put_alarm(server, "mine")
        options = {
            "aws_access_key_id": "AKIAOTHER00000000001",
            "aws_secret_access_key": "other-secret-of-a-test",
        }
        other = server.client("cloudwatch", **options)
        far = server.client("cloudwatch", region_name="eu-west-1")
        for stranger in (other, far):
            assert names(stranger.describe_alarms()) == []
            assert stranger.describe_alarm_history()["AlarmHistoryItems"] == []
            stranger.delete_alarms(AlarmNames=["mine"])
        arn = alarm_arn("mine")
        assert refusal(other.list_tags_for_resource, ResourceARN=arn)[0] == "AccessDenied"
        assert state(server, "mine") == "INSUFFICIENT_DATA"


def test_what_is_not_here_is_refused_by_name(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    for operation, params, what in (
        ("put_anomaly_detector", {}, "anomaly detection"),
        ("list_metric_streams", {}, "metric streams"),
        ("describe_insight_rules", {}, "Contributor Insights"),
    ):
        code, text = refusal(getattr(cloudwatch, operation), **params)
        assert code == "NotImplemented"
        assert what in text


def test_the_aws_cli_makes_an_alarm_and_reads_it(server: LocalServer) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PENSTOCK_"))}
    env = {
        **kept, "PATH": f"{BIN.parent / 'aws' / 'bin'}:{BIN}:{kept['PATH']}",
        "AWS_ENDPOINT_URL": server.endpoint, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION,
    }  # fmt: skip

    def aws(*words: str) -> Any:
        done = subprocess.run(
            ["aws", "cloudwatch", *words], capture_output=True, text=True, env=env, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("put-metric-data", "--namespace", "Cli", "--metric-name", "m", "--value", "5", "--unit", "Count",
        "--timestamp", moment(0).isoformat(), "--dimensions", "Stage=prod")  # fmt: skip
    aws("put-metric-alarm", "--alarm-name", "cli", "--namespace", "Cli", "--metric-name", "m", "--statistic",
        "Average", "--period", "300", "--evaluation-periods", "2", "--threshold", "1", "--comparison-operator",
        "GreaterThanThreshold", "--dimensions", "Name=Stage,Value=prod", "--alarm-actions", TOPIC)  # fmt: skip
    (found,) = aws("describe-alarms", "--alarm-names", "cli")["MetricAlarms"]
    assert (found["StateValue"], found["Dimensions"]) == (
        "INSUFFICIENT_DATA",
        [{"Name": "Stage", "Value": "prod"}],
    )
    points = aws("get-metric-statistics", "--namespace", "Cli", "--metric-name", "m", "--dimensions",
                 "Name=Stage,Value=prod", "--start-time", moment(-5).isoformat(), "--end-time",
                 moment(5).isoformat(), "--period", "60", "--statistics", "Sum")["Datapoints"]  # fmt: skip
    assert [(point["Sum"], point["Unit"]) for point in points] == [(5.0, "Count")]
