"""Schedules that are due: when, what their targets get, and what becomes of failures. The clock is moved."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION, Inbox, put_rule
from tests.kit.control import ask
from tests.kit.functions import client, make_function, make_queue, receive
from tests.kit.policies import ACCOUNT
from tests.kit.schedules import put_schedule, schedule_arn, scheduler_role
from tests.kit.topics import make_topic, subscribed_queue

from penstock.schedules import Ticker
from penstock.testing import LocalServer

EVERYTHING = ("sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction", "events:PutEvents")
TRIES = '{"try":"<aws.scheduler.attempt-number>"}'


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A server for each test, because each moves its time, which stands still else."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


def pass_time(server: LocalServer, seconds: float) -> None:
    server.advance(seconds)
    server.settle()


def bodies(server: LocalServer, url: str) -> list[str]:
    return [message["Body"] for message in receive(server, url)]


def in_seconds(server: LocalServer, seconds: float) -> str:
    moment = server.clock.now() + timedelta(seconds=seconds)
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


def deliveries(server: LocalServer, state: str, name: str) -> list[dict[str, Any]]:
    found = ask(server, "GET", f"/_penstock/{state}?target={schedule_arn(name)}")[1]["deliveries"]
    return list(found)


def test_a_rate_begins_at_once_and_goes_on_at_its_interval(server: LocalServer) -> None:
    url, arn = make_queue(server, "rate")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    text = "<aws.scheduler.scheduled-time> <aws.scheduler.schedule-arn> <aws.scheduler.attempt-number>"
    started = server.clock.now().replace(microsecond=0)
    put_schedule(server, "rate", "rate(5 minutes)", {"Arn": arn, "RoleArn": role, "Input": text})
    server.settle()
    pass_time(server, 3600)
    found = sorted(bodies(server, url))
    times = [started + timedelta(minutes=5 * number) for number in range(13)]
    assert found == [f"{moment.strftime('%Y-%m-%dT%H:%M:%SZ')} {schedule_arn('rate')} 1" for moment in times]


def test_a_rate_with_a_start_and_an_end_keeps_to_them(server: LocalServer) -> None:
    url, arn = make_queue(server, "bounded")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    now = server.clock.now()
    put_schedule(
        server,
        "bounded",
        "rate(1 hour)",
        {"Arn": arn, "RoleArn": role, "Input": "<aws.scheduler.scheduled-time>"},
        StartDate=now + timedelta(minutes=90),
        EndDate=now + timedelta(minutes=90 + 150),
        ActionAfterCompletion="DELETE",
    )
    pass_time(server, 80 * 60)
    assert bodies(server, url) == []
    pass_time(server, 86_400)
    assert len(bodies(server, url)) == 3
    with pytest.raises(ClientError, match="does not exist"):
        client(server, "scheduler").get_schedule(Name="bounded")


def test_a_one_time_schedule_fires_once_in_its_time_zone(server: LocalServer) -> None:
    url, arn = make_queue(server, "at")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    tokyo = (server.clock.now() + timedelta(hours=9, minutes=10)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    target = {"Arn": arn, "RoleArn": role, "Input": "now"}
    put_schedule(server, "kept", tokyo, target, ScheduleExpressionTimezone="Asia/Tokyo")
    put_schedule(
        server, "gone", tokyo, target, ScheduleExpressionTimezone="Asia/Tokyo", ActionAfterCompletion="DELETE"
    )
    put_schedule(server, "past", "at(2020-01-01T00:00:00)", target)
    put_schedule(server, "late", in_seconds(server, -30), target)
    server.settle()
    assert bodies(server, url) == ["now"]  # the one that is less than a minute late
    pass_time(server, 590)
    assert bodies(server, url) == []
    pass_time(server, 86_400)
    assert bodies(server, url) == ["now", "now"]
    names = [one["Name"] for one in client(server, "scheduler").list_schedules()["Schedules"]]
    assert names == ["kept", "late", "past"]


def test_a_flexible_window_puts_the_call_off_and_not_the_time(server: LocalServer) -> None:
    url, arn = make_queue(server, "flexible")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    expression = in_seconds(server, 3600)
    due = expression.removeprefix("at(").removesuffix(")")
    for number in range(10):
        put_schedule(
            server,
            f"flexible-{number}",
            expression,
            {"Arn": arn, "RoleArn": role, "Input": "<aws.scheduler.scheduled-time>"},
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30},
        )
    pass_time(server, 3599)
    assert bodies(server, url) == []
    pass_time(server, 30 * 60 + 1)
    assert bodies(server, url) == [f"{due}Z"] * 10


def test_a_disabled_schedule_fires_nothing_and_an_update_does_not_fire_twice(server: LocalServer) -> None:
    url, arn = make_queue(server, "paused")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    target = {"Arn": arn, "RoleArn": role, "Input": "x"}
    put_schedule(server, "paused", "rate(1 hour)", target)
    server.settle()
    whole = {"Name": "paused", "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    scheduler = client(server, "scheduler")
    scheduler.update_schedule(**whole, Target={**target, "Input": "y"})
    server.settle()
    assert bodies(server, url) == ["x"]
    pass_time(server, 3600)
    assert bodies(server, url) == ["y"]
    scheduler.update_schedule(**whole, Target=target, State="DISABLED")
    pass_time(server, 7200)
    assert bodies(server, url) == []


def test_without_input_the_target_gets_awss_notification(server: LocalServer) -> None:
    url, arn = make_queue(server, "plain")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    put_schedule(server, "plain", in_seconds(server, 10), {"Arn": arn, "RoleArn": role})
    pass_time(server, 20)
    (body,) = bodies(server, url)
    found = json.loads(body)
    assert found | {"id": "", "time": ""} == {
        "version": "0",
        "id": "",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": "",
        "region": REGION,
        "resources": [schedule_arn("plain")],
        "detail": "{}",
    }


def test_every_templated_target_is_reached_in_the_commit_that_fires(server: LocalServer) -> None:
    role = scheduler_role(server, "r", *EVERYTHING)
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    fifo_url, fifo = make_queue(server, "ordered.fifo", **attributes)
    topic = make_topic(server, "news")
    subscribed, _ = subscribed_queue(server, topic, "subscribed", RawMessageDelivery="true")
    inbox = Inbox(server, "bus")
    put_rule(server, "bus", {"Arn": inbox.arn}, pattern={"source": ["me"]})
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    put_schedule(
        server,
        "queue",
        in_seconds(server, 60),
        {"Arn": fifo, "RoleArn": role, "Input": "x", "SqsParameters": {"MessageGroupId": "g"}},
    )
    put_schedule(server, "topic", in_seconds(server, 60), {"Arn": topic, "RoleArn": role, "Input": "hello"})
    put_schedule(
        server,
        "event",
        in_seconds(server, 60),
        {
            "Arn": bus,
            "RoleArn": role,
            "Input": '{"n":<aws.scheduler.attempt-number>}',
            "EventBridgeParameters": {"DetailType": "tick", "Source": "me"},
        },
    )
    server.settle()
    commits = server.app.store.commits
    pass_time(server, 61)
    assert server.app.store.commits - commits <= 3  # a firing is no more than one
    (message,) = receive(server, fifo_url)
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("x", "g")
    assert message["Attributes"]["SenderId"].startswith("AROA")
    assert bodies(server, subscribed) == ["hello"]
    (event,) = inbox.bodies()
    assert (event["detail-type"], event["detail"], event["resources"]) == (
        "tick",
        {"n": 1},
        [schedule_arn("event")],
    )


def test_a_function_is_invoked(server: LocalServer) -> None:
    url, _ = make_queue(server, "ran")
    source = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl='{url}', MessageBody=json.dumps(event))\n"
    )
    function = make_function(server, "ticked", source, may=("sqs:SendMessage",))
    role = scheduler_role(server, "r", "lambda:InvokeFunction")
    target = {"Arn": function["FunctionArn"], "RoleArn": role, "Input": '{"a":1}'}
    put_schedule(server, "function", in_seconds(server, 5), target)
    pass_time(server, 10)
    assert bodies(server, url) == ['{"a": 1}']


def test_a_universal_target_is_any_operation_with_the_rights_of_the_role(server: LocalServer) -> None:
    url, _ = make_queue(server, "universal")
    role = scheduler_role(server, "r", "sqs:SendMessage", "sqs:CreateQueue", "events:PutEvents")
    sent = {"QueueUrl": url, "MessageBody": "<aws.scheduler.schedule-arn>", "DelaySeconds": 0}
    calls = {
        "sqs:sendMessage": sent,
        "sqs:createQueue": {"QueueName": "made"},
        "eventbridge:putEvents": {
            "Entries": [{"Source": "me", "DetailType": "d", "Detail": "{}", "Time": 1700000000}]
        },
        "logs:nothing": {},
    }
    for number, (call, params) in enumerate(calls.items()):
        target = {
            "Arn": f"arn:aws:scheduler:::aws-sdk:{call}",
            "RoleArn": role,
            "Input": json.dumps(params),
        }
        if call == "logs:nothing":
            with pytest.raises(ClientError, match="not implemented"):
                put_schedule(server, f"call-{number}", in_seconds(server, 5), target)
            continue
        put_schedule(server, f"call-{number}", in_seconds(server, 5), target)
    inbox = Inbox(server, "events")
    put_rule(server, "events", {"Arn": inbox.arn}, pattern={"source": ["me"]})
    pass_time(server, 10)
    assert bodies(server, url) == [schedule_arn("call-0")]
    assert client(server, "sqs").get_queue_url(QueueName="made")["QueueUrl"]
    (event,) = inbox.bodies()
    assert event["time"] == "2023-11-14T22:13:20Z"


def test_what_the_operation_refuses_goes_to_the_dead_letters_in_its_words(server: LocalServer) -> None:
    url, dead = make_queue(server, "dead")
    role = scheduler_role(server, "r", "sqs:*")
    missing = f"{server.endpoint}/{ACCOUNT}/missing"
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": role,
        "Input": json.dumps({"QueueUrl": missing, "MessageBody": "<aws.scheduler.attempt-number>"}),
        "DeadLetterConfig": {"Arn": dead},
    }
    expression = in_seconds(server, 5)
    put_schedule(server, "refused", expression, target)
    pass_time(server, 10)
    (letter,) = receive(server, url)
    assert json.loads(letter["Body"]) == {"QueueUrl": missing, "MessageBody": "1"}
    found = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert len(found.pop("EXECUTION_ID")) == 16
    assert found == {
        "ERROR_CODE": "QueueDoesNotExist",
        "ERROR_MESSAGE": "The specified queue does not exist.",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": expression.removeprefix("at(").removesuffix(")") + "Z",
        "SCHEDULE_ARN": schedule_arn("refused"),
        "TARGET_ARN": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
    }


def test_a_missing_target_gets_the_firing_when_it_is_there_whatever_became_of_the_schedule(
    server: LocalServer,
) -> None:
    role = scheduler_role(server, "r", "sqs:SendMessage")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:later"
    target = {"Arn": arn, "RoleArn": role, "Input": TRIES}
    put_schedule(server, "later", in_seconds(server, 5), target, ActionAfterCompletion="DELETE")
    pass_time(server, 10)
    url, _ = make_queue(server, "later")
    pass_time(server, 60)
    (body,) = bodies(server, url)
    assert int(json.loads(body)["try"]) > 1


def test_a_role_without_rights_is_said_so_and_tried_by_the_policy(server: LocalServer) -> None:
    url, arn = make_queue(server, "target")
    role = scheduler_role(server, "r")
    put_schedule(
        server,
        "powerless",
        in_seconds(server, 5),
        {"Arn": arn, "RoleArn": role, "Input": "x", "RetryPolicy": {"MaximumRetryAttempts": 1}},
    )
    pass_time(server, 10)
    assert deliveries(server, "dead", "powerless") == []
    pass_time(server, 10)
    (told,) = deliveries(server, "dead", "powerless")
    assert told["attempts"] == 2 and "may not send messages" in told["error"]
    document = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    client(server, "iam").put_role_policy(
        RoleName="r",
        PolicyName="may",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
    )
    ask(server, "POST", "/_penstock/redrive", json.dumps({"target": schedule_arn("powerless")}).encode())
    server.settle()
    assert bodies(server, url) == ["x"]


def test_what_was_due_while_no_server_ran_is_made_up_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(self: Ticker) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Ticker, "run", never)
        with LocalServer(data=tmp_path) as server:
            role = scheduler_role(server, "r", "sqs:SendMessage")
            target = {"Arn": make_queue(server, "missed")[1], "RoleArn": role, "Input": "x"}
            put_schedule(server, "rate", "rate(1 hour)", target)
            put_schedule(server, "once", in_seconds(server, 60), target, ActionAfterCompletion="DELETE")
            server.advance(86_400)
    with LocalServer(data=tmp_path) as server:
        server.settle()
        url = server.client("sqs").get_queue_url(QueueName="missed")["QueueUrl"]
        assert len(receive(server, url)) == 2
        names = [one["Name"] for one in server.client("scheduler").list_schedules()["Schedules"]]
        assert names == ["rate"]


def test_a_schedule_is_no_destination_for_others(server: LocalServer) -> None:
    put_rule(server, "rule")
    target = {"Id": "1", "Arn": schedule_arn("x")}
    with pytest.raises(ClientError, match="not implemented"):
        client(server, "events").put_targets(Rule="rule", Targets=[target])


def test_a_day_of_a_schedule_that_fires_each_minute_is_whole(server: LocalServer) -> None:
    url, arn = make_queue(server, "minutes")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    put_schedule(server, "minutes", "cron(* * * * ? *)", {"Arn": arn, "RoleArn": role, "Input": "x"})
    pass_time(server, 3 * 3600)
    attributes = client(server, "sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    assert int(attributes["ApproximateNumberOfMessages"]) == 180


def test_dates_are_utc(server: LocalServer) -> None:
    role = scheduler_role(server, "r")
    target = {"Arn": make_queue(server, "dates")[1], "RoleArn": role}
    start = datetime(2050, 6, 1, 12, tzinfo=UTC)
    put_schedule(server, "dates", "rate(1 day)", target, StartDate=start)
    assert client(server, "scheduler").get_schedule(Name="dates")["StartDate"] == start
