"""What the operations of EventBridge Pipes answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_queue, make_role
from tests.kit.pipes import ACTIONS, TRUST, Line
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture(scope="module")
def line(server: LocalServer) -> Line:
    return Line(server, "first", Description="what came first", Tags={"team": "red"})


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_pipe_says_what_it_was_made_of(server: LocalServer, line: Line) -> None:
    found = client(server, "pipes").describe_pipe(Name="first")
    assert found["Arn"] == f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/first"
    assert (found["Source"], found["Target"], found["RoleArn"]) == (line.source, line.target, line.role)
    assert (found["DesiredState"], found["CurrentState"]) == ("RUNNING", "RUNNING")
    assert (found["Description"], found["Tags"]) == ("what came first", {"team": "red"})


def test_a_new_pipe_is_being_created_and_a_deleted_one_is_gone_shortly(server: LocalServer) -> None:
    line = Line(server, "short", DesiredState="STOPPED")
    pipes = client(server, "pipes")
    assert pipes.describe_pipe(Name="short")["CurrentState"] == "STOPPED"
    gone = pipes.delete_pipe(Name="short")
    assert (gone["DesiredState"], gone["CurrentState"]) == ("DELETED", "DELETING")
    server.settle()
    with pytest.raises(ClientError) as error:
        pipes.describe_pipe(Name="short")
    assert (code(error), error.value.response["ResponseMetadata"]["HTTPStatusCode"]) == (
        "NotFoundException",
        404,
    )
    assert line.create(Target=line.target)["CurrentState"] == "CREATING"


def test_a_pipe_is_not_made_twice(server: LocalServer, line: Line) -> None:
    with pytest.raises(ClientError) as error:
        line.create(Target=line.target)
    assert code(error) == "ConflictException"
    assert error.value.response["resourceId"] == "first"


def test_an_update_keeps_what_it_does_not_name(server: LocalServer) -> None:
    line = Line(server, "changed", SourceParameters={"SqsQueueParameters": {"BatchSize": 3}})
    pipes = client(server, "pipes")
    answer = pipes.update_pipe(
        Name="changed",
        RoleArn=line.role,
        SourceParameters={"SqsQueueParameters": {"MaximumBatchingWindowInSeconds": 0}},
        TargetParameters={"InputTemplate": "<$.body.n>"},
    )
    assert answer["CurrentState"] == "UPDATING"
    server.settle()
    found = pipes.describe_pipe(Name="changed")
    assert found["SourceParameters"]["SqsQueueParameters"] == {
        "BatchSize": 3,
        "MaximumBatchingWindowInSeconds": 0,
    }
    line.send({"n": 5})
    assert line.got() == [5]


def test_pipes_are_listed_in_pages_by_prefix_and_state(server: LocalServer) -> None:
    source, target = make_queue(server, "list-in")[1], make_queue(server, "list-out")[1]
    role = make_role(server, "lists", *ACTIONS, trust=TRUST)
    pipes = client(server, "pipes")
    for name in ("list-a", "list-b", "list-c"):
        pipes.create_pipe(Name=name, Source=source, Target=target, RoleArn=role, DesiredState="STOPPED")
    server.settle()
    first = pipes.list_pipes(NamePrefix="list-", Limit=2)
    second = pipes.list_pipes(NamePrefix="list-", Limit=2, NextToken=first["NextToken"])
    assert [one["Name"] for one in first["Pipes"] + second["Pipes"]] == ["list-a", "list-b", "list-c"]
    assert "NextToken" not in second
    assert pipes.list_pipes(NamePrefix="list-", CurrentState="RUNNING")["Pipes"] == []
    assert len(pipes.list_pipes(SourcePrefix=source, TargetPrefix=target)["Pipes"]) == 3
    with pytest.raises(ClientError) as error:
        pipes.list_pipes(NextToken="none of ours")
    assert code(error) == "ValidationException"


def test_tags_come_and_go(server: LocalServer) -> None:
    Line(server, "tagged")
    arn = f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/tagged"
    pipes = client(server, "pipes")
    pipes.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    pipes.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert pipes.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"TargetParameters": {"InputTemplate": "<aws.pipes.none>"}}, "ValidationException", "no variable"),
    ({"TargetParameters": {"InputTemplate": "<$.a[>"}}, "ValidationException", "not a path"),
    (
        {"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "no JSON"}]}}},
        "ValidationException",
        "pattern",
    ),
    (
        {"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}},
        "ValidationException",
        "batch",
    ),
    (
        {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}}},
        "ValidationException",
        "can't be provided",
    ),
    (
        {"TargetParameters": {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}},
        "ValidationException",
        "can't be provided",
    ),
    ({"LogConfiguration": {"Level": "ERROR"}}, "NotImplemented", "Logs"),
    ({"Enrichment": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:x"}, "NotImplemented", "Enrichment"),
    ({"Target": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x"}, "NotImplemented", "Targets"),
    ({"Source": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x"}, "NotImplemented", "Pipes from"),
    ({"Source": "smk://broker.example:9092"}, "NotImplemented", "source"),
    ({"Target": "arn:aws:sqs:us-east-1:999999999999:other"}, "ValidationException", "account and region"),
    ({"Source": f"arn:aws:sqs:us-east-1:{ACCOUNT}:none"}, "ValidationException", "does not exist"),
]


@pytest.mark.parametrize(("settings", "wanted", "text"), REFUSED)
def test_what_cannot_be_is_refused(
    server: LocalServer, line: Line, settings: dict[str, Any], wanted: str, text: str
) -> None:
    with pytest.raises(ClientError) as error:
        client(server, "pipes").create_pipe(
            **{
                "Name": "refused",
                "Source": line.source,
                "Target": line.target,
                "RoleArn": line.role,
                **settings,
            }
        )
    assert code(error) == wanted
    assert text.lower() in error.value.response["Error"]["Message"].lower()


def test_a_role_that_pipes_may_not_assume_or_that_may_not_read_is_refused(
    server: LocalServer, line: Line
) -> None:
    stranger = make_role(server, "for-functions", *ACTIONS)
    blind = make_role(server, "blind", "sqs:SendMessage", trust=TRUST)
    for role in (stranger, blind, "arn:aws:iam::999999999999:role/other"):
        with pytest.raises(ClientError) as error:
            client(server, "pipes").create_pipe(
                Name="refused", Source=line.source, Target=line.target, RoleArn=role
            )
        assert code(error) == "ValidationException"


def test_hostile_bodies_do_not_stop_a_pipe(server: LocalServer) -> None:
    line = Line(
        server,
        "hostile",
        SourceParameters={
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"n": [{"exists": true}]}}'}]}
        },
        TargetParameters={"InputTemplate": '{"n": <$.body.n>, "text": "<$.body.text>"}'},
    )
    deep = "[" * 3000 + "]" * 3000
    line.send(deep, '{"n": ' + "[" * 500 + "]" * 500 + "}", "null", "{", '""')
    line.send({"n": 1, "text": '"}\\ \u2028 é \ud83d\ude00'})
    assert {"n": 1, "text": '"}\\ \u2028 é 😀'} in line.got()
