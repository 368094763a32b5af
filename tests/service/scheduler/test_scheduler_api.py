"""Schedules and groups as resources: made, shown, changed, listed, tagged, deleted; once under each client token."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION
from tests.kit.functions import client, make_queue, make_role
from tests.kit.policies import ACCOUNT
from tests.kit.schedules import put_schedule, schedule_arn, scheduler_role

from penstock.testing import LocalServer

OFF = {"Mode": "OFF"}
FAR = "rate(365 days)"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        running.clock.freeze()
        yield running


@pytest.fixture(scope="module")
def scheduler(server: LocalServer) -> Any:
    return client(server, "scheduler")


@pytest.fixture(scope="module")
def target(server: LocalServer) -> dict[str, str]:
    role = scheduler_role(server, "api", "sqs:SendMessage")
    return {"Arn": make_queue(server, "api")[1], "RoleArn": role}


def refusal(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    answer = raised.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def group_arn(name: str) -> str:
    return f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{name}"


def test_a_schedule_is_shown_with_aws_s_defaults(
    server: LocalServer, scheduler: Any, target: dict[str, str]
) -> None:
    arn = put_schedule(server, "shown", FAR, target)
    assert arn == schedule_arn("shown")
    found = scheduler.get_schedule(Name="shown")
    del found["ResponseMetadata"]
    now = server.clock.now().replace(microsecond=0)
    assert abs(found.pop("CreationDate") - now) < timedelta(seconds=2)
    assert abs(found.pop("LastModificationDate") - now) < timedelta(seconds=2)
    assert found == {
        "Arn": arn,
        "GroupName": "default",
        "Name": "shown",
        "ScheduleExpression": FAR,
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "ActionAfterCompletion": "NONE",
        "FlexibleTimeWindow": OFF,
        "Target": {
            **target,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        },
    }


def test_an_update_says_all_anew(server: LocalServer, scheduler: Any, target: dict[str, str]) -> None:
    start = datetime(2040, 1, 1, tzinfo=UTC)
    put_schedule(server, "anew", FAR, target, Description="before", StartDate=start, State="DISABLED")
    found = scheduler.get_schedule(Name="anew")
    assert (found["Description"], found["StartDate"], found["State"]) == ("before", start, "DISABLED")
    scheduler.update_schedule(
        Name="anew",
        ScheduleExpression="cron(0 9 1W * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        Target=target,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        ActionAfterCompletion="DELETE",
    )
    found = scheduler.get_schedule(Name="anew")
    assert "Description" not in found and "StartDate" not in found
    assert (found["State"], found["ScheduleExpressionTimezone"]) == ("ENABLED", "Europe/Berlin")
    assert found["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}


def test_what_is_not_there_is_not_found(scheduler: Any, target: dict[str, str]) -> None:
    for name in ("get_schedule", "delete_schedule"):
        assert refusal(getattr(scheduler, name), Name="none") == (
            "ResourceNotFoundException",
            "Schedule none does not exist.",
            404,
        )
    whole = {"Name": "none", "ScheduleExpression": FAR, "Target": target, "FlexibleTimeWindow": OFF}
    assert refusal(scheduler.update_schedule, **whole)[0] == "ResourceNotFoundException"
    for call, params in [
        (scheduler.create_schedule, {**whole, "GroupName": "none"}),
        (scheduler.get_schedule, {"Name": "x", "GroupName": "none"}),
        (scheduler.list_schedules, {"GroupName": "none"}),
        (scheduler.get_schedule_group, {"Name": "none"}),
        (scheduler.delete_schedule_group, {"Name": "none"}),
        (scheduler.list_tags_for_resource, {"ResourceArn": group_arn("none")}),
    ]:
        found = refusal(call, **params)
        assert found[:2] == ("ResourceNotFoundException", "Schedule group none does not exist.")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"ScheduleExpression": "rate(0 minutes)"}, r"Invalid Schedule Expression rate\(0 minutes\)\."),
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "cron(0 0 * * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpression": "at(2030-02-30T00:00:00)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "Timezone"),
        ({"ScheduleExpressionTimezone": "../UTC"}, "Timezone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 1}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}, "1440"),
        ({"StartDate": datetime(2020, 1, 1, tzinfo=UTC)}, "cannot be earlier than 5 minutes ago"),
        (
            {"StartDate": datetime(2041, 1, 1, tzinfo=UTC), "EndDate": datetime(2040, 1, 1, tzinfo=UTC)},
            "later than the StartDate",
        ),
        ({"Name": "a/b"}, "regular expression"),
        ({"KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"}, "KMS keys"),
        ({"Input": "x" * 262_145}, "262144"),
        ({"Arn": "nobody"}, "correct format"),
        ({"Arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m"}, "not implemented"),
        ({"Arn": schedule_arn("other")}, "not implemented"),
        ({"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "Input": "{"}, "well-formed JSON"),
        ({"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "Input": "[" * 9999}, "well-formed JSON"),
        ({"Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}, "EventBridgeParameters must"),
        ({"EventBridgeParameters": {"DetailType": "d", "Source": "s"}}, "EventBridgeParameters can't"),
        ({"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q.fifo"}, "MessageGroupId"),
        ({"Arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t.fifo"}, "FIFO topics"),
        ({"KinesisParameters": {"PartitionKey": "k"}}, "KinesisParameters"),
        ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "185"),
        ({"DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q.fifo"}}, "regular expression"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:getQueueUrl"}, "only reads"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage"}, "only reads"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:flyAway"}, "not implemented"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:mars:land"}, "not implemented"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:s3:putObject"}, "not implemented"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "[]"}, "Input must be|RequestJson"),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": '{"QueueUrl":7}'},
            "Invalid RequestJson",
        ),
        ({"RoleArn": "arn:aws:iam::111122223333:role/r"}, "Cross-account pass role"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "must allow AWS EventBridge Scheduler"),
    ],
)
def test_what_is_no_schedule_is_refused(
    scheduler: Any, target: dict[str, str], changes: dict[str, Any], text: str
) -> None:
    own = {"Name", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "KmsKeyArn"}
    own.add("FlexibleTimeWindow")
    params = {
        "Name": "refused",
        "ScheduleExpression": FAR,
        "FlexibleTimeWindow": OFF,
        **{name: value for name, value in changes.items() if name in own},
        "Target": target | {name: value for name, value in changes.items() if name not in own},
    }
    with pytest.raises(ClientError, match=text) as raised:
        scheduler.create_schedule(**params)
    assert raised.value.response["Error"]["Code"] in ("ValidationException", "NotImplemented")


def test_a_role_that_lets_the_scheduler_in_for_another_group_only_is_refused(
    server: LocalServer, scheduler: Any, target: dict[str, str]
) -> None:
    role = scheduler_role(
        server, "grouped", "sqs:SendMessage", StringEquals={"aws:SourceArn": group_arn("trusted")}
    )
    scheduler.create_schedule_group(Name="trusted")
    put_schedule(server, "in", FAR, {**target, "RoleArn": role}, GroupName="trusted")
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler"):
        put_schedule(server, "out", FAR, {**target, "RoleArn": role})


def test_whoever_makes_a_schedule_must_be_allowed_to_pass_its_role_on(
    server: LocalServer, target: dict[str, str]
) -> None:
    role = make_role(server, "maker", "scheduler:*", trust={
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    })  # fmt: skip
    found = client(server, "sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }
    maker = server.client("scheduler", **keys)
    refused = refusal(
        maker.create_schedule, Name="m", ScheduleExpression=FAR, Target=target, FlexibleTimeWindow=OFF
    )
    assert refused[0] == "AccessDeniedException" and "iam:PassRole" in refused[1]


def test_a_request_is_done_once_under_its_client_token(
    server: LocalServer, scheduler: Any, target: dict[str, str]
) -> None:
    whole = {"Name": "once", "ScheduleExpression": FAR, "Target": target, "FlexibleTimeWindow": OFF}
    arns = {scheduler.create_schedule(**whole, ClientToken="t1")["ScheduleArn"] for _ in range(2)}
    assert arns == {schedule_arn("once")}
    other = refusal(scheduler.create_schedule, **{**whole, "Description": "other"}, ClientToken="t1")
    assert other[0] == "ConflictException" and other[2] == 409
    assert refusal(scheduler.create_schedule, **whole, ClientToken="t2")[1] == "Schedule once already exists."
    for _ in range(2):
        scheduler.delete_schedule(Name="once", ClientToken="t3")
    assert refusal(scheduler.delete_schedule, Name="once")[0] == "ResourceNotFoundException"
    for _ in range(2):
        scheduler.create_schedule_group(Name="once", ClientToken="t4")
    assert refusal(scheduler.create_schedule_group, Name="once")[1] == "Schedule group once already exists."


def test_schedules_are_listed_by_group_and_name(
    server: LocalServer, scheduler: Any, target: dict[str, str]
) -> None:
    for group in ("list-a", "list-b"):
        scheduler.create_schedule_group(Name=group)
        for number in range(3):
            state = "DISABLED" if number == 1 else "ENABLED"
            put_schedule(server, f"{group}-{number}", FAR, target, GroupName=group, State=state)

    def pages(**params: Any) -> list[list[str]]:
        found, token = [], None
        while True:
            page = scheduler.list_schedules(**params, **({"NextToken": token} if token else {}))
            found.append([one["Name"] for one in page["Schedules"]])
            token = page.get("NextToken")
            if token is None:
                return found

    assert pages(GroupName="list-b", MaxResults=2) == [["list-b-0", "list-b-1"], ["list-b-2"]]
    assert [*chain(*pages(NamePrefix="list-a", MaxResults=1))] == ["list-a-0", "list-a-1", "list-a-2"]
    assert pages(GroupName="list-a", State="DISABLED") == [["list-a-1"]]
    everything = chain(*pages(MaxResults=2))
    assert [name for name in everything if name.startswith("list-")] == [
        *(f"list-a-{number}" for number in range(3)),
        *(f"list-b-{number}" for number in range(3)),
    ]
    (first, *_) = scheduler.list_schedules(GroupName="list-a")["Schedules"]
    assert (first["Target"], first["State"]) == ({"Arn": target["Arn"]}, "ENABLED")
    assert refusal(scheduler.list_schedules, NextToken="!")[0] == "ValidationException"


def test_a_group_goes_with_its_schedules(server: LocalServer, scheduler: Any, target: dict[str, str]) -> None:
    scheduler.create_schedule_group(Name="going")
    put_schedule(server, "going", "rate(1 minute)", target, GroupName="going", State="DISABLED")
    scheduler.delete_schedule_group(Name="going")
    server.wait(server.app.service("scheduler").state.sweeper.sweep())
    assert refusal(scheduler.get_schedule_group, Name="going")[0] == "ResourceNotFoundException"
    scheduler.create_schedule_group(Name="going")
    assert scheduler.list_schedules(GroupName="going")["Schedules"] == []
    assert refusal(scheduler.delete_schedule_group, Name="default")[0] == "ValidationException"


def test_groups_are_listed_with_the_default_one(scheduler: Any) -> None:
    scheduler.create_schedule_group(Name="defa")
    found = scheduler.list_schedule_groups(NamePrefix="defa", MaxResults=1)
    assert [group["Name"] for group in found["ScheduleGroups"]] == ["defa"]
    found = scheduler.list_schedule_groups(NamePrefix="defa", NextToken=found["NextToken"])
    assert [(one["Name"], one["State"], one["Arn"]) for one in found["ScheduleGroups"]] == [
        ("default", "ACTIVE", group_arn("default"))
    ]


def test_groups_have_tags(scheduler: Any) -> None:
    scheduler.create_schedule_group(Name="tagged", Tags=[{"Key": "a", "Value": "1"}])
    for name in ("tagged", "default"):
        arn = group_arn(name)
        scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
        scheduler.untag_resource(ResourceArn=arn, TagKeys=["b", "none"])
        assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "3"}]
    found = refusal(
        scheduler.tag_resource, ResourceArn=group_arn("tagged"), Tags=[{"Key": "aws:x", "Value": "y"}]
    )
    assert found[0] == "ValidationException"
