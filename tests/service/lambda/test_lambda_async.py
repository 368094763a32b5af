"""Asynchronous invocations: AWS's ladder, dead letters and destinations, with time moved instead of waited for."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import Inbox, bus_arn, put_rule
from tests.kit.functions import client, make_function, make_queue, make_role, receive, run
from tests.kit.policies import ACCOUNT

from penstock.app.commands import trace
from penstock.delivery import State, ledger
from penstock.services.lambda_ import target
from penstock.testing import LocalServer

REPORT = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["runs"], MessageBody=context.aws_request_id)
    if event.get("fail"):
        raise RuntimeError("as asked")
    return {"done": True}
"""


def invoke_later(server: LocalServer, name: str, event: dict[str, Any]) -> None:
    answer = client(server, "lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
    )
    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""


def runs(server: LocalServer, url: str) -> list[str]:
    server.settle()
    return [message["Body"] for message in receive(server, url)]


def test_an_event_is_run_once_when_it_succeeds(server: LocalServer) -> None:
    url, _ = make_queue(server, "once")
    make_function(server, "once", REPORT, may=["sqs:SendMessage"], Timeout=20)

    invoke_later(server, "once", {"runs": url})

    assert len(runs(server, url)) == 1
    server.advance(7 * 3600)
    assert runs(server, url) == []


def test_a_failing_function_is_tried_three_times_and_then_the_event_is_a_dead_letter(
    server: LocalServer,
) -> None:
    url, _ = make_queue(server, "ladder")
    dead_url, dead_arn = make_queue(server, "ladder-dead")
    make_function(
        server,
        "ladder",
        REPORT,
        may=["sqs:SendMessage"],
        Timeout=20,
        DeadLetterConfig={"TargetArn": dead_arn},
    )
    event = {"runs": url, "fail": 1}

    invoke_later(server, "ladder", event)

    ids = runs(server, url)
    assert len(ids) == 1
    server.advance(59)
    assert runs(server, url) == []
    server.advance(1)
    ids += runs(server, url)
    assert len(ids) == 2
    server.advance(119)
    assert runs(server, url) == []
    server.advance(1)
    ids += runs(server, url)
    assert len(ids) == 3
    assert len(set(ids)) == 1, "the request id stays the same over the tries"

    (letter,) = receive(server, dead_url)
    assert json.loads(letter["Body"]) == event
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes == {"RequestID": ids[0], "ErrorCode": "200", "ErrorMessage": "as asked"}
    server.advance(7 * 3600)
    assert runs(server, url) == []


def test_fewer_tries_can_be_asked_for_and_the_failure_s_record_tells_the_story(server: LocalServer) -> None:
    url, _ = make_queue(server, "record")
    failed_url, failed_arn = make_queue(server, "record-failed")
    arn = make_function(server, "record", REPORT, may=["sqs:SendMessage"], Timeout=20)["FunctionArn"]
    client(server, "lambda").put_function_event_invoke_config(
        FunctionName="record",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": failed_arn}},
    )

    invoke_later(server, "record", {"runs": url, "fail": 1})
    ids = runs(server, url)
    server.advance(60)
    ids += runs(server, url)

    (message,) = receive(server, failed_url)
    record = json.loads(message["Body"])
    assert record["version"] == "1.0"
    assert record["requestContext"] == {
        "requestId": ids[0],
        "functionArn": f"{arn}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert record["requestPayload"] == {"runs": url, "fail": 1}
    assert record["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert record["responsePayload"]["errorMessage"] == "as asked"
    assert len(ids) == 2


def test_a_success_can_be_told_too(server: LocalServer) -> None:
    url, _ = make_queue(server, "told")
    success_url, success_arn = make_queue(server, "told-success")
    make_function(server, "told", REPORT, may=["sqs:SendMessage"], Timeout=20)
    client(server, "lambda").put_function_event_invoke_config(
        FunctionName="told", DestinationConfig={"OnSuccess": {"Destination": success_arn}}
    )

    invoke_later(server, "told", {"runs": url})
    server.settle()

    (message,) = receive(server, success_url)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"] == {"done": True}


def test_results_go_to_event_buses_as_events(server: LocalServer) -> None:
    url, _ = make_queue(server, "bussed")
    inbox = Inbox(server, "results")
    put_rule(server, "results", {"Arn": inbox.arn}, pattern={"source": ["lambda"]})
    bus = bus_arn()
    config = {"OnSuccess": {"Destination": bus}, "OnFailure": {"Destination": bus}}
    made = make_function(server, "bussed", REPORT, may=["sqs:SendMessage"], Timeout=20)
    aws = client(server, "lambda")
    with pytest.raises(ClientError, match="does not have permissions to call PutEvents"):
        aws.put_function_event_invoke_config(FunctionName="bussed", DestinationConfig=config)
    document = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}
    client(server, "iam").put_role_policy(
        RoleName="bussed-role",
        PolicyName="put",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
    )
    aws.put_function_event_invoke_config(
        FunctionName="bussed", DestinationConfig=config, MaximumRetryAttempts=0
    )

    invoke_later(server, "bussed", {"runs": url})
    invoke_later(server, "bussed", {"runs": url, "fail": 1})
    server.settle()

    found = {event["detail-type"]: event for event in inbox.bodies()}
    success = found["Lambda Function Invocation Result - Success"]
    failure = found["Lambda Function Invocation Result - Failure"]
    assert success["resources"] == [bus, f"{made['FunctionArn']}:$LATEST"]
    assert success["detail"]["responsePayload"] == {"done": True}
    assert failure["detail"]["requestContext"]["condition"] == "RetriesExhausted"
    assert (failure["source"], failure["account"]) == ("lambda", ACCOUNT)


def test_an_event_for_a_function_that_is_switched_off_is_a_dead_letter_at_once(server: LocalServer) -> None:
    url, _ = make_queue(server, "off")
    dead_url, dead_arn = make_queue(server, "off-dead")
    make_function(server, "off", REPORT, may=["sqs:SendMessage"], DeadLetterConfig={"TargetArn": dead_arn})
    client(server, "lambda").put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=0)

    invoke_later(server, "off", {"runs": url})

    assert runs(server, url) == []
    (letter,) = receive(server, dead_url)
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


def test_events_wait_for_each_other_when_few_may_run_at_once(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "_PATIENCE_MS", 60_000)  # whatever a busy machine takes to start a process
    url, _ = make_queue(server, "few")
    make_function(server, "few", REPORT, may=["sqs:SendMessage"], Timeout=20)
    client(server, "lambda").put_function_concurrency(FunctionName="few", ReservedConcurrentExecutions=1)

    # Time stands still: on a busy machine the first start takes longer than the others wait before they are throttled.
    server.clock.freeze()
    try:
        for _ in range(12):
            invoke_later(server, "few", {"runs": url})
        assert len(set(runs(server, url))) == 12
    finally:
        server.clock.resume()


def test_an_event_whose_function_s_role_is_gone_waits_and_gives_up_by_its_age(server: LocalServer) -> None:
    url, _ = make_queue(server, "aged")
    make_function(server, "aged", REPORT, may=["sqs:SendMessage"], Timeout=20)
    aws, iam = client(server, "lambda"), client(server, "iam")
    aws.put_function_event_invoke_config(FunctionName="aged", MaximumEventAgeInSeconds=120)
    iam.delete_role_policy(RoleName="aged-role", PolicyName="may")
    iam.delete_role(RoleName="aged-role")

    invoke_later(server, "aged", {"runs": url})
    for _ in range(12):
        server.settle()
        server.advance(20)
    make_role(server, "aged-role", "sqs:SendMessage")
    server.advance(600)

    assert runs(server, url) == []


def test_an_event_waits_while_the_function_s_role_is_gone_and_runs_when_it_is_back(
    server: LocalServer,
) -> None:
    url, _ = make_queue(server, "back")
    make_function(server, "back", REPORT, may=["sqs:SendMessage"], Timeout=20)
    iam = client(server, "iam")
    iam.delete_role_policy(RoleName="back-role", PolicyName="may")
    iam.delete_role(RoleName="back-role")
    invoke_later(server, "back", {"runs": url})
    server.settle()

    make_role(server, "back-role", "sqs:SendMessage")
    server.advance(10)

    assert len(runs(server, url)) == 1


def test_a_dead_letter_queue_that_the_role_may_not_use_is_refused(server: LocalServer) -> None:
    _, dead_arn = make_queue(server, "forbidden-dead")

    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS") as raised:
        make_function(server, "forbidden", REPORT, DeadLetterConfig={"TargetArn": dead_arn})

    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_dead_letter_is_sent_by_the_function_s_role_as_it_is_then(server: LocalServer) -> None:
    url, _ = make_queue(server, "by-role")
    dead_url, dead_arn = make_queue(server, "by-role-dead")
    config = {"DeadLetterConfig": {"TargetArn": dead_arn}, "Timeout": 20}
    make_function(server, "by-role", REPORT, may=["sqs:SendMessage"], **config)
    client(server, "lambda").put_function_event_invoke_config(FunctionName="by-role", MaximumRetryAttempts=0)

    invoke_later(server, "by-role", {"runs": url, "fail": 1})
    server.settle()
    (letter,) = receive(server, dead_url)
    role = client(server, "iam").get_role(RoleName="by-role-role")["Role"]["RoleId"]
    assert letter["Attributes"]["SenderId"] == f"{role}:by-role"

    client(server, "iam").delete_role_policy(RoleName="by-role-role", PolicyName="may")
    invoke_later(server, "by-role", {"runs": url, "fail": 1})
    server.settle()
    assert receive(server, dead_url) == []
    page = server.wait(server.app.store.read(ledger.deliveries, state=State.DEAD, limit=1))
    assert "by-role-role may not send messages to the queue" in page.entries[0]["error"]


def test_s3_invokes_a_function_that_lets_it_and_the_story_is_told(server: LocalServer) -> None:
    url, _ = make_queue(server, "from-s3")
    source = REPORT.replace('event["runs"]', repr(url)).replace("event.get", "{}.get")
    arn = make_function(server, "from-s3", source, may=["sqs:SendMessage"], Timeout=20)["FunctionArn"]
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="tells-lambda")
    configuration = {
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    }
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(
            Bucket="tells-lambda", NotificationConfiguration=configuration
        )
    client(server, "lambda").add_permission(
        FunctionName="from-s3",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::tells-lambda",
        SourceAccount="000000000000",
    )
    s3.put_bucket_notification_configuration(Bucket="tells-lambda", NotificationConfiguration=configuration)

    s3.put_object(Bucket="tells-lambda", Key="k", Body=b"x")

    (id,) = runs(server, url)
    (story,) = server.wait(trace(server.app, {"bucket": "tells-lambda", "key": "k"}))["events"]
    (delivery,) = story["deliveries"]
    assert delivery["state"] == "delivered"
    assert delivery["tries"][0]["request_id"] == id
    assert delivery["tries"][0]["log_group"] == "/aws/lambda/from-s3"


def test_what_a_function_writes_is_linked_to_what_it_was_invoked_for(server: LocalServer) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="lineage", Key=event["key"], Body=b"x")
    return context.aws_request_id
"""
    client(server, "s3").create_bucket(Bucket="lineage")
    make_function(server, "lineage", source, may=["s3:PutObject"], Timeout=20)

    id = run(server, "lineage", {"key": "made"})["Payload"]
    server.settle()

    (story,) = server.wait(trace(server.app, {"bucket": "lineage", "key": "made"}))["events"]
    assert story["caused_by"] == {
        "function": "arn:aws:lambda:us-east-1:000000000000:function:lineage",
        "request_id": id,
    }


def test_event_invoke_configs_are_put_changed_listed_and_deleted(server: LocalServer) -> None:
    arn = make_function(server, "configured", REPORT)["FunctionArn"]
    aws = client(server, "lambda")
    with pytest.raises(ClientError, match="doesn't have an EventInvokeConfig"):
        aws.get_function_event_invoke_config(FunctionName="configured")

    aws.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=0)
    aws.update_function_event_invoke_config(FunctionName="configured", MaximumEventAgeInSeconds=60)

    found = aws.get_function_event_invoke_config(FunctionName="configured")
    assert found["FunctionArn"] == f"{arn}:$LATEST"
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 60)
    assert (
        len(aws.list_function_event_invoke_configs(FunctionName="configured")["FunctionEventInvokeConfigs"])
        == 1
    )
    aws.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=2)
    assert "MaximumEventAgeInSeconds" not in aws.get_function_event_invoke_config(FunctionName="configured")
    aws.delete_function_event_invoke_config(FunctionName="configured")
    assert (
        aws.list_function_event_invoke_configs(FunctionName="configured")["FunctionEventInvokeConfigs"] == []
    )
