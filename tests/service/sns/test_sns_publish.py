"""Publish and PublishBatch: what is taken, and what queues and functions get of it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import make_function, make_queue, receive
from tests.kit.policies import ACCOUNT
from tests.kit.topics import check_signature, make_topic, sns_may_send, subscribe, subscribed_queue

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_queue_gets_the_message_in_a_signed_envelope(server: LocalServer, sns: Any, version: str) -> None:
    topic = make_topic(server, f"wrapped-{version}", SignatureVersion=version)
    url, subscription = subscribed_queue(server, topic, f"wrapped-{version}")
    sent = sns.publish(
        TopicArn=topic,
        Message='line\n"é" \u2028',
        Subject="Hello",
        MessageAttributes={"s": text("x"), "b": {"DataType": "Binary", "BinaryValue": b"\0\xff"}},
    )
    (message,) = receive(server, url)
    assert message["Body"].startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')
    found = json.loads(message["Body"])
    check_signature(found)
    assert list(found) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
        "MessageAttributes",
    ]
    assert (found["MessageId"], found["TopicArn"], found["Subject"], found["Message"]) == (
        sent["MessageId"],
        topic,
        "Hello",
        'line\n"é" \u2028',
    )
    assert found["UnsubscribeURL"].endswith(f"/?Action=Unsubscribe&SubscriptionArn={subscription}")
    assert found["MessageAttributes"] == {
        "s": {"Type": "String", "Value": "x"},
        "b": {"Type": "Binary", "Value": "AP8="},
    }
    assert "MessageAttributes" not in message


def test_a_queue_with_raw_delivery_gets_the_message_as_it_was(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "raw")
    url, _ = subscribed_queue(server, topic, "raw", RawMessageDelivery="true")
    sns.publish(
        TopicArn=topic, Message="as it was", Subject="gone", MessageAttributes={"n": text("1", "Number")}
    )
    (message,) = receive(server, url)
    assert message["Body"] == "as it was"
    assert message["MessageAttributes"] == {"n": text("1", "Number")}


def test_a_publication_and_its_messages_are_one_commit(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "commit")
    for number in range(3):
        subscribed_queue(server, topic, f"commit-{number}")
    server.settle()
    before = server.app.store.commits
    sns.publish(TopicArn=topic, Message="x")
    assert server.app.store.commits == before + 1


ECHO = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
"""


def test_a_function_is_invoked_with_aws_s_event(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "invoked")
    url, _ = make_queue(server, "invoked")
    function = make_function(server, "invoked", ECHO % url, may=["sqs:SendMessage"])["FunctionArn"]
    server.client("lambda").add_permission(
        FunctionName="invoked",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    subscription = subscribe(server, topic, "lambda", function)
    sent = sns.publish(TopicArn=topic, Message="run", MessageAttributes={"n": text("1", "Number")})
    server.settle()
    (message,) = receive(server, url)
    (record,) = json.loads(message["Body"])["Records"]
    inner = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    assert (inner["Type"], inner["MessageId"], inner["TopicArn"]) == (
        "Notification",
        sent["MessageId"],
        topic,
    )
    assert (inner["Subject"], inner["Message"]) == (None, "run")
    assert inner["MessageAttributes"] == {"n": {"Type": "String", "Value": "1"}}
    assert {"SigningCertUrl", "UnsubscribeUrl", "Signature", "SignatureVersion", "Timestamp"} < inner.keys()


def test_each_protocol_gets_its_text_when_the_message_is_structured(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "structured")
    url, _ = subscribed_queue(server, topic, "structured", RawMessageDelivery="true")
    body = {"default": "for all", "sqs": "for queues", "email": 3}
    sns.publish(
        TopicArn=topic,
        Message=json.dumps(body),
        MessageStructure="json",
        MessageAttributes={"filtered": text("on")},
    )
    sns.publish(TopicArn=topic, Message='{"default":"for all"}', MessageStructure="json")
    first, second = receive(server, url)
    assert (first["Body"], second["Body"]) == ("for queues", "for all")
    assert "MessageAttributes" not in first


@pytest.mark.parametrize(
    ("message", "structure", "what"),
    [
        ("{}", "json", "Message Structure - No default entry in JSON message body"),
        ('{"default": 1}', "json", "Message Structure - No default entry in JSON message body"),
        ("{", "json", "Message Structure - JSON message body failed to parse"),
        ("[]", "json", "Message Structure - JSON message body failed to parse"),
        ("{}", "xml", "Message Structure - Invalid message structure parameter"),
    ],
)
def test_a_structure_is_json_with_a_default(
    server: LocalServer, sns: Any, message: str, structure: str, what: str
) -> None:
    topic = make_topic(server, "structure")
    found = refused(sns.publish, TopicArn=topic, Message=message, MessageStructure=structure)
    assert found == ("InvalidParameter", f"Invalid parameter: {what}")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"Message": ""}, ("InvalidParameter", "Invalid parameter: Empty message")),
        ({"Message": "x" * 262_145}, ("InvalidParameter", "Invalid parameter: Message too long")),
        (
            {"Message": "x" * 262_140, "MessageAttributes": {"a": text("x")}},
            ("InvalidParameter", "Invalid parameter: Message too long"),
        ),
        ({"Message": "x", "Subject": ""}, ("InvalidParameter", "Invalid parameter: Subject")),
        ({"Message": "x", "Subject": "x" * 101}, ("InvalidParameter", "Invalid parameter: Subject")),
        ({"Message": "x", "Subject": "a\r\nBcc: b"}, ("InvalidParameter", "Invalid parameter: Subject")),
        (
            {"Message": "x", "MessageDeduplicationId": "1"},
            ("InvalidParameter", "not valid for this topic type"),
        ),
        ({"Message": "x", "MessageGroupId": "a b"}, ("InvalidParameter", "MessageGroupId Reason")),
        ({"Message": "x", "MessageAttributes": {"": text("x")}}, ("ParameterValueInvalid", "Length")),
        ({"Message": "x", "MessageAttributes": {"a..b": text("x")}}, ("ParameterValueInvalid", "Invalid")),
        ({"Message": "x", "MessageAttributes": {"aws.b": text("x")}}, ("ParameterValueInvalid", "AWS.")),
        ({"Message": "x", "MessageAttributes": {"a": text("")}}, ("ParameterValueInvalid", "non-empty")),
        (
            {"Message": "x", "MessageAttributes": {"a": text("x", "Map")}},
            ("ParameterValueInvalid", "type prefixes"),
        ),
        (
            {"Message": "x", "MessageAttributes": {"a": text("x", "Number")}},
            ("ParameterValueInvalid", "number"),
        ),
        (
            {"Message": "x", "MessageAttributes": {"a": text("x", "String.Array")}},
            ("ParameterValueInvalid", "Array"),
        ),
    ],
)
def test_a_message_that_cannot_be_is_refused(
    server: LocalServer, sns: Any, params: dict[str, Any], expected: tuple[str, str]
) -> None:
    topic = make_topic(server, "refused")
    code, message = refused(sns.publish, TopicArn=topic, **params)
    assert code == expected[0] and expected[1] in message


@pytest.mark.parametrize(
    "params",
    [{"PhoneNumber": "+123456789"}, {"TargetArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:endpoint/GCM/a/b"}],
)
def test_phones_are_refused_by_name(sns: Any, params: dict[str, str]) -> None:
    assert refused(sns.publish, Message="x", **params)[0] == "NotImplemented"


def test_a_message_is_published_to_something(sns: Any) -> None:
    assert refused(sns.publish, Message="x") == (
        "InvalidParameter",
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    )


def test_a_large_message_fits_a_topic_for_large_messages(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "mebibyte", MaximumMessageSize="1048576")
    url, _ = subscribed_queue(server, topic, "mebibyte", RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="%" * 1_048_576)
    assert [len(message["Body"]) for message in receive(server, url)] == [1_048_576]
    assert refused(sns.publish, TopicArn=topic, Message="x" * 1_048_577)[0] == "InvalidParameter"


def test_a_batch_says_what_became_of_each_entry(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "batch")
    url, _ = subscribed_queue(server, topic, "batch", RawMessageDelivery="true")
    entries = [
        {"Id": "a", "Message": "1"},
        {"Id": "b", "Message": ""},
        {"Id": "c", "Message": "2", "MessageAttributes": {"n": text("x", "Number")}},
        {"Id": "d", "Message": "3"},
    ]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "d"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [
        ("b", "InvalidParameter", True),
        ("c", "ParameterValueInvalid", True),
    ]
    assert [message["Body"] for message in receive(server, url)] == ["1", "3"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(number), "Message": "x"} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "Message": "x"}, {"Id": "a", "Message": "y"}], "BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "Message": "x"}], "InvalidBatchEntryId"),
        ([{"Id": "x" * 81, "Message": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(number), "Message": "x" * 200_000} for number in range(2)], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(
    server: LocalServer, sns: Any, entries: list[dict[str, str]], code: str
) -> None:
    topic = make_topic(server, "bad-batch")
    assert refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)[0] == code


def test_the_group_of_a_message_reaches_standard_queues(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "group")
    url, _ = subscribed_queue(server, topic, "group")
    sns.publish(TopicArn=topic, Message="x", MessageGroupId="tenant-1")
    (message,) = receive(server, url)
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"


def test_the_trace_header_is_passed_on(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "traced")
    url, _ = subscribed_queue(server, topic, "traced")
    header = "Root=1-6b01f8fd-50c7ead2979919e6d287d515;Parent=0000000000000001;Sampled=1"
    sns.meta.events.register_first(
        "before-sign.sns.Publish",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header),
        unique_id="trace",
    )
    sns.publish(TopicArn=topic, Message="x")
    sns.meta.events.unregister("before-sign.sns.Publish", unique_id="trace")
    (message,) = receive(server, url)
    assert message["Attributes"]["AWSTraceHeader"] == header


def test_a_queue_that_lets_nobody_in_gets_nothing_until_it_does(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "forbidden")
    url, arn = make_queue(server, "forbidden")
    subscribe(server, topic, "sqs", arn, RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="kept")
    server.settle()
    assert receive(server, url) == []
    policy = {"Policy": sns_may_send(topic)}
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=policy)
    server.advance(60)
    server.settle()
    assert [message["Body"] for message in receive(server, url)] == ["kept"]
