"""Composite alarms: they follow their children in the same commit, and hold their actions back. The clock is moved."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.functions import client, receive
from tests.kit.metrics import (
    alarm,
    alarm_arn,
    alarms_may,
    history,
    pass_minutes,
    put,
    put_alarm,
    refusal,
    state,
    still_server,
)
from tests.kit.topics import make_topic, subscribed_queue

from penstock.testing import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def compose(server: LocalServer, name: str, rule: str, **settings: Any) -> None:
    client(server, "cloudwatch").put_composite_alarm(AlarmName=name, AlarmRule=rule, **settings)


def switch(server: LocalServer, name: str, value: str) -> None:
    client(server, "cloudwatch").set_alarm_state(AlarmName=name, StateValue=value, StateReason="test")


def inbox(server: LocalServer) -> tuple[str, str]:
    """Returns the ARN of a topic, and the URL of the queue that gets its messages."""
    topic = make_topic(server, "all", Policy=alarms_may("SNS:Publish"))
    return topic, subscribed_queue(server, topic, "all", RawMessageDelivery="true")[0]


def told(server: LocalServer, url: str) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in receive(server, url)]


def states(server: LocalServer, url: str) -> list[str]:
    return [message["NewStateValue"] for message in told(server, url)]


def test_a_composite_alarm_follows_its_children(server: LocalServer) -> None:
    topic, url = inbox(server)
    for name in ("a", "b"):
        put_alarm(server, name)
    compose(server, "both", "ALARM(a) AND ALARM(b)", AlarmActions=[topic], AlarmDescription="both")
    assert state(server, "both") == "OK"
    switch(server, "a", "ALARM")
    assert state(server, "both") == "OK"
    switch(server, "b", "ALARM")
    assert state(server, "both") == "ALARM"
    (message,) = told(server, url)
    assert message["AlarmRule"] == "ALARM(a) AND ALARM(b)"
    assert message["TriggeringChildren"] == [
        {"Arn": alarm_arn("b"), "State": {"Value": "ALARM", "Timestamp": message["StateChangeTime"]}}
    ]
    assert message["NewStateReason"] == (
        f"{alarm_arn('b')} transitioned to ALARM at Friday 15 January, 2027 08:00:00 UTC"
    )
    assert "Trigger" not in message
    switch(server, "a", "OK")
    assert state(server, "both") == "OK"


def test_composite_alarms_may_have_composite_children(server: LocalServer) -> None:
    put_alarm(server, "leaf")
    compose(server, "middle", "ALARM(leaf)")
    compose(server, "top", f'ALARM("{alarm_arn("middle")}") OR FALSE')
    put(server, "leaf", 99)
    pass_minutes(server, 1)
    assert [state(server, name) for name in ("leaf", "middle", "top")] == ["ALARM"] * 3


def test_a_circle_of_alarms_ends(server: LocalServer) -> None:
    put_alarm(server, "leaf")
    compose(server, "one", "ALARM(leaf)")
    compose(server, "two", "NOT ALARM(one)")
    compose(server, "one", "ALARM(leaf) OR ALARM(two)")
    switch(server, "leaf", "ALARM")
    switch(server, "leaf", "OK")
    cloudwatch = client(server, "cloudwatch")
    assert refusal(cloudwatch.delete_alarms, AlarmNames=["one"])[0] == "ValidationError"
    compose(server, "two", "FALSE")
    cloudwatch.delete_alarms(AlarmNames=["one", "leaf"])
    cloudwatch.delete_alarms(AlarmNames=["two"])


def test_another_rule_is_looked_at_at_once(server: LocalServer) -> None:
    compose(server, "rule", "FALSE")
    assert state(server, "rule") == "OK"
    compose(server, "rule", "TRUE")
    assert state(server, "rule") == "ALARM"
    assert history(server, "rule") == [
        'Alarm "rule" created',
        "Alarm updated from INSUFFICIENT_DATA to OK",
        'Alarm "rule" updated',
        "Alarm updated from OK to ALARM",
    ]


@pytest.fixture
def suppressed(server: LocalServer) -> str:
    """Returns the URL of the queue that hears of ``noisy``, whose actions ``window`` holds back."""
    topic, url = inbox(server)
    compose(server, "window", "FALSE")
    put_alarm(server, "leaf", metric="nothing", TreatMissingData="ignore")
    compose(
        server, "noisy", "ALARM(leaf)", AlarmActions=[topic], OKActions=[topic], ActionsSuppressor="window",
        ActionsSuppressorWaitPeriod=60, ActionsSuppressorExtensionPeriod=120,
    )  # fmt: skip
    pass_minutes(server, 2)
    states(server, url)
    return url


def by(server: LocalServer) -> str | None:
    return alarm(server, "noisy").get("ActionsSuppressedBy")


def test_actions_wait_for_the_suppressor_and_are_then_taken(server: LocalServer, suppressed: str) -> None:
    switch(server, "leaf", "ALARM")
    assert (state(server, "noisy"), by(server), states(server, suppressed)) == ("ALARM", "WaitPeriod", [])
    pass_minutes(server, 0.9)
    assert states(server, suppressed) == []
    pass_minutes(server, 0.2)
    assert (by(server), states(server, suppressed)) == (None, ["ALARM"])


def test_actions_are_held_back_as_long_as_the_suppressor_is_in_alarm(
    server: LocalServer, suppressed: str
) -> None:
    switch(server, "leaf", "ALARM")
    switch(server, "window", "ALARM")
    assert by(server) == "Alarm"
    pass_minutes(server, 60)
    assert states(server, suppressed) == []
    switch(server, "window", "OK")
    assert by(server) == "ExtensionPeriod"
    pass_minutes(server, 1.9)
    assert states(server, suppressed) == []
    pass_minutes(server, 0.2)
    assert (by(server), states(server, suppressed)) == (None, ["ALARM"])


def test_what_is_over_before_the_suppressor_is_stays_untold(server: LocalServer, suppressed: str) -> None:
    switch(server, "window", "ALARM")
    switch(server, "leaf", "ALARM")
    assert by(server) == "Alarm"
    switch(server, "leaf", "OK")
    switch(server, "window", "OK")
    pass_minutes(server, 10)
    assert (state(server, "noisy"), by(server), states(server, suppressed)) == ("OK", None, [])


def test_a_wait_goes_on_in_the_next_process(tmp_path: Any) -> None:
    with still_server(data=tmp_path) as server:
        topic, url = inbox(server)
        compose(server, "window", "FALSE")
        compose(
            server, "held", "TRUE", AlarmActions=[topic], ActionsSuppressor="window",
            ActionsSuppressorWaitPeriod=600, ActionsSuppressorExtensionPeriod=0,
        )  # fmt: skip
        assert states(server, url) == []
    with still_server(data=tmp_path) as server:
        url = client(server, "sqs").get_queue_url(QueueName="all")["QueueUrl"]
        assert states(server, url) == []
        pass_minutes(server, 10)
        assert states(server, url) == ["ALARM"]


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("ALARM(gone)", {}),
        ("nonsense", {}),
        ('ALARM("arn:aws:cloudwatch:eu-west-1:000000000000:alarm:there")', {}),
        ("ALARM(there)", {"ActionsSuppressor": "there"}),
        ("ALARM(there)", {"ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}),
        (
            "ALARM(there)",
            {
                "ActionsSuppressor": "gone",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
        ),
        ("ALARM(there)", {"AlarmActions": ["nonsense"]}),
    ],
)
def test_composite_alarms_that_cannot_be_are_refused(
    server: LocalServer, rule: str, settings: dict[str, Any]
) -> None:
    put_alarm(server, "there")
    operation = client(server, "cloudwatch").put_composite_alarm
    assert refusal(operation, AlarmName="bad", AlarmRule=rule, **settings)[0] == "ValidationError"
    found = client(server, "cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert found["CompositeAlarms"] == []
    code, _ = refusal(operation, AlarmName="there", AlarmRule="TRUE")
    assert code == "ValidationError"
