"""Pipes from a queue, against a real server."""

import json
from collections.abc import Iterator

import pytest
from tests.kit.functions import client, make_function, make_queue, make_role, receive
from tests.kit.pipes import ACTIONS, TRUST, Line

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def pattern(document: object) -> dict[str, object]:
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(document)}]}}


def test_a_message_goes_from_queue_to_queue_as_its_record(server: LocalServer) -> None:
    line = Line(server, "plain")
    line.send({"n": 1})
    (record,) = line.got()
    assert record["body"] == '{"n": 1}'
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == line.source
    assert line.left() == 0


def test_a_filter_lets_through_what_matches_and_takes_the_rest_out_of_the_queue(server: LocalServer) -> None:
    line = Line(server, "sieve", SourceParameters=pattern({"body": {"kind": ["wanted"]}}))
    line.send({"kind": "wanted", "n": 1}, {"kind": "other"}, "no JSON at all", {"kind": "wanted", "n": 2})
    assert sorted(json.loads(record["body"])["n"] for record in line.got()) == [1, 2]
    assert line.left() == 0


def test_a_template_takes_values_out_of_the_body_and_of_the_pipe(server: LocalServer) -> None:
    text = (
        '{"key": <$.body.key>, "said": "it is <$.body.word>!", "list": <$.body.list[1]>, "none": <$.body.no>,'
        ' "pipe": <aws.pipes.pipe-name>, "from": "<aws.pipes.source-arn>"}'
    )
    line = Line(server, "shaped", TargetParameters={"InputTemplate": text})
    line.send({"key": "k", "word": 'a "quoted"\n word', "list": [1, {"two": 2}]})
    assert line.got() == [
        {
            "key": "k",
            "said": 'it is a "quoted"\n word!',
            "list": {"two": 2},
            "none": None,
            "pipe": "shaped",
            "from": line.source,
        }
    ]


def test_a_template_of_free_text_is_sent_as_text(server: LocalServer) -> None:
    line = Line(server, "text", TargetParameters={"InputTemplate": "Hello <$.body.name>"})
    line.send({"name": "you"})
    assert [message["Body"] for message in receive(server, line.out)] == ['Hello "you"']


def test_an_enrichment_changes_what_goes_on_and_may_leave_all_of_it_out(server: LocalServer) -> None:
    source = """
import json
def handler(event, context):
    return [{"seen": one} for one in event if one["n"] > 1]
"""
    function = make_function(server, "enrich", source)["FunctionArn"]
    line = Line(
        server,
        "richer",
        Enrichment=function,
        EnrichmentParameters={"InputTemplate": '{"n": <$.body.n>}'},
        TargetParameters={"InputTemplate": '{"last": <$.seen.n>}'},
    )
    line.send({"n": 1}, {"n": 2})
    assert line.got() == [{"last": 2}]
    assert line.left() == 0


def test_messages_stay_in_the_queue_while_the_enrichment_fails(server: LocalServer) -> None:
    function = make_function(server, "broken", "def handler(event, context):\n    raise ValueError('no')\n")
    line = Line(server, "failing", Enrichment=function["FunctionArn"])
    line.send({"n": 1})
    assert line.got() == []
    assert line.left() == 1
    assert "failed" in line.reason()


def test_a_function_as_target_gets_a_list_and_names_what_it_could_not_process(server: LocalServer) -> None:
    source = """
import json
def handler(event, context):
    bad = [one["messageId"] for one in event if json.loads(one["body"])["n"] == 2]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""
    function = make_function(server, "partial", source)["FunctionArn"]
    parameters = {"LambdaFunctionParameters": {"InvocationType": "REQUEST_RESPONSE"}}
    line = Line(server, "partly", function, TargetParameters=parameters)
    line.send({"n": 1}, {"n": 2}, {"n": 3})
    assert line.left() == 1


def test_any_other_answer_of_a_function_is_well(server: LocalServer) -> None:
    function = make_function(server, "greets", "def handler(event, context):\n    return 'hello'\n")
    line = Line(server, "greeted", function["FunctionArn"])
    line.send({"n": 1})
    assert (line.left(), line.reason()) == (0, "")


def test_a_message_stays_while_the_role_may_not_send_and_goes_on_when_it_may(server: LocalServer) -> None:
    server_time = server.advance
    line = Line(server, "denied", actions=[action for action in ACTIONS if action != "sqs:SendMessage"])
    line.send({"n": 1})
    assert (line.got(), line.left()) == ([], 1)
    assert "sqs:sendmessage" in line.reason().lower()
    make_role_may(server, "denied-role")
    server_time(31)
    server.settle()
    assert len(line.got()) == 1
    assert (line.left(), line.reason()) == (0, "")


def make_role_may(server: LocalServer, role: str) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}],
    }
    client(server, "iam").put_role_policy(
        RoleName=role, PolicyName="later", PolicyDocument=json.dumps(document)
    )


def test_a_message_waits_while_its_target_is_not_there(server: LocalServer) -> None:
    line = Line(server, "gone")
    client(server, "sqs").delete_queue(QueueUrl=line.out)
    line.send({"n": 1})
    assert line.left() == 1
    assert "queue does not exist" in line.reason().lower()


def test_a_topic_and_a_bus_are_targets(server: LocalServer) -> None:
    topic = client(server, "sns").create_topic(Name="piped")["TopicArn"]
    url, arn = make_queue(server, "heard")
    client(server, "sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    client(server, "sqs").set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "Policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
                    ],
                }
            )
        },
    )
    client(server, "events").put_rule(Name="piped", EventPattern='{"source": ["from.pipe"]}')
    client(server, "events").put_targets(Rule="piped", Targets=[{"Id": "1", "Arn": arn}])
    Line(server, "shouts", topic, TargetParameters={"InputTemplate": "<$.body.word>"}).send({"word": "hey"})
    assert [message["Body"] for message in receive(server, url)] == ['"hey"']
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default".replace("000000000000", arn.split(":")[4])
    parameters = {
        "EventBridgeEventBusParameters": {"Source": "from.pipe", "DetailType": "$.body.kind"},
        "InputTemplate": '{"n": <$.body.n>}',
    }
    Line(server, "puts", bus, TargetParameters=parameters).send({"kind": "piped thing", "n": 7})
    (event,) = [json.loads(message["Body"]) for message in receive(server, url)]
    assert (event["source"], event["detail-type"], event["detail"]) == (
        "from.pipe",
        "piped thing",
        {"n": 7},
    )


def test_a_log_group_is_a_target(server: LocalServer) -> None:
    logs = client(server, "logs")
    logs.create_log_group(logGroupName="piped")
    logs.create_log_stream(logGroupName="piped", logStreamName="stream-a")
    arn = logs.describe_log_groups(logGroupNamePrefix="piped")["logGroups"][0]["arn"].removesuffix(":*")
    parameters = {
        "CloudWatchLogsParameters": {"LogStreamName": "$.body.stream"},
        "InputTemplate": "<$.body.n>",
    }
    Line(server, "writes", arn, TargetParameters=parameters).send({"stream": "stream-a", "n": 3})
    found = logs.get_log_events(logGroupName="piped", logStreamName="stream-a")["events"]
    assert [event["message"] for event in found] == ["3"]


def test_a_fifo_target_gets_the_group_that_the_event_names(server: LocalServer) -> None:
    url, arn = make_queue(server, "ordered.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    parameters = {"SqsQueueParameters": {"MessageGroupId": "$.body.who"}, "InputTemplate": "<$.body.n>"}
    line = Line(server, "orders", arn, TargetParameters=parameters)
    line.send({"who": "ann", "n": 1}, {"who": "bob", "n": 2})
    found = {one["Attributes"]["MessageGroupId"]: one["Body"] for one in receive(server, url)}
    assert found == {"ann": "1", "bob": "2"}


def test_a_stopped_pipe_takes_nothing_and_a_started_one_goes_on(server: LocalServer) -> None:
    pipes = client(server, "pipes")
    line = Line(server, "paused")
    stopped = pipes.stop_pipe(Name="paused")
    assert (stopped["DesiredState"], stopped["CurrentState"]) == ("STOPPED", "STOPPING")
    server.settle()
    line.send({"n": 1})
    assert (line.got(), line.left()) == ([], 1)
    pipes.start_pipe(Name="paused")
    server.settle()
    assert len(line.got()) == 1


def test_changes_of_a_stream_go_through_a_pipe(server: LocalServer) -> None:
    table = client(server, "dynamodb").create_table(
        TableName="piped",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    server.settle()
    url, arn = make_queue(server, "changed")
    client(server, "pipes").create_pipe(
        Name="changes",
        Source=table["LatestStreamArn"],
        SourceParameters={
            "DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"},
            **pattern({"eventName": ["INSERT"]}),
        },
        Target=arn,
        TargetParameters={"InputTemplate": "<$.dynamodb.Keys.id.S>"},
        RoleArn=make_role(server, "changes-role", *ACTIONS, trust=TRUST),
    )
    dynamodb = client(server, "dynamodb")
    dynamodb.put_item(TableName="piped", Item={"id": {"S": "a"}})
    dynamodb.delete_item(TableName="piped", Key={"id": {"S": "a"}})
    dynamodb.put_item(TableName="piped", Item={"id": {"S": "b"}})
    server.settle()
    assert sorted(message["Body"] for message in receive(server, url)) == ['"a"', '"b"']
