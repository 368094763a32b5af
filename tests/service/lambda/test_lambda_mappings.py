"""Event source mappings: queues that feed functions."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, SQS, arrive, client, make_function, make_queue, make_role, receive
from tests.kit.policies import s3_may_send

from penstock.app.commands import trace
from penstock.errors import StoreUnavailable
from penstock.services.lambda_.functions.function import find_function
from penstock.services.lambda_.sources.mapping import find_mapping
from penstock.services.lambda_.sources.poller import _find as find_mapped
from penstock.services.lambda_.sources.queue_source import QueueSource
from penstock.services.source import Message
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

# Each run tells which bodies it got; a body "bad" fails by itself, "worse" fails the batch.
REPORT = """
import boto3, json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(bodies))
    if "worse" in bodies:
        raise RuntimeError("worse")
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""


def make_mapped(
    server: LocalServer, name: str, attributes: dict[str, str] | None = None, **mapping: Any
) -> Any:
    """Returns the URLs of the mapped queue and of the one that runs are told to, and the mapping's UUID."""
    source_url, source_arn = make_queue(server, f"{name}-source", **(attributes or {}))
    told_url, _ = make_queue(server, f"{name}-told")
    make_function(server, name, REPORT % told_url, may=SQS, Timeout=20)
    made = client(server, "lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=source_arn, **mapping
    )
    arrive(server)
    return source_url, told_url, made["UUID"]


def filters(*patterns: object) -> dict[str, Any]:
    return {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}


def last_result(server: LocalServer, uuid: str) -> str:
    """Returns how the last batch went, which AWS does not tell of queues."""
    mapping = server.wait(server.app.store.read(find_mapping, uuid))
    assert mapping
    return mapping.result


def told(server: LocalServer, url: str) -> list[list[str]]:
    server.settle()
    return [json.loads(message["Body"]) for message in receive(server, url)]


def send(server: LocalServer, url: str, *bodies: str) -> None:
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    client(server, "sqs").send_message_batch(QueueUrl=url, Entries=entries)


def test_a_message_runs_the_function_and_is_deleted(server: LocalServer) -> None:
    source, runs, uuid = make_mapped(server, "feeds")

    send(server, source, "one")

    assert told(server, runs) == [["one"]]
    server.advance(3600)
    assert told(server, runs) == []
    assert last_result(server, uuid) == "OK"


def test_messages_that_were_there_before_the_mapping_are_read(server: LocalServer) -> None:
    source_url, source_arn = make_queue(server, "before-source")
    told_url, _ = make_queue(server, "before-told")
    send(server, source_url, *"abcde")
    make_function(server, "before", REPORT % told_url, may=SQS, Timeout=20)

    client(server, "lambda").create_event_source_mapping(
        FunctionName="before", EventSourceArn=source_arn, BatchSize=2
    )

    batches = told(server, told_url)
    assert sorted(body for batch in batches for body in batch) == list("abcde")
    assert all(len(batch) <= 2 for batch in batches)


def test_a_batch_that_fails_comes_back_after_the_visibility_timeout_and_ends_as_dead_letters(
    server: LocalServer,
) -> None:
    dead_url, dead_arn = make_queue(server, "worse-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    source, runs, uuid = make_mapped(server, "worse", {"RedrivePolicy": redrive, "VisibilityTimeout": "30"})

    send(server, source, "worse")

    assert told(server, runs) == [["worse"]]
    server.advance(20)  # the machine's own time passes besides
    assert told(server, runs) == []
    server.advance(10)
    assert told(server, runs) == [["worse"]]
    server.advance(30)
    assert told(server, runs) == []
    assert [message["Body"] for message in receive(server, dead_url)] == ["worse"]
    assert last_result(server, uuid) == "PROBLEM: Function call failed"


def test_only_the_reported_messages_of_a_batch_come_back(server: LocalServer) -> None:
    source, runs, _ = make_mapped(
        server, "partial", FunctionResponseTypes=["ReportBatchItemFailures"], MaximumBatchingWindowInSeconds=1
    )

    send(server, source, "good", "bad", "fine")
    server.settle()
    server.advance(1)

    assert [sorted(batch) for batch in told(server, runs)] == [["bad", "fine", "good"]]
    server.advance(31)
    server.settle()
    server.advance(1)
    assert told(server, runs) == [["bad"]]


def test_without_the_report_a_returned_failure_means_nothing(server: LocalServer) -> None:
    source, runs, _ = make_mapped(server, "ignores")

    send(server, source, "bad")

    assert told(server, runs) == [["bad"]]
    server.advance(60)
    assert told(server, runs) == []


def test_a_window_gathers_what_comes_within_it(server: LocalServer) -> None:
    source, runs, _ = make_mapped(server, "window", BatchSize=100, MaximumBatchingWindowInSeconds=20)

    send(server, source, "a")
    assert told(server, runs) == []
    server.advance(10)
    send(server, source, "b", "c")
    assert told(server, runs) == []
    server.advance(10)

    assert [sorted(batch) for batch in told(server, runs)] == [["a", "b", "c"]]


def test_a_full_batch_does_not_wait_for_its_window(server: LocalServer) -> None:
    source, runs, _ = make_mapped(server, "full", BatchSize=2, MaximumBatchingWindowInSeconds=300)

    send(server, source, "a", "b")

    assert [sorted(batch) for batch in told(server, runs)] == [["a", "b"]]


def test_a_batch_is_never_larger_than_a_payload_may_be(server: LocalServer) -> None:
    source = """
import boto3, json
def handler(event, context):
    told = [len(json.dumps(event, ensure_ascii=False)), *(record["body"][0] for record in event["Records"])]
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(told))
"""
    source_url, source_arn = make_queue(server, "heavy-source")
    told_url, _ = make_queue(server, "heavy-told")
    make_function(server, "heavy", source % told_url, may=SQS, Timeout=20, MemorySize=512)
    for body in ("a" * 1_000_000, *(letter + '"' * 900_000 for letter in "bcde")):
        client(server, "sqs").send_message(QueueUrl=source_url, MessageBody=body)

    client(server, "lambda").create_event_source_mapping(FunctionName="heavy", EventSourceArn=source_arn)

    sizes, batches = zip(*((size, bodies) for size, *bodies in told(server, told_url)), strict=True)
    assert max(sizes) <= 6 * 1024 * 1024
    assert sorted(body for batch in batches for body in batch) == list("abcde")


def test_a_message_that_comes_again_within_its_window_is_once_in_its_batch(server: LocalServer) -> None:
    source, runs, _ = make_mapped(
        server, "again", {"VisibilityTimeout": "30"}, BatchSize=100, MaximumBatchingWindowInSeconds=100
    )

    send(server, source, "a")
    for _ in range(3):
        assert told(server, runs) == []
        server.advance(31)
    server.settle()
    server.advance(7)

    assert told(server, runs) == [["a"]]


@pytest.mark.parametrize("enabled", [True, False])
def test_what_was_gathered_is_handed_over_when_its_mapping_changes(
    server: LocalServer, enabled: bool
) -> None:
    name = f"gathered-{enabled}"
    source, runs, uuid = make_mapped(server, name, BatchSize=100, MaximumBatchingWindowInSeconds=300)
    send(server, source, "a")
    assert told(server, runs) == []

    client(server, "lambda").update_event_source_mapping(UUID=uuid, Enabled=enabled)

    assert told(server, runs) == [["a"]]


def test_changes_that_come_at_once_leave_one_reader_and_none_when_the_mapping_is_deleted(
    server: LocalServer,
) -> None:
    source, runs, uuid = make_mapped(server, "hurried")
    aws = client(server, "lambda")

    def change(size: int) -> str:
        try:
            return str(aws.update_event_source_mapping(UUID=uuid, BatchSize=size)["State"])
        except aws.exceptions.ResourceInUseException as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(change, range(1, 10)))
    assert answers <= {"Updating", "ResourceInUseException"}
    arrive(server)
    aws.delete_event_source_mapping(UUID=uuid)
    send(server, source, "late")

    assert told(server, runs) == []


def test_changes_of_different_settings_that_come_one_after_the_other_are_all_kept(
    server: LocalServer,
) -> None:
    _, _, uuid = make_mapped(server, "merged")
    aws = client(server, "lambda")

    for change in ({"BatchSize": 7}, {"ScalingConfig": {"MaximumConcurrency": 8}}):
        aws.update_event_source_mapping(UUID=uuid, **change)
        arrive(server)

    found = aws.get_event_source_mapping(UUID=uuid)
    assert (found["BatchSize"], found["ScalingConfig"]["MaximumConcurrency"]) == (7, 8)


def test_a_change_of_a_mapping_checks_the_queue_s_visibility_timeout_again(server: LocalServer) -> None:
    source, _, uuid = make_mapped(server, "shortened")
    client(server, "sqs").set_queue_attributes(QueueUrl=source, Attributes={"VisibilityTimeout": "5"})
    aws = client(server, "lambda")

    with pytest.raises(
        ClientError, match="Queue visibility timeout: 5 seconds is less than Function timeout"
    ):
        aws.update_event_source_mapping(UUID=uuid, BatchSize=5)
    assert aws.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"


async def on_loop(call: Callable[..., object], *args: object) -> None:
    call(*args)


def test_a_throttled_batch_comes_back_after_the_visibility_timeout_and_ends_as_dead_letters(
    server: LocalServer,
) -> None:
    dead_url, dead_arn = make_queue(server, "busy-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    source, runs, uuid = make_mapped(server, "busy", {"RedrivePolicy": redrive}, BatchSize=1)
    aws = client(server, "lambda")
    aws.put_function_concurrency(FunctionName="busy", ReservedConcurrentExecutions=1)
    usage = server.app.service("lambda").state.usage
    function = server.wait(server.app.store.read(find_function, "000000000000", "us-east-1", "busy"))
    server.wait(on_loop(usage.begin, function))  # as if somebody else's invocation were running
    send(server, source, "poor")
    server.settle()
    found = last_result(server, uuid)
    server.wait(on_loop(usage.end, function))
    server.advance(30)

    assert told(server, runs) == []
    assert found == "PROBLEM: Rate Exceeded."
    assert [message["Body"] for message in receive(server, dead_url)] == ["poor"]


def test_the_event_has_the_form_of_aws_s(server: LocalServer) -> None:
    source = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
"""
    source_url, source_arn = make_queue(server, "form-source")
    told_url, _ = make_queue(server, "form-told")
    make_function(server, "form", source % told_url, may=SQS, Timeout=20)
    client(server, "lambda").create_event_source_mapping(FunctionName="form", EventSourceArn=source_arn)

    sent = client(server, "sqs").send_message(
        QueueUrl=source_url,
        MessageBody="é",
        MessageAttributes={
            "text": {"DataType": "String", "StringValue": "v"},
            "data": {"DataType": "Binary", "BinaryValue": b"\x00"},
        },
    )

    ((record,),) = [event["Records"] for event in told(server, told_url)]  # type: ignore[call-overload]
    assert record.pop("receiptHandle")
    attributes = record.pop("attributes")
    assert {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SenderId",
        "ApproximateFirstReceiveTimestamp",
    } <= set(attributes)
    assert record == {
        "messageId": sent["MessageId"],
        "body": "é",
        "messageAttributes": {
            "text": {
                "stringValue": "v",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "data": {
                "binaryValue": "AA==",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source_arn,
        "awsRegion": "us-east-1",
    }


def test_a_disabled_mapping_reads_nothing_until_it_is_enabled(server: LocalServer) -> None:
    source, runs, uuid = make_mapped(server, "disabled", Enabled=False)
    send(server, source, "waits")
    assert told(server, runs) == []

    client(server, "lambda").update_event_source_mapping(UUID=uuid, Enabled=True)

    assert told(server, runs) == [["waits"]]


def test_a_deleted_mapping_reads_nothing_more(server: LocalServer) -> None:
    source, runs, uuid = make_mapped(server, "deleted")

    assert client(server, "lambda").delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    send(server, source, "late")

    assert told(server, runs) == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client(server, "lambda").get_event_source_mapping(UUID=uuid)


def test_a_function_that_is_switched_off_takes_no_message(server: LocalServer) -> None:
    source, runs, _ = make_mapped(server, "switched")
    aws = client(server, "lambda")
    aws.put_function_concurrency(FunctionName="switched", ReservedConcurrentExecutions=0)
    server.settle()
    server.advance(20)
    server.settle()
    send(server, source, "waits")
    server.settle()

    aws.delete_function_concurrency(FunctionName="switched")
    server.advance(20)

    assert told(server, runs) == [["waits"]]


@pytest.mark.parametrize("name", ["gone", "off"])
def test_a_mapping_that_cannot_work_waits_after_it_was_looked_at(
    server: LocalServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_mapped(server, name)
    if name == "gone":
        client(server, "lambda").delete_function(FunctionName=name)
    else:
        client(server, "lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    server.settle()
    server.advance(20)
    server.settle()
    read, reads = server.app.store.read, []

    async def counted(*args: Any) -> Any:
        reads.append(args)
        return await read(*args)

    async def some_turns() -> None:
        for _ in range(300):
            await asyncio.sleep(0)

    monkeypatch.setattr(server.app.store, "read", counted)
    server.wait(some_turns())
    assert len(reads) < 10


def test_a_role_that_loses_its_rights_is_a_problem_that_passes_when_they_are_back(
    server: LocalServer,
) -> None:
    source, runs, uuid = make_mapped(server, "loses")
    iam = client(server, "iam")
    policy = json.dumps(iam.get_role_policy(RoleName="loses-role", PolicyName="may")["PolicyDocument"])
    iam.delete_role_policy(RoleName="loses-role", PolicyName="may")
    server.settle()
    server.advance(21)
    server.settle()
    send(server, source, "waits")
    server.settle()
    assert last_result(server, uuid).startswith("PROBLEM: ")

    iam.put_role_policy(RoleName="loses-role", PolicyName="may", PolicyDocument=policy)
    server.advance(11)

    assert told(server, runs) == [["waits"]]


def test_the_batch_is_linked_to_the_event_in_the_queue(server: LocalServer) -> None:
    source, runs, _ = make_mapped(server, "story")
    s3, sqs = client(server, "s3"), client(server, "sqs")
    arn = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"Policy": s3_may_send(arn)})
    s3.create_bucket(Bucket="story")
    s3.put_bucket_notification_configuration(
        Bucket="story",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )

    s3.put_object(Bucket="story", Key="k", Body=b"x")

    assert told(server, runs)
    (story,) = server.wait(trace(server.app, {"bucket": "story", "key": "k"}))["events"]
    (consumer,) = story["consumers"]
    assert consumer["ok"]
    assert consumer["arn"].endswith(":function:story")


def test_a_mapping_and_its_function_s_code_are_taken_up_after_a_restart(tmp_path: Any) -> None:
    source = """
import boto3, json
def handler(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="told")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps([record["body"] for record in event["Records"]]))
"""
    with LocalServer(data=tmp_path) as server:
        make_queue(server, "told")
        _, arn = make_queue(server, "source")
        make_function(server, "restart", source, may=[*SQS, "sqs:GetQueueUrl"], Timeout=20)
        client(server, "lambda").create_event_source_mapping(FunctionName="restart", EventSourceArn=arn)

    with LocalServer(data=tmp_path) as server:
        urls = [
            client(server, "sqs").get_queue_url(QueueName=name)["QueueUrl"] for name in ("source", "told")
        ]
        send(server, urls[0], "again")

        assert told(server, urls[1]) == [["again"]]


def test_a_queue_with_a_visibility_timeout_below_the_function_s_is_refused(server: LocalServer) -> None:
    _, arn = make_queue(server, "short-source", VisibilityTimeout="10")
    make_function(server, "short", "x = 1", may=SQS, Timeout=20)

    with pytest.raises(ClientError) as raised:
        client(server, "lambda").create_event_source_mapping(FunctionName="short", EventSourceArn=arn)

    assert raised.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "Queue visibility timeout: 10 seconds is less than Function timeout: 20 seconds",
    }


def test_a_role_that_may_not_read_the_queue_is_refused(server: LocalServer) -> None:
    _, arn = make_queue(server, "unread-source")
    make_function(server, "unread", "x = 1", Role=make_role(server, "unread-role", *LOGS))

    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage on SQS"):
        client(server, "lambda").create_event_source_mapping(FunctionName="unread", EventSourceArn=arn)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:nowhere"}, "SQS Error Code"),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, "Unrecognized event source"),
        ({"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
        ({"StartingPosition": "LATEST"}, "StartingPosition is not supported for SQS"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}, "Invalid filter pattern definition"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"body": 1}'}]}}, "Invalid filter pattern definition"),
        ({"FilterCriteria": {"Filters": [{}]}}, "Invalid filter pattern definition"),
        ({"FilterCriteria": filters(*[{"body": ["x"]}] * 6)}, "at most 5 filters"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    server: LocalServer, settings: dict[str, Any], message: str
) -> None:
    aws = client(server, "lambda")
    try:
        _, arn = make_queue(server, "cannot-source")
        make_function(server, "cannot", "x = 1", may=SQS)
    except ClientError:
        arn = "arn:aws:sqs:us-east-1:000000000000:cannot-source"

    with pytest.raises(ClientError, match=message) as raised:
        aws.create_event_source_mapping(**{"FunctionName": "cannot", "EventSourceArn": arn, **settings})

    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_second_mapping_of_the_same_pair_is_refused_and_named(server: LocalServer) -> None:
    make_mapped(server, "twice")
    aws = client(server, "lambda")
    (first,) = aws.list_event_source_mappings(FunctionName="twice")["EventSourceMappings"]

    with pytest.raises(ClientError) as raised:
        aws.create_event_source_mapping(FunctionName="twice", EventSourceArn=first["EventSourceArn"])

    error = raised.value.response["Error"]
    assert error["Code"] == "ResourceConflictException"
    assert error["Message"] == (
        f'An event source mapping with SQS arn (" {first["EventSourceArn"]} ") and function (" twice ") '
        f"already exists. Please update or delete the existing mapping with UUID {first['UUID']}"
    )


def test_a_mapping_has_tags(server: LocalServer) -> None:
    _, _, uuid = make_mapped(server, "tags", Tags={"a": "1"})
    aws = client(server, "lambda")
    arn = aws.get_event_source_mapping(UUID=uuid)["EventSourceMappingArn"]

    aws.tag_resource(Resource=arn, Tags={"b": "2"})
    aws.untag_resource(Resource=arn, TagKeys=["a"])

    assert aws.list_tags(Resource=arn)["Tags"] == {"b": "2"}


def test_mappings_are_listed_by_page_function_and_source(server: LocalServer) -> None:
    for name in ("list-a", "list-b", "list-c"):
        make_mapped(server, name, Enabled=False)
    aws = client(server, "lambda")

    pages = list(aws.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 2}))

    arns = [mapping["FunctionArn"] for page in pages for mapping in page["EventSourceMappings"]]
    assert len(pages) > 1
    assert [arn.rsplit(":", 1)[1] for arn in arns if ":list-" in arn] == ["list-a", "list-b", "list-c"]
    (one,) = aws.list_event_source_mappings(FunctionName="list-b")["EventSourceMappings"]
    assert aws.list_event_source_mappings(EventSourceArn=one["EventSourceArn"])["EventSourceMappings"] == [
        one
    ]


def test_another_accounts_function_is_not_mapped() -> None:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,111122223333:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts) as server:
        _, source_arn = make_queue(server, "victim-source")
        arn = make_function(server, "victim", REPORT % "none", may=SQS, Timeout=20)["FunctionArn"]
        stranger = boto3.client(
            "lambda",
            endpoint_url=server.endpoint,
            region_name=REGION,
            aws_access_key_id="AKIAPENSTOCKTESTING2",
            aws_secret_access_key="secret-two",
            config=client_config(),
        )
        with pytest.raises(ClientError, match=f"Function not found: {arn}"):
            stranger.create_event_source_mapping(FunctionName=arn, EventSourceArn=source_arn)
        assert client(server, "lambda").list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.parametrize("marker", ["\u00b2", "9" * 30, "x"])
def test_a_bent_marker_is_no_server_error(server: LocalServer, marker: str) -> None:
    with pytest.raises(ClientError, match="Invalid pagination token"):
        client(server, "lambda").list_event_source_mappings(Marker=marker)


def test_a_mapping_goes_on_after_the_store_could_not_be_read(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, runs, uuid = make_mapped(server, "unavailable")
    server.settle()
    store, refusals = server.app.store, []
    read, batches = store.read, server.app.service("lambda").state.sources._pollers[uuid][0].batches

    async def refuse_once(fn: Any, *args: Any) -> Any:
        if not refusals and fn is find_mapped and asyncio.current_task() not in batches:
            refusals.append(fn)
            raise StoreUnavailable("disk I/O error")
        return await read(fn, *args)

    monkeypatch.setattr(store, "read", refuse_once)
    send(server, source, "one")
    server.settle()
    assert len(refusals) == 1
    server.advance(60)
    send(server, source, "two")

    assert sorted(body for bodies in told(server, runs) for body in bodies) == ["one", "two"]


def test_a_message_that_comes_twice_at_once_is_in_the_batch_once(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive_once = QueueSource.receive

    async def receive_twice(self: QueueSource, *args: Any) -> list[Message]:
        found = await receive_once(self, *args)
        return [*found, *found]

    source, runs, _ = make_mapped(server, "at-once")
    server.settle()
    monkeypatch.setattr(QueueSource, "receive", receive_twice)
    for body in ("one", "two"):
        send(server, source, body)
        assert told(server, runs) == [[body]]


def test_what_no_filter_wants_is_deleted_and_starts_nothing(server: LocalServer) -> None:
    wanted = filters({"body": {"code": ["B"], "n": [{"numeric": [">", 5]}]}}, {"body": [{"prefix": "plain"}]})
    source, runs, uuid = make_mapped(server, "sieved", FilterCriteria=wanted)
    bodies = [
        '{"code": "B", "n": 6}',
        '{"code": "B", "n": 5}',
        "plain text",
        "other text",
        "[1]",
        '"plain"',
        "{" * 999,
    ]

    send(server, source, *bodies)

    assert sorted(body for batch in told(server, runs) for body in batch) == [bodies[2], bodies[0]]
    server.advance(3600)
    assert told(server, runs) == []
    assert client(server, "lambda").get_event_source_mapping(UUID=uuid)["FilterCriteria"] == wanted
    changed = client(server, "lambda").update_event_source_mapping(UUID=uuid, FilterCriteria={"Filters": []})
    assert "FilterCriteria" not in changed
    arrive(server)
    send(server, source, "other text")
    assert told(server, runs) == [["other text"]]


def test_a_message_that_may_not_be_deleted_is_neither_lost_nor_processed(server: LocalServer) -> None:
    source, runs, uuid = make_mapped(server, "kept", FilterCriteria=filters({"body": ["wanted"]}))
    iam = client(server, "iam")
    may = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": "sqs:DeleteMessage", "Resource": "*"}],
        }
    )
    iam.put_role_policy(RoleName="kept-role", PolicyName="not", PolicyDocument=may)
    send(server, source, "other")
    assert told(server, runs) == []
    assert "with an explicit deny in an identity-based policy" in last_result(server, uuid)
    iam.delete_role_policy(RoleName="kept-role", PolicyName="not")
    server.advance(60)
    assert told(server, runs) == []
    sqs = client(server, "sqs")
    counts = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["All"])["Attributes"]
    assert [counts[f"ApproximateNumberOfMessages{of}"] for of in ("", "NotVisible")] == ["0", "0"]
