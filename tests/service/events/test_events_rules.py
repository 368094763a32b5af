"""Rules and targets over the wire: put, listed, changed, removed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import TRUST, bus_arn, put_rule, rule_arn
from tests.kit.functions import make_role
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:anywhere"
EVENT = {
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": ACCOUNT,
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {"state": "running"},
}


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Any:
    return server.client("events")


def refused(code: str, text: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def target(**members: Any) -> dict[str, Any]:
    return {"Id": "t", "Arn": QUEUE, **members}


def test_a_rule_comes_back_as_it_was_put(events: Any) -> None:
    pattern = json.dumps({"source": ["a"]})
    put = events.put_rule(Name="back", EventPattern=pattern, Description="d", State="DISABLED")
    assert put["RuleArn"] == rule_arn("back")
    found = events.describe_rule(Name="back")
    found.pop("ResponseMetadata")
    assert found == {
        "Name": "back",
        "Arn": rule_arn("back"),
        "EventPattern": pattern,
        "State": "DISABLED",
        "Description": "d",
        "EventBusName": "default",
        "CreatedBy": ACCOUNT,
    }
    events.enable_rule(Name="back")
    assert events.describe_rule(Name="back")["State"] == "ENABLED"
    events.disable_rule(Name="back")
    assert events.describe_rule(Name="back")["State"] == "DISABLED"


def test_a_rule_that_is_put_again_loses_what_is_left_out_and_keeps_targets_and_tags(events: Any) -> None:
    tags = [{"Key": "k", "Value": "v"}]
    events.put_rule(Name="again", EventPattern='{"source":["a"]}', Description="d", Tags=tags)
    events.put_targets(Rule="again", Targets=[target()])
    events.put_rule(Name="again", EventPattern='{"source":["b"]}', Tags=[{"Key": "x", "Value": "y"}])
    assert "Description" not in events.describe_rule(Name="again")
    assert events.list_targets_by_rule(Rule="again")["Targets"] == [target()]
    assert events.list_tags_for_resource(ResourceARN=rule_arn("again"))["Tags"] == tags


def test_a_rule_with_targets_is_not_deleted(events: Any) -> None:
    events.put_rule(Name="held", EventPattern='{"source":["a"]}')
    events.put_targets(Rule="held", Targets=[target()])
    with refused("ValidationException", "Rule can't be deleted since it has targets."):
        events.delete_rule(Name="held")
    events.remove_targets(Rule="held", Ids=["t"])
    events.delete_rule(Name="held")
    events.delete_rule(Name="held")
    with refused("ResourceNotFoundException", "Rule held does not exist on EventBus default."):
        events.describe_rule(Name="held")


def test_rules_of_a_bus_are_its_own(server: LocalServer, events: Any) -> None:
    events.create_event_bus(Name="own")
    assert put_rule(server, "same", EventBusName="own") == rule_arn("same", "own")
    assert events.describe_rule(Name="same", EventBusName=bus_arn("own"))["EventBusName"] == "own"
    with refused("ResourceNotFoundException", "Rule same does not exist on EventBus default."):
        events.describe_rule(Name="same")
    with refused("ResourceNotFoundException", "Event bus none does not exist."):
        events.put_rule(Name="x", EventPattern='{"source":["a"]}', EventBusName="none")


def test_rules_and_targets_are_listed_in_pages(server: LocalServer, events: Any) -> None:
    events.create_event_bus(Name="paged")
    for number in range(3):
        put_rule(server, f"p{number}", {"Arn": QUEUE}, {"Arn": QUEUE + "2"}, EventBusName="paged")
    for operation, member in (("list_rules", "Rules"), ("list_rule_names_by_target", "RuleNames")):
        more = {"TargetArn": QUEUE} if member == "RuleNames" else {}
        names, token = [], {}
        while True:
            page = getattr(events, operation)(EventBusName="paged", Limit=1, **more, **token)
            names += [rule["Name"] if member == "Rules" else rule for rule in page[member]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        assert names == ["p0", "p1", "p2"]
    assert [r["Name"] for r in events.list_rules(EventBusName="paged", NamePrefix="p1")["Rules"]] == ["p1"]
    first = events.list_targets_by_rule(Rule="p0", EventBusName="paged", Limit=1)
    rest = events.list_targets_by_rule(Rule="p0", EventBusName="paged", NextToken=first["NextToken"])
    assert [t["Id"] for t in first["Targets"] + rest["Targets"]] == ["0", "1"]


def test_a_target_replaces_the_one_with_its_id_and_there_are_five_at_most(events: Any) -> None:
    events.put_rule(Name="five", EventPattern='{"source":["a"]}')
    events.put_targets(Rule="five", Targets=[target(Id=str(n)) for n in range(5)])
    events.put_targets(Rule="five", Targets=[target(Id="0", Input='"constant"')])
    with refused("LimitExceededException", "The requested resource exceeds the maximum number allowed."):
        events.put_targets(Rule="five", Targets=[target(Id="6")])
    found = events.list_targets_by_rule(Rule="five")["Targets"]
    assert [t["Id"] for t in found] == ["0", "1", "2", "3", "4"] and found[0]["Input"] == '"constant"'


def test_removing_a_target_that_is_not_there_is_said(events: Any) -> None:
    events.put_rule(Name="removed", EventPattern='{"source":["a"]}')
    events.put_targets(Rule="removed", Targets=[target()])
    answer = events.remove_targets(Rule="removed", Ids=["t", "u"])
    assert answer["FailedEntryCount"] == 1
    assert (answer["FailedEntries"][0]["TargetId"], answer["FailedEntries"][0]["ErrorCode"]) == (
        "u",
        "ResourceNotFoundException",
    )
    with refused("ResourceNotFoundException", "Rule none does not exist on EventBus default."):
        events.put_targets(Rule="none", Targets=[target()])


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{", "Event pattern is not valid. Reason: "),
        ('{"source": "a"}', 'Reason: "source" must be an object or an array'),
        ('{"source": []}', "Reason: Empty arrays are not allowed"),
        ('{"source": [{"nonsense": 1}]}', "Reason: Unrecognized match type nonsense"),
    ],
)
def test_a_pattern_that_is_none_is_refused_in_ruler_s_words(events: Any, pattern: str, reason: str) -> None:
    with refused("InvalidEventPatternException", reason):
        events.put_rule(Name="bad", EventPattern=pattern)
    with refused("InvalidEventPatternException", reason):
        events.test_event_pattern(EventPattern=pattern, Event=json.dumps(EVENT))


def test_a_rule_needs_a_pattern_or_a_schedule_that_is_one(events: Any) -> None:
    with refused("ValidationException", "EventPattern or ScheduleExpression must be specified."):
        events.put_rule(Name="nothing")
    with refused("ValidationException", "Parameter ScheduleExpression is not valid."):
        events.put_rule(Name="clock", ScheduleExpression="rate(1 minutes)")
    events.create_event_bus(Name="timeless")
    with refused("ValidationException", "ScheduleExpression is supported only on the default event bus."):
        events.put_rule(Name="clock", ScheduleExpression="rate(5 minutes)", EventBusName="timeless")


def test_a_pattern_can_be_tried_on_an_event(events: Any) -> None:
    def matches(pattern: Any) -> bool:
        answer = events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))
        return bool(answer["Result"])

    assert matches({"source": ["aws.ec2"], "detail": {"state": [{"prefix": "run"}]}})
    assert not matches({"source": ["aws.s3"]})
    with refused("ValidationException", "Parameter Event is not valid"):
        events.test_event_pattern(EventPattern='{"source":["a"]}', Event="[]")
    with refused("ValidationException", "detail-type is a required argument"):
        events.test_event_pattern(
            EventPattern='{"source":["a"]}',
            Event=json.dumps({k: v for k, v in EVENT.items() if k != "detail-type"}),
        )


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Input": "{}", "InputPath": "$.detail"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"Input": "{"}, "Input for target t is not a valid JSON text."),
        ({"InputPath": "detail"}, "a path begins with"),
        ({"InputPath": "$..detail"}, "not a path that is supported"),
        ({"InputTransformer": {"InputTemplate": '{"a": <b>}'}}, "contains invalid placeholder b"),
        (
            {"InputTransformer": {"InputPathsMap": {"b": "$.b"}, "InputTemplate": '{"a": <b>'}},
            "Input for target t is not a valid JSON text.",
        ),
        ({"Arn": "queue"}, "Provided Arn is not in correct format."),
        ({"Arn": QUEUE + ".fifo"}, r"SqsParameters must be specified for target: t\."),
        ({"DeadLetterConfig": {"Arn": QUEUE + ".fifo"}}, "is not the ARN of a standard queue"),
        (
            {"Arn": bus_arn("x"), "InputPath": "$.detail"},
            "Modifying the input for target t is not supported.",
        ),
        ({"RoleArn": "role"}, "Parameter RoleArn is not valid"),
        ({"RoleArn": "arn:aws:iam::111122223333:role/r"}, "Cross-account pass role is not allowed."),
        ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "less than or equal to 185"),
    ],
)
def test_what_a_target_may_not_be_is_refused(events: Any, members: dict[str, Any], reason: str) -> None:
    events.put_rule(Name="strict", EventPattern='{"source":["a"]}')
    with refused("ValidationException", reason):
        events.put_targets(Rule="strict", Targets=[target(**members)])


@pytest.mark.parametrize(
    "members",
    [
        {"Arn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"},
        {"KinesisParameters": {"PartitionKeyPath": "$.id"}},
    ],
    ids=str,
)
def test_targets_of_services_that_are_not_here_are_refused_by_name(
    events: Any, members: dict[str, Any]
) -> None:
    events.put_rule(Name="lacking", EventPattern='{"source":["a"]}')
    with refused("NotImplemented", "not implemented by this server"):
        events.put_targets(Rule="lacking", Targets=[target(**members)])


def test_names_are_checked_by_aws_s_patterns(events: Any) -> None:
    with refused("ValidationException", "Member must satisfy regular expression pattern"):
        events.put_rule(Name="a/b", EventPattern='{"source":["a"]}')


def test_whoever_passes_a_role_must_be_allowed_to(server: LocalServer, events: Any) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    editor = make_role(server, "events-editor", "events:*", trust=trust)
    role = make_role(server, "events-sender", "sqs:SendMessage", trust=TRUST)
    keys = server.client("sts").assume_role(RoleArn=editor, RoleSessionName="edit")["Credentials"]
    theirs = server.client(
        "events",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    theirs.put_rule(Name="passed", EventPattern='{"source":["a"]}')
    with refused("AccessDeniedException", f"iam:PassRole on resource: {role}"):
        theirs.put_targets(Rule="passed", Targets=[target(RoleArn=role)])
    events.put_targets(Rule="passed", Targets=[target(RoleArn=role)])
