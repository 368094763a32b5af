"""What policies may ask about events, rules and targets: the examples of EventBridge's guide.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_role
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


class Editor:
    """A role whose policy changes, and what it may do by it."""

    def __init__(self, server: LocalServer) -> None:
        self._iam = client(server, "iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        role = make_role(server, "events-conditions", trust=trust)
        keys = server.client("sts").assume_role(RoleArn=role, RoleSessionName="edit")["Credentials"]
        self.events = server.client(
            "events",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    def if_(self, condition: dict[str, Any]) -> None:
        self._put({"Effect": "Allow", "Action": "events:*", "Resource": "*", "Condition": condition})

    def let(self, *actions: str, on: Sequence[str] = ("*",)) -> None:
        self._put({"Effect": "Allow", "Action": list(actions), "Resource": list(on)})

    def _put(self, statement: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._iam.put_role_policy(RoleName="events-conditions", PolicyName="p", PolicyDocument=document)

    def may(self, operation: str, **params: Any) -> bool:
        try:
            getattr(self.events, operation)(**params)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDeniedException"
            return False
        return True

    def may_put(self, **pattern: Any) -> bool:
        return self.may("put_rule", Name="conditional", EventPattern=json.dumps(pattern))


@pytest.fixture(scope="module")
def editor(server: LocalServer) -> Editor:
    return Editor(server)


def test_a_rule_must_match_the_source(editor: Editor) -> None:
    editor.if_({"StringEquals": {"events:source": "aws.ec2"}})
    assert editor.may_put(source=["aws.ec2"])
    assert editor.may_put(**{"source": ["aws.ec2"], "detail-type": ["x"]})
    assert not editor.may_put(source=["aws.s3"])
    assert not editor.may_put(**{"detail-type": ["x"]})


def test_a_rule_must_match_source_and_detail_type(editor: Editor) -> None:
    editor.if_({"StringEquals": {"events:source": "aws.ec2", "events:detail-type": "x"}})
    assert editor.may_put(**{"source": ["aws.ec2"], "detail-type": ["x"]})
    assert not editor.may_put(source=["aws.ec2"])
    assert not editor.may_put(**{"source": ["aws.ec2"], "detail-type": ["y"]})


def test_a_rule_must_have_a_source(editor: Editor) -> None:
    editor.if_({"Null": {"events:source": "false"}})
    assert editor.may_put(source=["aws.ecs", "aws.ec2"])
    assert not editor.may_put(**{"detail-type": ["x"]})


def test_every_source_of_a_rule_must_be_one_of_a_list(editor: Editor) -> None:
    editor.if_(
        {
            "ForAllValues:StringEquals": {"events:source": ["aws.ec2", "aws.s3"]},
            "Null": {"events:source": "false"},
        }
    )
    assert editor.may_put(source=["aws.ec2", "aws.s3"])
    assert not editor.may_put(source=["aws.ec2", "aws.autoscaling"])


def test_a_rule_may_be_limited_by_parts_of_its_detail(editor: Editor) -> None:
    editor.if_({"StringEquals": {"events:detail.service": "EC2"}})
    assert editor.may_put(detail={"service": ["EC2"]})
    assert not editor.may_put(detail={"service": ["S3"]})


def test_targets_are_limited_by_their_arns(server: LocalServer, editor: Editor) -> None:
    client(server, "events").put_rule(Name="limited", EventPattern='{"source":["a"]}')
    editor.if_({"ArnLike": {"events:TargetArn": "arn:aws:sqs:*:*:q"}})
    assert editor.may("put_targets", Rule="limited", Targets=[{"Id": "1", "Arn": QUEUE}])
    assert not editor.may("put_targets", Rule="limited", Targets=[{"Id": "1", "Arn": QUEUE + "2"}])


def test_rules_are_limited_by_who_made_them_and_by_their_tags(server: LocalServer, editor: Editor) -> None:
    events = client(server, "events")
    events.put_rule(Name="made", EventPattern='{"source":["a"]}', Tags=[{"Key": "team", "Value": "red"}])
    editor.if_({"StringEquals": {"events:creatorAccount": "${aws:PrincipalAccount}"}})
    assert editor.may("describe_rule", Name="made")
    editor.if_({"StringEquals": {"events:creatorAccount": "111122223333"}})
    assert not editor.may("describe_rule", Name="made")
    for team, may in (("red", True), ("blue", False)):
        editor.if_({"StringEquals": {"aws:ResourceTag/team": team}})
        assert editor.may("disable_rule", Name="made") is may
        editor.if_({"StringEquals": {"aws:RequestTag/team": team}})
        arn = events.describe_rule(Name="made")["Arn"]
        assert editor.may("tag_resource", ResourceARN=arn, Tags=[{"Key": "team", "Value": "red"}]) is may


def test_events_are_limited_by_source_and_by_who_puts_them(editor: Editor) -> None:
    entry = {"Source": "mine", "DetailType": "t", "Detail": "{}"}
    editor.if_({"StringEquals": {"events:source": "mine"}, "Bool": {"events:eventBusInvocation": "false"}})
    assert editor.may("put_events", Entries=[entry])
    assert not editor.may("put_events", Entries=[entry | {"Source": "theirs"}])


def test_tags_while_creating_take_the_right_to_tag(editor: Editor) -> None:
    tags = {"Tags": [{"Key": "team", "Value": "red"}]}
    editor.let("events:CreateEventBus", "events:PutRule")
    assert editor.may("create_event_bus", Name="plain")
    assert not editor.may("create_event_bus", Name="tagged", **tags)
    assert not editor.may("put_rule", Name="tagged", EventPattern='{"source":["a"]}', **tags)
    editor.let("events:CreateEventBus", "events:PutRule", "events:TagResource")
    assert editor.may("create_event_bus", Name="tagged", **tags)
    assert editor.may("put_rule", Name="tagged", EventPattern='{"source":["a"]}', **tags)


def test_what_is_on_a_bus_is_archived_and_replayed_by_whom_its_policy_lets(editor: Editor) -> None:
    bus, archive = (
        f"arn:aws:events:us-east-1:{ACCOUNT}:{name}" for name in ("event-bus/default", "archive/kept")
    )
    replay = {
        "ReplayName": "again",
        "EventSourceArn": archive,
        "EventStartTime": 0,
        "EventEndTime": 1,
        "Destination": {"Arn": bus},
    }
    editor.let("events:*", on=[archive])
    assert not editor.may("create_archive", ArchiveName="kept", EventSourceArn=bus)
    editor.let("events:*", on=[archive, bus])
    assert editor.may("create_archive", ArchiveName="kept", EventSourceArn=bus)
    every_replay = f"arn:aws:events:us-east-1:{ACCOUNT}:replay/*"
    editor.let("events:*", on=[every_replay, archive])
    assert not editor.may("start_replay", **replay)
    editor.let("events:*", on=[every_replay, bus])
    assert not editor.may("start_replay", **replay)
    editor.let("events:*", on=[every_replay, archive, bus])
    assert editor.may("start_replay", **replay)
