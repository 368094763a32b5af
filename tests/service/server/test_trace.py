"""The story of an object, told by the server and by the command."""

import json
from functools import partial
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import SQS, arrive, let_s3_invoke, make_function, receive
from tests.kit.policies import s3_may_send

from penstock.app import commands
from penstock.delivery.telling import story as delivery_story
from penstock.delivery.telling.story import object_story
from penstock.services.sqs.messages.sweep import expire
from penstock.testing import LocalServer

HANDLER = """
import boto3, json
def handler(event, context):
    for record in event["Records"]:
        body = json.loads(record["body"]) if "body" in record else {"Records": [record]}
        for change in body.get("Records", []):
            key = change["s3"]["object"]["key"]
            if "bad" in key:
                raise ValueError("cannot read " + key)
            target = {"in": "mid", "mid": "out"}[key.split("/")[0]] + "/" + key.split("/")[1]
            boto3.client("s3").put_object(Bucket=change["s3"]["bucket"]["name"], Key=target, Body=b"done")
"""


@pytest.fixture(scope="module")
def function(server: LocalServer) -> str:
    made = make_function(server, "copier", HANDLER, may=("s3:*", "sqs:*"), Timeout=30)
    let_s3_invoke(server, "copier")
    return str(made["FunctionArn"])


def watch(server: LocalServer, bucket: str, function: str, *prefixes: str) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket=bucket)
    rules = [
        {
            "Id": prefix.strip("/"),
            "LambdaFunctionArn": function,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
        }
        for prefix in prefixes
    ]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": rules}
    )


def watch_with_queue(server: LocalServer, bucket: str, **attributes: str) -> tuple[str, str]:
    """Returns URL and ARN of a new queue that gets the events of new objects of the new ``bucket``."""
    sqs, s3 = server.client("sqs"), server.client("s3")
    url = sqs.create_queue(QueueName=bucket, Attributes={"Policy": s3_may_send(), **attributes})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket=bucket)
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    return url, arn


def story(server: LocalServer, bucket: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.wait(server.app.store.read(object_story, bucket, key))
    return found


def test_what_functions_wrote_is_nested_under_what_made_them_run(server: LocalServer, function: str) -> None:
    watch(server, "chain", function, "in/", "mid/")
    server.client("s3").put_object(Bucket="chain", Key="in/a.csv", Body=b"1")
    server.settle()
    (event,) = story(server, "chain", "in/a.csv")
    assert [rule["matched"] for rule in event["rules"]] == [True, False]
    (first,) = event["deliveries"][0]["tries"]
    (middle,) = first["wrote"]
    (second,) = middle["deliveries"][0]["tries"]
    (last,) = second["wrote"]
    assert (middle["key"], last["key"]) == ("mid/a.csv", "out/a.csv")
    assert last["caused_by"] == {"function": function, "request_id": second["request_id"]}
    assert first["log_group"] == "/aws/lambda/copier" and first["duration_ms"] > 0


def test_each_failed_attempt_is_in_the_story(server: LocalServer, function: str) -> None:
    watch(server, "failing", function, "in/")
    server.client("s3").put_object(Bucket="failing", Key="in/bad.csv", Body=b"1")
    server.settle()
    (delivery,) = story(server, "failing", "in/bad.csv")[0]["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("due", 1)
    server.advance(61)
    server.settle()
    server.advance(121)
    server.settle()
    (delivery,) = story(server, "failing", "in/bad.csv")[0]["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("dead", 3)
    assert all("cannot read in/bad.csv" in attempt["error"] for attempt in delivery["tries"])
    assert len({attempt["request_id"] for attempt in delivery["tries"]}) == 1


def test_a_function_that_reads_a_queue_is_a_consumer_in_the_story(server: LocalServer, function: str) -> None:
    s3 = server.client("s3")
    _, arn = watch_with_queue(server, "queued")
    server.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="copier", BatchSize=1
    )
    s3.put_object(Bucket="queued", Key="in/q.csv", Body=b"1")
    server.settle()
    (event,) = story(server, "queued", "in/q.csv")
    assert event["deliveries"][0]["state"] == "delivered"
    (consumer,) = event["consumers"]
    assert consumer["arn"] == function and consumer["ok"]
    assert [written["key"] for written in consumer["wrote"]] == ["mid/q.csv"]


def test_a_message_that_succeeded_is_not_told_of_another_one_of_its_batch(server: LocalServer) -> None:
    partly = """
def handler(event, context):
    bad = [record["messageId"] for record in event["Records"] if '"bad"' in record["body"]]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in bad]}
"""
    made = make_function(server, "partly", partly, may=SQS)["FunctionArn"]
    _, arn = watch_with_queue(server, "batched", VisibilityTimeout="30")
    lambda_ = server.client("lambda")
    mapping = lambda_.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="partly", Enabled=False, BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )  # fmt: skip
    arrive(server)
    for key in ("good", "bad"):
        server.client("s3").put_object(Bucket="batched", Key=key, Body=b"1")
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    server.settle()

    (good,) = story(server, "batched", "good")[0]["consumers"]
    (bad,) = story(server, "batched", "bad")[0]["consumers"]
    assert good["span"] == bad["span"] and good["arn"] == bad["arn"] == made
    assert (good["ok"], good["error"]) == (True, "")
    assert (bad["ok"], bad["error"]) == (False, "the function reported this message as failed")
    assert good["message_id"] == story(server, "batched", "good")[0]["deliveries"][0]["receipt"]
    assert bad["message_id"] == story(server, "batched", "bad")[0]["deliveries"][0]["receipt"]


def test_a_message_that_its_queue_gave_up_is_in_the_story_with_where_it_went(server: LocalServer) -> None:
    sqs, s3 = server.client("sqs"), server.client("s3")
    letters = sqs.create_queue(QueueName="story-letters")["QueueUrl"]
    to = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": to, "maxReceiveCount": 2})
    url, arn = watch_with_queue(server, "poison", RedrivePolicy=redrive, VisibilityTimeout="0")

    s3.put_object(Bucket="poison", Key="p", Body=b"1")
    for _ in range(3):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)

    (fate,) = story(server, "poison", "p")[0]["consumers"]
    assert (fate["arn"], fate["ok"], fate["dead_letter"]) == (arn, False, to)
    assert "received 2 times" in fate["error"]
    bodies = [json.loads(message["Body"]) for message in receive(server, letters)]
    assert [body["Records"][0]["s3"]["object"]["key"] for body in bodies if "Records" in body] == ["p"]


@pytest.mark.parametrize("somebody_looks", [True, False])
def test_a_message_that_nobody_took_in_time_is_in_the_story(
    server: LocalServer, somebody_looks: bool
) -> None:
    bucket = f"late-{somebody_looks}".lower()
    url, arn = watch_with_queue(server, bucket, MessageRetentionPeriod="60")

    server.client("s3").put_object(Bucket=bucket, Key="l", Body=b"1")
    server.advance(61)
    if somebody_looks:
        assert "Messages" not in server.client("sqs").receive_message(QueueUrl=url)
    lines, after = server.app.service("sqs").state.lines, 0
    while after is not None:
        after = server.wait(server.app.store.write(partial(expire, lines), after))

    (fate,) = story(server, bucket, "l")[0]["consumers"]
    assert (fate["arn"], fate["ok"], fate["dead_letter"]) == (arn, False, None)
    assert "not deleted within 60 s" in fate["error"]


def test_every_change_of_a_key_is_told_in_order(server: LocalServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="changes")
    s3.put_bucket_versioning(Bucket="changes", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="changes", Key="k", Body=b"1")["VersionId"]
    s3.put_object_tagging(Bucket="changes", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    s3.delete_object(Bucket="changes", Key="k")
    s3.delete_object(Bucket="changes", Key="k", VersionId=version)
    told = story(server, "changes", "k")
    assert [event["event"] for event in told] == [
        "ObjectCreated:Put",
        "ObjectTagging:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    assert [event["sequencer"] for event in told] == sorted(event["sequencer"] for event in told)
    of_version = server.wait(server.app.store.read(object_story, "changes", "k", version))
    assert [event["event"] for event in of_version] == [
        "ObjectCreated:Put",
        "ObjectTagging:Put",
        "ObjectRemoved:Delete",
    ]


SENDER = """
import boto3
def handler(event, context):
    for record in event["Records"]:
        if "s3" in record:
            boto3.client("sqs").send_message(QueueUrl="QUEUE_URL", MessageBody="hello")
        else:
            boto3.client("s3").put_object(Bucket="sent", Key="out", Body=record["messageId"])
"""


def test_what_a_function_sent_is_followed_through_the_queue_to_what_came_of_it(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="sent")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    source = SENDER.replace("QUEUE_URL", url)
    made = make_function(server, "sent", source, may=("s3:*", "sqs:*"), Timeout=30)["FunctionArn"]
    let_s3_invoke(server, "sent")
    server.client("lambda").create_event_source_mapping(EventSourceArn=queue, FunctionName="sent")
    arrive(server)
    watch(server, "sent", made, "in/")
    server.client("s3").put_object(Bucket="sent", Key="in/a", Body=b"1")
    server.settle()
    (event,) = story(server, "sent", "in/a")
    (first,) = event["deliveries"][0]["tries"]
    (consumer,) = first["consumers"]
    assert (consumer["arn"], consumer["ok"]) == (made, True)
    assert [written["key"] for written in consumer["wrote"]] == ["out"]
    found = server.wait(commands.trace(server.app, {"message": consumer["message_id"]}))
    assert [told["key"] for told in found["events"]] == ["in/a"]
    out, _ = run_cli(server, "trace", "s3://sent/in/a")
    assert "sent a message" in out and f"consumed by {made}" in out


def test_a_prefix_tells_the_newest_changes_of_all_its_objects_in_their_order(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting
    s3 = server.client("s3")
    s3.create_bucket(Bucket="under")
    for key in ("a/2", "b/1", "a/1", "a", "a/\U0010ffff\x1b", "a0"):
        s3.put_object(Bucket="under", Key=key, Body=b"")
    found = server.wait(commands.trace(server.app, {"bucket": "under", "prefix": "a/"}))
    assert [event["key"] for event in found["events"]] == ["a/2", "a/1", "a/\U0010ffff\x1b"]
    assert len(server.wait(commands.trace(server.app, {"bucket": "under", "prefix": ""}))["events"]) == 6
    out, _ = run_cli(server, "trace", "s3://under/a/", "--prefix")
    assert "s3://under/a/1" in out and "s3://under/b/1" not in out and "\x1b" not in out
    monkeypatch.setattr(delivery_story, "MAX_EVENTS", 2)
    found = server.wait(commands.trace(server.app, {"bucket": "under", "prefix": ""}))
    assert found["events"][0]["cut"] == "earlier changes are not told"


CALLER = """
import boto3
def handler(event, context):
    if "Records" in event and "s3" in event["Records"][0]:
        boto3.client("lambda").invoke(FunctionName="called", InvocationType="Event", Payload=b'{"deep": 1}')
        boto3.client("sns").publish(TopicArn="TOPIC", Message="hello")
"""
CALLED = """
import boto3
def handler(event, context):
    key = "invoked" if "deep" in event else "published"
    boto3.client("s3").put_object(Bucket="called", Key=key, Body=b"")
"""


def test_what_a_function_invokes_and_publishes_is_followed_to_what_came_of_it(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting
    sns = server.client("sns")
    topic = sns.create_topic(Name="called")["TopicArn"]
    called = make_function(server, "called", CALLED, may=("s3:*",), Timeout=30)["FunctionArn"]
    server.client("lambda").add_permission(
        FunctionName="called",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=called)
    may = ("lambda:InvokeFunction", "sns:Publish")
    caller = make_function(server, "caller", CALLER.replace("TOPIC", topic), may=may, Timeout=30)[
        "FunctionArn"
    ]
    let_s3_invoke(server, "caller")
    watch(server, "called", caller, "in/")
    server.client("s3").put_object(Bucket="called", Key="in/a", Body=b"1")
    server.settle()
    (event,) = story(server, "called", "in/a")
    (first,) = event["deliveries"][0]["tries"]
    assert [(sent["arn"], sent["state"]) for sent in first["sent"]] == [(called, "delivered")] * 2
    written = [
        wrote["key"] for sent in first["sent"] for attempt in sent["tries"] for wrote in attempt["wrote"]
    ]
    assert sorted(written) == ["invoked", "published"]
    found = server.wait(commands.trace(server.app, {"message": first["sent"][0]["receipt"]}))
    assert [told["key"] for told in found["events"]] == ["in/a"]
    out, _ = run_cli(server, "trace", "s3://called/in/a")
    assert out.count(f"delivery → {called}: delivered") == 2 and "wrote s3://called/invoked" in out
