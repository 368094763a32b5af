"""Metric alarms: how they are judged as time passes, and what they set going. The clock is moved."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from tests.kit.buses import Inbox, put_rule
from tests.kit.control import ask
from tests.kit.functions import client, make_function, receive
from tests.kit.metrics import (
    START,
    alarm,
    alarm_arn,
    alarms_may,
    history,
    moment,
    pass_minutes,
    put,
    put_alarm,
    query,
    state,
    still_server,
)
from tests.kit.policies import ACCOUNT
from tests.kit.topics import make_topic, subscribe, subscribed_queue

from penstock.testing import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def topic_with_queue(server: LocalServer, name: str) -> tuple[str, str]:
    """Returns the ARN of a topic that alarms may publish to, and the URL of a queue that gets its messages."""
    topic = make_topic(server, name, Policy=alarms_may("SNS:Publish"))
    url, _ = subscribed_queue(server, topic, name, RawMessageDelivery="true")
    return topic, url


def told(server: LocalServer, url: str) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in receive(server, url)]


def test_an_alarm_follows_its_metric(server: LocalServer) -> None:
    put_alarm(server, "load")
    assert alarm(server, "load")["StateReason"] == "Unchecked: Initial alarm creation"
    seen = []
    for value in (5, 11, 12, 3, None, None, None):
        if value is not None:
            put(server, "load", value, at=len(seen))
        pass_minutes(server, 1)
        seen.append(state(server, "load"))
    assert seen == ["OK", "ALARM", "ALARM", "OK", "OK", "OK", "INSUFFICIENT_DATA"]
    assert history(server, "load", HistoryItemType="StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to INSUFFICIENT_DATA",
    ]


def test_a_moved_clock_runs_what_was_due_at_its_own_time(server: LocalServer) -> None:
    put_alarm(server, "jump", TreatMissingData="notBreaching")
    for at, value in ((1, 20), (2, 1), (30, 15)):
        put(server, "jump", value, at=at)
    pass_minutes(server, 24 * 60)
    items = client(server, "cloudwatch").describe_alarm_history(
        AlarmName="jump", HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    assert [(item["Timestamp"], item["HistorySummary"].split(" to ")[1]) for item in items] == [
        (moment(1), "OK"), (moment(2), "ALARM"), (moment(3), "OK"), (moment(31), "ALARM"), (moment(34), "OK"),
    ]  # fmt: skip


def test_a_topic_is_told_in_awss_words(server: LocalServer) -> None:
    topic = make_topic(server, "told", Policy=alarms_may("SNS:Publish"))
    url, _ = subscribed_queue(server, topic, "told")
    put_alarm(
        server, "words", AlarmDescription="Too much", AlarmActions=[topic], DatapointsToAlarm=1,
        Dimensions=[{"Name": "Stage", "Value": "prod"}], TreatMissingData="missing",
    )  # fmt: skip
    put(server, "words", 12.5, Dimensions=[{"Name": "Stage", "Value": "prod"}])
    pass_minutes(server, 1)
    (message,) = told(server, url)
    assert message["Subject"] == 'ALARM: "words" in US East (N. Virginia)'
    assert json.loads(message["Message"]) == {
        "AlarmName": "words",
        "AlarmDescription": "Too much",
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": "2027-01-15T08:00:00.000+0000",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [12.5 (15/01/27 08:00:00)] was greater "
        "than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition).",
        "StateChangeTime": "2027-01-15T08:01:00.000+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": alarm_arn("words"),
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [],
        "AlarmActions": [topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "words",
            "Namespace": "App",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "prod", "name": "Stage"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10.0,
            "TreatMissingData": "missing",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    assert history(server, "words") == [
        'Alarm "words" created',
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        f"Successfully executed action {topic}",
    ]


def test_each_state_has_actions_of_its_own_and_they_are_taken_once(server: LocalServer) -> None:
    topics = [topic_with_queue(server, name) for name in ("fine", "bad", "unknown")]
    (ok, ok_url), (bad, bad_url), (unknown, unknown_url) = topics
    put_alarm(server, "each", OKActions=[ok], AlarmActions=[bad], InsufficientDataActions=[unknown])
    for at, value in enumerate((1, 1, 20, 20, 20)):
        put(server, "each", value, at=at)
    pass_minutes(server, 30)
    counts = [
        [message["NewStateValue"] for message in told(server, url)] for url in (ok_url, bad_url, unknown_url)
    ]
    assert counts == [["OK"], ["ALARM"], ["INSUFFICIENT_DATA"]]


def test_a_function_is_invoked_with_awss_event(server: LocalServer) -> None:
    source = "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"
    function = make_function(server, "alarmed", source)["FunctionArn"]
    client(server, "lambda").add_permission(
        FunctionName="alarmed", StatementId="alarms", Action="lambda:InvokeFunction",
        Principal="lambda.alarms.cloudwatch.amazonaws.com", SourceArn=alarm_arn("fn"), SourceAccount=ACCOUNT,
    )  # fmt: skip
    put_alarm(server, "fn", AlarmActions=[function], AlarmDescription="why")
    put(server, "fn", 11)
    pass_minutes(server, 1)
    found = client(server, "logs").filter_log_events(
        logGroupName="/aws/lambda/alarmed", filterPattern="alarmArn"
    )
    event = json.loads(found["events"][0]["message"])
    data = event.pop("alarmData")
    assert event == {
        "source": "aws.cloudwatch", "alarmArn": alarm_arn("fn"), "accountId": ACCOUNT,
        "time": "2027-01-15T08:01:00.000+0000", "region": "us-east-1",
    }  # fmt: skip
    assert (data["alarmName"], data["state"]["value"], data["previousState"]["value"]) == (
        "fn", "ALARM", "INSUFFICIENT_DATA",
    )  # fmt: skip
    assert json.loads(data["state"]["reasonData"]) == {
        "version": "1.0", "queryDate": "2027-01-15T08:01:00.000+0000", "startDate": "2027-01-15T08:00:00.000+0000",
        "statistic": "Sum", "period": 60, "recentDatapoints": [11.0], "threshold": 10.0,
        "evaluatedDatapoints": [{"timestamp": "2027-01-15T08:00:00.000+0000", "sampleCount": 1.0, "value": 11.0}],
    }  # fmt: skip
    (metric,) = data["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "App", "name": "fn", "dimensions": {}}, "period": 60, "stat": "Sum",
    }  # fmt: skip


def test_the_account_s_bus_hears_of_each_change(server: LocalServer) -> None:
    inbox = Inbox(server, "bus")
    put_rule(server, "alarms", {"Arn": inbox.arn}, pattern={"source": ["aws.cloudwatch"]})
    put_alarm(server, "bussed")
    put(server, "bussed", 99)
    pass_minutes(server, 1)
    (event,) = inbox.bodies()
    assert (event["detail-type"], event["resources"]) == (
        "CloudWatch Alarm State Change",
        [alarm_arn("bussed")],
    )
    assert event["detail"]["state"]["value"] == "ALARM"


def test_m_of_n_periods_make_an_alarm(server: LocalServer) -> None:
    put_alarm(server, "some", EvaluationPeriods=3, DatapointsToAlarm=2)
    for at, value in enumerate((1, 20, 1, 20, 1, 1, 1)):
        put(server, "some", value, at=at)
    seen = []
    for _ in range(7):
        pass_minutes(server, 1)
        seen.append(state(server, "some"))
    assert seen == ["OK", "OK", "OK", "ALARM", "OK", "OK", "OK"]


@pytest.mark.parametrize(
    ("comparison", "wanted"),
    [
        ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
        ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
        ("LessThanThreshold", ["ALARM", "OK", "OK"]),
        ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
    ],
)
def test_every_comparison_is_made(server: LocalServer, comparison: str, wanted: list[str]) -> None:
    put_alarm(server, "compared", ComparisonOperator=comparison)
    seen = []
    for at, value in enumerate((9, 10, 11)):
        put(server, "compared", value, at=at)
        pass_minutes(server, 1)
        seen.append(state(server, "compared"))
    assert seen == wanted


def test_an_alarm_on_an_expression_is_judged_by_what_it_comes_to(server: LocalServer) -> None:
    topic, url = topic_with_queue(server, "rates")
    put_alarm(
        server, "rate", Threshold=50, AlarmActions=[topic],
        Metrics=[
            query("errors", "errors", ReturnData=False),
            query("calls", "calls", ReturnData=False),
            query("rate", Expression="100 * errors / calls", Label="Error rate"),
        ],
    )  # fmt: skip
    for at, errors in enumerate((1, 6)):
        put(server, "errors", errors, at=at)
        put(server, "calls", 10, at=at)
    pass_minutes(server, 1)
    assert state(server, "rate") == "OK"
    pass_minutes(server, 1)
    assert state(server, "rate") == "ALARM"
    (message,) = told(server, url)
    assert message["Trigger"]["Metrics"][2] == {
        "Id": "rate", "Expression": "100 * errors / calls", "Label": "Error rate", "ReturnData": True,
    }  # fmt: skip
    assert "MetricName" not in message["Trigger"]


def test_a_percentile_with_few_samples_may_be_passed_over(server: LocalServer) -> None:
    for name, choice in (("judged", "evaluate"), ("waits", "ignore")):
        put_alarm(
            server, name, metric="latency", Statistic=None, ExtendedStatistic="p90",
            EvaluateLowSampleCountPercentile=choice,
        )  # fmt: skip
    put(server, "latency", *[20] * 50)
    pass_minutes(server, 1)
    assert (state(server, "judged"), state(server, "waits")) == ("ALARM", "INSUFFICIENT_DATA")
    put(server, "latency", *[20] * 100, at=1)
    pass_minutes(server, 1)
    assert state(server, "waits") == "ALARM"


def test_an_alarm_of_ten_seconds_is_looked_at_every_ten_seconds(server: LocalServer) -> None:
    put_alarm(server, "quick", Period=10)
    put(server, "quick", 11, at=1 / 12, StorageResolution=1)
    pass_minutes(server, 1 / 6)
    assert state(server, "quick") == "ALARM"
    put(server, "quick", 1, at=1 / 4, StorageResolution=1)
    pass_minutes(server, 1 / 6)
    assert state(server, "quick") == "OK"


def test_data_of_before_the_alarm_count(server: LocalServer) -> None:
    put(server, "before", 20, at=-1)
    put_alarm(server, "before")
    pass_minutes(server, 1)
    assert state(server, "before") == "ALARM"


def test_another_threshold_keeps_the_state_until_the_next_look(server: LocalServer) -> None:
    put_alarm(server, "changed")
    put(server, "changed", 20)
    pass_minutes(server, 1)
    put_alarm(server, "changed", Threshold=100)
    assert state(server, "changed") == "ALARM"
    pass_minutes(server, 1)
    assert state(server, "changed") == "OK"
    assert history(server, "changed", HistoryItemType="ConfigurationUpdate") == [
        'Alarm "changed" created', 'Alarm "changed" updated',
    ]  # fmt: skip


def test_a_topic_that_forbids_it_is_told_when_it_does_not_any_more(server: LocalServer) -> None:
    topic = make_topic(server, "closed", Policy=alarms_may("SNS:Publish", "s3.amazonaws.com"))
    url, _ = subscribed_queue(server, topic, "closed", RawMessageDelivery="true")
    put_alarm(server, "refused", AlarmActions=[topic])
    put(server, "refused", 20)
    server.advance(60)
    server.wait(server.app.service("cloudwatch").settled())
    *_, failed = history(server, "refused", HistoryItemType="Action")
    assert failed.startswith(f"Failed to execute action {topic}. Received error: ")
    assert told(server, url) == []
    client(server, "sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=alarms_may("SNS:Publish")
    )
    pass_minutes(server, 10)
    assert [message["NewStateValue"] for message in told(server, url)] == ["ALARM"]


def test_disabled_actions_are_not_taken(server: LocalServer) -> None:
    topic, url = topic_with_queue(server, "quiet")
    put_alarm(server, "quiet", AlarmActions=[topic], OKActions=[topic])
    cloudwatch = client(server, "cloudwatch")
    cloudwatch.disable_alarm_actions(AlarmNames=["quiet"])
    put(server, "quiet", 20)
    pass_minutes(server, 1)
    assert (state(server, "quiet"), told(server, url)) == ("ALARM", [])
    cloudwatch.enable_alarm_actions(AlarmNames=["quiet"])
    put(server, "quiet", 2, at=1)
    pass_minutes(server, 1)
    assert [message["NewStateValue"] for message in told(server, url)] == ["OK"]


def test_a_state_that_was_set_holds_until_the_next_look(server: LocalServer) -> None:
    topic, url = topic_with_queue(server, "set")
    put_alarm(server, "set", AlarmActions=[topic])
    cloudwatch = client(server, "cloudwatch")
    put(server, "set", 1)
    cloudwatch.set_alarm_state(
        AlarmName="set", StateValue="ALARM", StateReason="a test", StateReasonData="{}"
    )
    assert alarm(server, "set") | {
        "StateValue": "ALARM",
        "StateReason": "a test",
        "StateReasonData": "{}",
    } == alarm(server, "set")
    assert [message["NewStateReason"] for message in told(server, url)] == ["a test"]
    cloudwatch.set_alarm_state(AlarmName="set", StateValue="ALARM", StateReason="once more")
    assert told(server, url) == []
    pass_minutes(server, 1)
    assert state(server, "set") == "OK"


def test_what_was_due_while_the_server_did_not_run_is_made_up_for(tmp_path: Any) -> None:
    with still_server(data=tmp_path) as server:
        put_alarm(server, "kept")
        put(server, "kept", 20, at=1)
        pass_minutes(server, 1)
        assert state(server, "kept") == "INSUFFICIENT_DATA"
    later = LocalServer(data=tmp_path)
    later.clock.freeze(round(START.timestamp() * 1000) + 3_600_000)
    with later as server:
        server.settle()
        assert history(server, "kept", HistoryItemType="StateUpdate") == [
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            "Alarm updated from ALARM to INSUFFICIENT_DATA",
        ]


def test_the_alarm_of_a_failing_function_is_mailed(server: LocalServer) -> None:
    topic = make_topic(server, "mailed", Policy=alarms_may("SNS:Publish"))
    subscribe(server, topic, "email", "ops@example.com")
    (question,) = letters(server)
    link = re.search(r"https?://\S+", question["text"])
    assert link
    with urlopen(link[0]):
        pass
    make_function(server, "fails", "def handler(event, context):\n    raise ValueError('no')\n")
    put_alarm(
        server, "fails-errors", Namespace="AWS/Lambda", MetricName="Errors", Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[topic],
        Dimensions=[{"Name": "FunctionName", "Value": "fails"}],
    )  # fmt: skip
    client(server, "lambda").invoke(FunctionName="fails")
    pass_minutes(server, 1)
    assert state(server, "fails-errors") == "ALARM"
    letter = letters(server)[-1]
    assert letter["subject"] == 'ALARM: "fails-errors" in US East (N. Virginia)'
    text = letter["text"]
    assert text.startswith(
        'You are receiving this email because your Amazon CloudWatch Alarm "fails-errors" in the US East (N. Virginia) '
        'region has entered the ALARM state, because "Threshold Crossed: 1 out of the last 1 datapoints [1.0 '
    )
    assert "- State Change:               INSUFFICIENT_DATA -> ALARM" in text
    assert "- Dimensions:                          [FunctionName = fails]" in text
    assert f"- ALARM: [{topic}]" in text


def letters(server: LocalServer) -> list[dict[str, Any]]:
    """Returns the letters that were written, the oldest first."""
    server.settle()
    found = ask(server, "GET", "/_penstock/mail")[1]["letters"]
    return [ask(server, "GET", f"/_penstock/mail?id={one['id']}")[1] for one in found]
