"""PutEvents over the wire: sizes, partial failures, matching, and every kind of target."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION, TRUST, Inbox, bus_arn, events_may_send, put_event, put_rule, rule_arn
from tests.kit.functions import make_function, make_role, receive
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Any:
    return server.client("events")


def refused(code: str, text: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def entry(**members: Any) -> dict[str, Any]:
    return {"Source": "tests", "DetailType": "test", "Detail": "{}", **members}


def test_an_event_reaches_the_queue_of_a_rule_that_matches(server: LocalServer) -> None:
    inbox, other = Inbox(server, "whole", rule_arn("whole")), Inbox(server, "other")
    put_rule(server, "whole", {"Arn": inbox.arn})
    put_rule(server, "not-whole", {"Arn": other.arn})
    id = put_event(server, "whole", {"n": 1, "s": "é"}, Resources=["arn:a"], Time="2021-11-12T01:02:03.9Z")
    (message,) = inbox.messages()
    assert json.loads(message["Body"]) == {
        "version": "0",
        "id": id,
        "detail-type": "test",
        "source": "whole",
        "account": ACCOUNT,
        "time": "2021-11-12T01:02:03Z",
        "region": REGION,
        "resources": ["arn:a"],
        "detail": {"n": 1, "s": "é"},
    }
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")
    assert other.messages() == []


def test_a_detail_arrives_as_it_was_written(server: LocalServer) -> None:
    inbox = Inbox(server, "verbatim")
    put_rule(server, "verbatim", {"Arn": inbox.arn})
    detail = '{"big": 123456789012345678901234567890, "e": 1e2, "e": 1.50}'
    put_event(server, "verbatim", Detail=detail)
    assert inbox.messages()[0]["Body"].endswith(f'"detail":{detail}}}')


def test_each_entry_fails_by_itself(server: LocalServer, events: Any) -> None:
    inbox = Inbox(server, "partial")
    put_rule(server, "partial", {"Arn": inbox.arn})
    answer = events.put_events(
        Entries=[
            entry(Source="partial"),
            entry(Detail="{"),
            entry(Detail="[]"),
            entry(Source="aws.s3"),
            {"Source": "partial", "DetailType": "test"},
            entry(DetailType="x" * 129),
        ]
    )
    assert answer["FailedEntryCount"] == 5 and answer["Entries"][0].keys() == {"EventId"}
    assert [(e["ErrorCode"], e["ErrorMessage"]) for e in answer["Entries"][1:5]] == [
        ("MalformedDetail", "Detail is malformed."),
        ("MalformedDetail", "Detail is malformed."),
        ("NotAuthorizedForSourceException", "Not authorized for the source."),
        ("InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
    ]
    assert len(inbox.messages()) == 1


def test_a_request_without_one_whole_entry_fails(events: Any) -> None:
    with refused(
        "ValidationException", "Parameter Source is not valid. Reason: Source is a required argument."
    ):
        events.put_events(Entries=[{"Detail": "{}", "DetailType": "a"}, {"Source": "a"}])


def test_ten_entries_and_a_mebibyte_are_the_most(server: LocalServer, events: Any) -> None:
    with refused("ValidationException", "Member must have length less than or equal to 10"):
        events.put_events(Entries=[entry()] * 11)
    room = 1_048_576 - len("tests") - len("test")
    fits = json.dumps({"x": "y" * (room - len('{"x": ""}'))})
    assert events.put_events(Entries=[entry(Detail=fits)])["FailedEntryCount"] == 0
    with refused("ValidationException", "Total size of the entries in the request is over the limit."):
        events.put_events(Entries=[entry(Detail=fits), entry()])


def test_a_bus_that_is_not_there_takes_events_as_in_aws(events: Any) -> None:
    answer = events.put_events(Entries=[entry(EventBusName="nowhere")])
    assert answer["FailedEntryCount"] == 0 and answer["Entries"][0]["EventId"]


def test_a_disabled_rule_takes_nothing_and_a_changed_one_what_it_says_now(
    server: LocalServer, events: Any
) -> None:
    inbox = Inbox(server, "changed")
    put_rule(server, "changed", {"Arn": inbox.arn})
    events.disable_rule(Name="changed")
    put_event(server, "changed")
    events.put_rule(Name="changed", EventPattern=json.dumps({"source": ["changed-2"]}))
    put_event(server, "changed")
    put_event(server, "changed-2")
    assert [body["source"] for body in inbox.bodies()] == ["changed-2"]
    events.remove_targets(Rule="changed", Ids=["0"])
    put_event(server, "changed-2")
    assert inbox.bodies() == []


def test_rules_of_another_bus_see_nothing(server: LocalServer, events: Any) -> None:
    events.create_event_bus(Name="apart")
    inbox, default = Inbox(server, "apart"), Inbox(server, "apart-default")
    put_rule(server, "apart", {"Arn": inbox.arn}, EventBusName="apart")
    put_rule(server, "apart", {"Arn": default.arn})
    put_event(server, "apart", EventBusName=bus_arn("apart"))
    assert len(inbox.messages()) == 1 and default.messages() == []


def test_a_queue_gets_the_message_group(server: LocalServer) -> None:
    inbox = Inbox(server, "grouped")
    put_rule(server, "grouped", {"Arn": inbox.arn, "SqsParameters": {"MessageGroupId": "g"}})
    put_event(server, "grouped")
    assert inbox.messages()[0]["Attributes"]["MessageGroupId"] == "g"


HANDLER = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
"""


def test_a_function_is_invoked_when_its_policy_lets_the_rule(server: LocalServer) -> None:
    heard = Inbox(server, "heard")
    function = make_function(server, "hears", HANDLER % heard.url, may=["sqs:SendMessage"])
    server.client("lambda").add_permission(
        FunctionName="hears",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule_arn("hears"),
    )
    put_rule(server, "hears", {"Arn": function["FunctionArn"], "InputPath": "$.detail"})
    put_event(server, "hears", {"a": 1})
    server.settle()
    assert heard.bodies() == [{"a": 1}]


def test_a_bus_sends_to_another_one_and_no_further(server: LocalServer, events: Any) -> None:
    role = make_role(server, "bus-to-bus", "events:PutEvents", trust=TRUST)
    for name in ("hop-1", "hop-2", "hop-3"):
        events.create_event_bus(Name=name)
    second, third, dead = (Inbox(server, f"{name}-inbox") for name in ("second", "third", "dead-hop"))
    forward = {"Arn": bus_arn("hop-2"), "RoleArn": role}
    put_rule(server, "hop", forward, EventBusName="hop-1")
    onward = {"Arn": bus_arn("hop-3"), "RoleArn": role, "DeadLetterConfig": {"Arn": dead.arn}}
    put_rule(server, "hop", {"Arn": second.arn}, onward, EventBusName="hop-2")
    put_rule(server, "hop", {"Arn": third.arn}, EventBusName="hop-3")
    id = put_event(server, "hop", EventBusName="hop-1")
    assert [body["id"] for body in second.bodies()] == [id]
    assert third.bodies() == []
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_ACCOUNT_HOP_DETECTED"


def test_a_role_sends_what_it_may(server: LocalServer) -> None:
    may = make_role(server, "may-send", "sqs:SendMessage", trust=TRUST)
    may_not = make_role(server, "may-not-send", "sqs:ReceiveMessage", trust=TRUST)
    url = server.client("sqs").create_queue(QueueName="by-role")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:by-role"
    dead = Inbox(server, "dead-role")
    letters = {"DeadLetterConfig": {"Arn": dead.arn}}
    put_rule(
        server,
        "by-role",
        {"Arn": arn, "RoleArn": may},
        {"Arn": arn, "RoleArn": may_not, **letters},
        {"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none", **letters},
        {"Arn": arn, **letters},
    )
    put_event(server, "by-role")
    assert len(receive(server, url)) == 1
    codes = [letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] for letter in dead.messages()]
    assert codes == ["NO_PERMISSIONS"] * 3


def test_whoever_puts_events_must_be_allowed_to(server: LocalServer, events: Any) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    role = make_role(server, "puts-nothing", "events:ListRules", trust=trust)
    keys = server.client("sts").assume_role(RoleArn=role, RoleSessionName="put")["Credentials"]
    theirs = server.client(
        "events",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    with refused("AccessDeniedException", f"events:PutEvents on resource: {bus_arn()}"):
        theirs.put_events(Entries=[entry()])


def test_more_deliveries_than_one_transaction_makes_all_arrive(server: LocalServer, events: Any) -> None:
    events.create_event_bus(Name="wide")
    inbox = Inbox(server, "wide")
    for number in range(60):
        put_rule(
            server, f"w{number}", *[{"Arn": inbox.arn}] * 5, pattern={"source": ["wide"]}, EventBusName="wide"
        )
    put_event(server, "wide", EventBusName="wide")
    server.settle()
    assert len(inbox.messages()) == 300


def test_what_a_queue_cannot_take_is_dead_at_once(server: LocalServer) -> None:
    inbox = Inbox(server, "small", MaximumMessageSize="1024")
    put_rule(server, "small", {"Arn": inbox.arn})
    put_event(server, "small", {"x": "y" * 2000})
    assert inbox.messages() == []
    row = server.wait(server.app.store.read(lambda tx: newest_delivery(tx)))
    assert row == ("dead", f"arn:aws:events:{REGION}:{ACCOUNT}:target/default/small/0")


def newest_delivery(tx: Any) -> Any:
    from penstock.store import Statement

    return tx.one(Statement.of("SELECT state, arn FROM delivery ORDER BY id DESC LIMIT 1"))


def test_a_policy_for_one_rule_lets_no_other_in(server: LocalServer) -> None:
    inbox = Inbox(server, "narrow", rule_arn("narrow-1"))
    for name in ("narrow-1", "narrow-2"):
        put_rule(server, name, {"Arn": inbox.arn}, pattern={"source": ["narrow"]})
    put_event(server, "narrow")
    assert len(inbox.messages()) == 1
    server.client("sqs").set_queue_attributes(
        QueueUrl=inbox.url, Attributes={"Policy": events_may_send(rule_arn("narrow-*"))}
    )
    server.advance(2)
    server.settle()
    assert len(inbox.messages()) == 1  # whoever mends the policy has lost nothing
