"""Log groups and streams: made, listed, kept, tagged, deleted."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    return server.client("logs")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def names(page: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in page["logGroups"]]


def test_a_group_is_described_as_aws_does(logs: Any, server: LocalServer) -> None:
    logs.create_log_group(logGroupName="/aws/lambda/f", tags={"team": "a"})
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/f")["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/f"
    assert (group["arn"], group["logGroupArn"]) == (f"{arn}:*", arn)
    assert abs(group["creationTime"] - server.clock.now_ms()) < 60_000
    assert group["storedBytes"] == 0
    assert group["logGroupClass"] == "STANDARD"
    assert "retentionInDays" not in group


def test_a_group_is_made_once(logs: Any) -> None:
    logs.create_log_group(logGroupName="once")
    code, message = refused(logs.create_log_group, logGroupName="once")
    assert (code, message) == (
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
    )


def test_a_name_that_cannot_be_fails_validation(logs: Any) -> None:
    code, message = refused(logs.create_log_group, logGroupName="with space")
    assert code == "InvalidParameterException"
    assert message.startswith("1 validation error detected: Value 'with space' at 'logGroupName'")


def test_a_prefix_and_a_pattern_do_not_go_together(logs: Any) -> None:
    assert refused(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b") == (
        "InvalidParameterException",
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
    )


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("describe_log_streams", {}),
        ("filter_log_events", {}),
        ("get_log_events", {"logStreamName": "s"}),
    ],
)
def test_a_group_is_named_in_one_way(logs: Any, operation: str, more: dict[str, str]) -> None:
    names = {"logGroupName": "twice", "logGroupIdentifier": "twice"}

    assert refused(getattr(logs, operation), **names, **more) == (
        "ValidationException",
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
    )


def test_what_a_pattern_finds_does_not_say_whether_it_is_protected(logs: Any) -> None:
    logs.create_log_group(logGroupName="protected/1", deletionProtectionEnabled=True)
    (by_pattern,) = logs.describe_log_groups(logGroupNamePattern="protected/")["logGroups"]
    (by_prefix,) = logs.describe_log_groups(logGroupNamePrefix="protected/")["logGroups"]

    assert "deletionProtectionEnabled" not in by_pattern
    assert by_prefix["deletionProtectionEnabled"] is True


def test_groups_are_listed_in_pages_by_prefix_or_text(logs: Any) -> None:
    for number in range(5):
        logs.create_log_group(logGroupName=f"list/{number}")
    first = logs.describe_log_groups(logGroupNamePrefix="list/", limit=3)
    rest = logs.describe_log_groups(logGroupNamePrefix="list/", limit=3, nextToken=first["nextToken"])
    assert names(first) + names(rest) == [f"list/{number}" for number in range(5)]
    assert "nextToken" not in rest
    assert names(logs.describe_log_groups(logGroupNamePattern="t/3")) == ["list/3"]
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:list/4"
    assert names(logs.describe_log_groups(logGroupIdentifiers=["list/2", arn])) == ["list/2", "list/4"]
    both = {"logGroupNamePrefix": "a", "logGroupNamePattern": "bcd"}
    assert refused(logs.describe_log_groups, **both)[0] == "InvalidParameterException"


def test_retention_is_set_and_taken_away(logs: Any) -> None:
    logs.create_log_group(logGroupName="kept")
    logs.put_retention_policy(logGroupName="kept", retentionInDays=7)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"]
    assert group["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName="kept")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"]
    assert "retentionInDays" not in group
    code, _ = refused(logs.put_retention_policy, logGroupName="kept", retentionInDays=2)
    assert code == "InvalidParameterException"


def test_a_protected_group_cannot_be_deleted(logs: Any) -> None:
    logs.create_log_group(logGroupName="safe", deletionProtectionEnabled=True)
    assert refused(logs.delete_log_group, logGroupName="safe")[0] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier="safe", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="safe")


def test_a_group_made_again_is_empty(logs: Any, server: LocalServer) -> None:
    event = {"timestamp": server.clock.now_ms(), "message": "x"}
    for _ in range(2):
        logs.create_log_group(logGroupName="again")
        assert logs.describe_log_streams(logGroupName="again")["logStreams"] == []
        logs.create_log_stream(logGroupName="again", logStreamName="s")
        assert logs.filter_log_events(logGroupName="again")["events"] == []
        logs.put_log_events(logGroupName="again", logStreamName="s", logEvents=[event])
        assert logs.describe_log_groups(logGroupNamePrefix="again")["logGroups"][0]["storedBytes"] == 27
        logs.delete_log_group(logGroupName="again")
    assert refused(logs.delete_log_group, logGroupName="again")[0] == "ResourceNotFoundException"


def test_streams_are_listed_by_name_or_by_their_last_event(logs: Any, server: LocalServer) -> None:
    now = server.clock.now_ms()
    logs.create_log_group(logGroupName="streams")
    for name, time in (("a", now + 2), ("b", now + 3), ("c", now + 1)):
        logs.create_log_stream(logGroupName="streams", logStreamName=name)
        event = {"timestamp": time, "message": name}
        logs.put_log_events(logGroupName="streams", logStreamName=name, logEvents=[event])
    logs.create_log_stream(logGroupName="streams", logStreamName="empty")

    def listed(**options: Any) -> list[str]:
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName="streams", PaginationConfig={"PageSize": 2}, **options
        )
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    assert listed() == ["a", "b", "c", "empty"]
    assert listed(descending=True) == ["empty", "c", "b", "a"]
    assert listed(orderBy="LastEventTime") == ["empty", "c", "a", "b"]
    assert listed(orderBy="LastEventTime", descending=True) == ["b", "a", "c", "empty"]
    assert listed(logStreamNamePrefix="e") == ["empty"]
    (stream,) = logs.describe_log_streams(logGroupName="streams", logStreamNamePrefix="a")["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (now + 2, now + 2)
    assert stream["arn"].endswith(":log-group:streams:log-stream:a")
    options = {"logGroupName": "streams", "orderBy": "LastEventTime", "logStreamNamePrefix": "a"}
    assert refused(logs.describe_log_streams, **options)[0] == "InvalidParameterException"


def test_a_stream_is_made_once(logs: Any) -> None:
    logs.create_log_group(logGroupName="single")
    logs.create_log_stream(logGroupName="single", logStreamName="s")
    code, message = refused(logs.create_log_stream, logGroupName="single", logStreamName="s")
    assert (code, message) == (
        "ResourceAlreadyExistsException",
        "The specified log stream already exists",
    )


def test_tags_go_by_arn_or_by_name(logs: Any) -> None:
    logs.create_log_group(logGroupName="tagged", tags={"team": "a"})
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:tagged"
    logs.tag_resource(resourceArn=arn, tags={"stage": "dev"})
    logs.tag_log_group(logGroupName="tagged", tags={"cost": "1"})
    logs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"stage": "dev", "cost": "1"}
    assert logs.list_tags_log_group(logGroupName="tagged")["tags"] == {"stage": "dev", "cost": "1"}


def test_groups_of_another_account_or_region_are_not_described(logs: Any) -> None:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,111122223333:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts) as server:
        server.client("logs").create_log_group(logGroupName="private")
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:private"
        own = server.client("logs").describe_log_groups(logGroupIdentifiers=[arn])
        assert names(own) == ["private"]
        elsewhere = server.client("logs", region_name="eu-west-1")
        stranger = boto3.client(
            "logs",
            endpoint_url=server.endpoint,
            region_name=REGION,
            aws_access_key_id="AKIAPENSTOCKTESTING2",
            aws_secret_access_key="secret-two",
            config=client_config(),
        )
        for client in (elsewhere, stranger):
            assert names(client.describe_log_groups(logGroupIdentifiers=[arn])) == []
