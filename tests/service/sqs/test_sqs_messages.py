"""Messages: sent, received, hidden, deleted, alone and in batches."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.delivery.trace_header import Trace
from penstock.services.sqs.messages.message import new_message
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def url(sqs: Any, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-80:]
    return sqs.create_queue(QueueName=name)["QueueUrl"]


def receive(sqs: Any, url: str, **options: Any) -> list[dict[str, Any]]:
    return sqs.receive_message(QueueUrl=url, **options).get("Messages", [])


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"].rsplit(".", 1)[-1], error["Message"]


def test_a_message_comes_back_with_its_digest_and_its_story(sqs: Any, url: str, server: LocalServer) -> None:
    body = "Grüße, <b>&amp;</b> ☃"
    sent = sqs.send_message(QueueUrl=url, MessageBody=body)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    (message,) = receive(sqs, url, AttributeNames=["All"])
    assert message["Body"] == body
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    story = message["Attributes"]
    assert story["SenderId"] == ACCOUNT
    assert story["ApproximateReceiveCount"] == "1"
    assert abs(int(story["SentTimestamp"]) - server.clock.now_ms()) < 60_000
    assert int(story["ApproximateFirstReceiveTimestamp"]) >= int(story["SentTimestamp"])


def test_a_received_message_is_hidden_until_its_visibility_timeout(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert receive(sqs, url)
    assert not receive(sqs, url)
    server.advance(30)
    (message,) = receive(sqs, url, AttributeNames=["ApproximateReceiveCount"])
    assert message["Attributes"] == {"ApproximateReceiveCount": "2"}


def test_a_deleted_message_does_not_come_back_and_may_be_deleted_twice(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    server.advance(31)
    assert not receive(sqs, url)


def test_a_message_can_be_deleted_after_its_visibility_timeout(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    server.advance(31)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert not receive(sqs, url)


def test_the_handle_of_an_earlier_receive_does_not_delete(sqs: Any, url: str, server: LocalServer) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    old = receive(sqs, url, VisibilityTimeout=1)[0]["ReceiptHandle"]
    server.advance(2)
    assert receive(sqs, url, VisibilityTimeout=1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=old)
    server.advance(2)
    assert receive(sqs, url)


def test_garbage_and_the_handles_of_other_queues_are_invalid(sqs: Any, url: str) -> None:
    other = sqs.create_queue(QueueName="other-handles")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="a")
    handle = receive(sqs, other)[0]["ReceiptHandle"]
    for wrong in ("garbage", "AAAA", handle):
        code, message = refused(sqs.delete_message, QueueUrl=url, ReceiptHandle=wrong)
        assert code == "ReceiptHandleIsInvalid"
        assert message == f'The input receipt handle "{wrong}" is not a valid receipt handle.'


def test_a_delayed_message_is_not_received_before_its_time(sqs: Any, url: str, server: LocalServer) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=5)
    assert not receive(sqs, url)
    server.advance(5)
    assert receive(sqs, url)[0]["Body"] == "later"


def test_messages_come_oldest_first_and_ten_at_most(sqs: Any, url: str) -> None:
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    bodies = [message["Body"] for message in receive(sqs, url, MaxNumberOfMessages=10)]
    assert bodies == [str(number) for number in range(10)]


def test_a_message_older_than_the_retention_period_is_gone(sqs: Any, url: str, server: LocalServer) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=url, MessageBody="waiting")
    sqs.send_message(QueueUrl=url, MessageBody="in flight")
    receive(sqs, url, VisibilityTimeout=50, MaxNumberOfMessages=10)
    server.advance(55)
    sqs.send_message(QueueUrl=url, MessageBody="young")
    server.advance(6)
    assert [message["Body"] for message in receive(sqs, url, MaxNumberOfMessages=10)] == ["young"]
    count = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (count["ApproximateNumberOfMessages"], count["ApproximateNumberOfMessagesNotVisible"]) == (
        "0",
        "1",
    )


def test_message_attributes_come_back_by_name_prefix_or_all(sqs: Any, url: str) -> None:
    attributes = {
        "trace.id": {"DataType": "String", "StringValue": "abc"},
        "trace.no": {"DataType": "Number", "StringValue": "12.5"},
        "blob": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff"},
    }
    # boto3 compares MD5OfMessageAttributes with its own and raises when they differ.
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
    names = {"All": {"trace.id", "trace.no", "blob"}, "trace.*": {"trace.id", "trace.no"}, "blob": {"blob"}}
    for wanted, expected in names.items():
        (message,) = receive(sqs, url, MessageAttributeNames=[wanted], VisibilityTimeout=0)
        assert set(message["MessageAttributes"]) == expected
    assert message["MessageAttributes"]["blob"] == attributes["blob"]
    (message,) = receive(sqs, url)
    assert "MessageAttributes" not in message
    assert "MD5OfMessageAttributes" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", {"DataType": "String", "StringValue": "a"}),
        ("aws.x", {"DataType": "String", "StringValue": "a"}),
        ("a$b", {"DataType": "String", "StringValue": "a"}),
        ("a", {"DataType": "Text", "StringValue": "a"}),
        ("a", {"DataType": "String", "StringValue": ""}),
        ("a", {"DataType": "Number", "StringValue": "twelve"}),
        ("a", {"DataType": "Binary", "StringValue": "a"}),
    ],
)
def test_a_message_attribute_that_cannot_be_is_refused(sqs: Any, url: str, name: str, value: Any) -> None:
    code, _ = refused(sqs.send_message, QueueUrl=url, MessageBody="a", MessageAttributes={name: value})
    assert code == "InvalidParameterValueException"


def test_a_function_that_states_the_trace_header_of_its_request_is_believed_as_its_request_is() -> None:
    root = "Root=1-5759e988-bd862e3fe1be46a994272793"
    of_call = Trace(f"{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:3")

    def trace(stated: str) -> str | None:
        system = {"AWSTraceHeader": {"DataType": "String", "StringValue": stated}}
        return new_message({"MessageBody": "x", "MessageSystemAttributes": system}, of_call).trace

    assert trace(f"{of_call};Proof=000000000000000000000000") is of_call
    other = of_call.replace("a994272793", "a994272794")
    assert trace(other) == other and not isinstance(trace(other), Trace)


def test_the_trace_header_of_a_message_is_passed_on(sqs: Any, url: str) -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    system = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="a", MessageSystemAttributes=system)
    assert sent["MD5OfMessageSystemAttributes"]
    (message,) = receive(sqs, url, MessageSystemAttributeNames=["AWSTraceHeader"])
    assert message["Attributes"] == {"AWSTraceHeader": header}


def test_characters_outside_the_allowed_set_are_refused(sqs: Any, url: str) -> None:
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="a\x0bb")[0] == "InvalidMessageContents"
    assert sqs.send_message(QueueUrl=url, MessageBody="tab\tline\nreturn\r😀")["MessageId"]


def test_an_empty_body_is_a_missing_parameter(sqs: Any, url: str) -> None:
    code, message = refused(sqs.send_message, QueueUrl=url, MessageBody="")
    assert code == "MissingRequiredParameterException"
    assert message == "The request must contain the parameter MessageBody."


def test_a_deduplication_id_is_refused_in_the_words_of_sqs(sqs: Any, url: str) -> None:
    code, message = refused(sqs.send_message, QueueUrl=url, MessageBody="a", MessageDeduplicationId="d")
    reason = "Reason: The request include parameter that is not valid for this queue type."
    assert code == "InvalidParameterValueException"
    assert message == f"Value d for parameter MessageDeduplicationId is invalid. {reason}"


def test_a_message_may_have_a_mebibyte_and_no_more(sqs: Any, url: str) -> None:
    assert sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)["MessageId"]
    code, message = refused(sqs.send_message, QueueUrl=url, MessageBody="x" * 1_048_577)
    assert code == "InvalidParameterValueException"
    assert (
        message == "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    )


def test_attributes_count_against_the_size_of_a_message(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    attribute = {"a": {"DataType": "String", "StringValue": "b"}}
    params = {"QueueUrl": url, "MessageBody": "x" * 1017, "MessageAttributes": attribute}
    assert refused(sqs.send_message, **params)[0] == "InvalidParameterValueException"
    assert sqs.send_message(**{**params, "MessageBody": "x" * 1016})["MessageId"]


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        (
            "MaxNumberOfMessages",
            11,
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            "WaitTimeSeconds",
            21,
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
    ],
)
def test_receive_options_out_of_range_are_refused(
    sqs: Any, url: str, option: str, value: int, text: str
) -> None:
    assert refused(sqs.receive_message, QueueUrl=url, **{option: value}) == (
        "InvalidParameterValueException",
        text,
    )


def test_visibility_can_be_prolonged_and_ended(sqs: Any, url: str, server: LocalServer) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url, VisibilityTimeout=10)[0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=100)
    server.advance(50)
    assert not receive(sqs, url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert receive(sqs, url)


def test_a_handle_whose_time_out_has_passed_still_changes_visibility(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url, VisibilityTimeout=1)[0]["ReceiptHandle"]
    server.advance(2)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=600)
    assert not receive(sqs, url)
    server.advance(600)
    assert receive(sqs, url)


def test_the_handle_of_an_earlier_receive_still_changes_visibility(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    old = receive(sqs, url, VisibilityTimeout=1)[0]["ReceiptHandle"]
    server.advance(2)
    assert receive(sqs, url, VisibilityTimeout=600)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=0)
    assert receive(sqs, url)


def test_visibility_cannot_be_changed_of_a_message_that_is_gone(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    change = {"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 5}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    code, message = refused(sqs.change_message_visibility, **change)
    assert code == "InvalidParameterValueException"
    assert message.endswith("Message does not exist or is not available for visibility timeout change.")


def test_a_message_is_hidden_for_twelve_hours_at_most(sqs: Any, url: str, server: LocalServer) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = receive(sqs, url, VisibilityTimeout=43_200)[0]["ReceiptHandle"]
    server.advance(10)
    change = {"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": 43_195}
    code, message = refused(sqs.change_message_visibility, **change)
    assert code == "InvalidParameterValueException"
    assert "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]" in message


def test_a_batch_answers_entry_by_entry(sqs: Any, url: str) -> None:
    entries = [
        {"Id": "good", "MessageBody": "a"},
        {"Id": "late", "MessageBody": "a", "DelaySeconds": 901},
        {"Id": "control", "MessageBody": "\x01"},
    ]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    failed = {entry["Id"]: (entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]}
    assert failed == {"late": ("InvalidParameterValue", True), "control": ("InvalidMessageContents", True)}


def test_batches_of_deletes_and_visibilities_work_entry_by_entry(sqs: Any, url: str) -> None:
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    handles = [message["ReceiptHandle"] for message in receive(sqs, url, MaxNumberOfMessages=10)]
    changes = [{"Id": str(n), "ReceiptHandle": h, "VisibilityTimeout": 0} for n, h in enumerate(handles)]
    changes[0]["ReceiptHandle"] = "garbage"
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=changes)
    assert [entry["Id"] for entry in answer["Successful"]] == ["1", "2"]
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    deletes = [{"Id": str(n), "ReceiptHandle": h} for n, h in enumerate(handles)]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=deletes)["Successful"]) == 3
    assert not receive(sqs, url)


@pytest.mark.parametrize(
    ("ids", "code", "text"),
    [
        (
            [],
            "EmptyBatchRequest",
            "There should be at least one SendMessageBatchRequestEntry in the request.",
        ),
        (
            [str(number) for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "Maximum number of entries per request are 10. You have sent 11.",
        ),
        (["a", "a"], "BatchEntryIdsNotDistinct", "Id a repeated."),
        (
            ["a b"],
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long.",
        ),
    ],
)
def test_a_batch_that_cannot_be_is_refused_whole(
    sqs: Any, url: str, ids: list[str], code: str, text: str
) -> None:
    entries = [{"Id": id, "MessageBody": "a"} for id in ids]
    assert refused(sqs.send_message_batch, QueueUrl=url, Entries=entries) == (code, text)


def test_a_batch_may_have_a_mebibyte_in_all(sqs: Any, url: str) -> None:
    entries = [{"Id": str(number), "MessageBody": "x" * 600_000} for number in range(2)]
    code, message = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)
    assert code == "BatchRequestTooLong"
    assert message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes."


def test_no_more_messages_are_in_flight_than_the_limit(
    sqs: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.services.sqs.limits.MAX_IN_FLIGHT", 3)
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    taken = receive(sqs, url, MaxNumberOfMessages=10)
    assert [message["Body"] for message in taken] == ["0", "1", "2"]
    assert refused(sqs.receive_message, QueueUrl=url)[0] == "OverLimit"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken[0]["ReceiptHandle"])
    assert [message["Body"] for message in receive(sqs, url, MaxNumberOfMessages=10)] == ["3"]
