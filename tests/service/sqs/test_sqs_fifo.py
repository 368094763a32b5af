"""FIFO queues: groups, order, deduplication, attempts.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
"""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[-70:] + ".fifo"


@pytest.fixture
def url(sqs: Any, name: str) -> str:
    """A FIFO queue of the test's own, which knows messages by their content."""
    return make(sqs, name, ContentBasedDeduplication="true")


def make(sqs: Any, name: str, **attributes: str) -> str:
    fifo = {"FifoQueue": "true", "VisibilityTimeout": "600"}
    return sqs.create_queue(QueueName=name, Attributes={**fifo, **attributes})["QueueUrl"]


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def send(sqs: Any, url: str, body: str, group: str = "g", **options: Any) -> dict[str, Any]:
    return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **options)


def receive(sqs: Any, url: str, count: int = 10, **options: Any) -> list[dict[str, Any]]:
    asked = {"QueueUrl": url, "MaxNumberOfMessages": count, "AttributeNames": ["All"], **options}
    return sqs.receive_message(**asked).get("Messages", [])


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]


def delete(sqs: Any, url: str, *messages: dict[str, Any]) -> None:
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"].rsplit(".", 1)[-1], error["Message"]


def test_a_fifo_queue_says_what_it_is(sqs: Any, name: str) -> None:
    url = make(sqs, name)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {key: found[key] for key in ("FifoQueue", "ContentBasedDeduplication")} == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
    }
    assert (found["DeduplicationScope"], found["FifoThroughputLimit"]) == ("queue", "perQueue")
    assert make(sqs, name, DeduplicationScope="queue") == url
    code, _ = refused(make, sqs=sqs, name=name, ContentBasedDeduplication="true")
    assert code == "QueueAlreadyExists"


@pytest.mark.parametrize("wrong", ["plain", "a b.fifo", ".fifo", "a.fifo.fifo", "x" * 76 + ".fifo", "a.FIFO"])
def test_the_name_of_a_fifo_queue_ends_with_fifo(sqs: Any, wrong: str) -> None:
    code, message = refused(make, sqs=sqs, name=wrong)
    assert code == "InvalidParameterValueException"
    assert message == (
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
        ".fifo suffix and be 1 to 80 in length."
    )


def test_a_standard_queue_cannot_be_named_like_a_fifo_queue(sqs: Any) -> None:
    for attributes in ({}, {"FifoQueue": "false"}, {"FifoQueue": "TRUE"}):
        code, message = refused(sqs.create_queue, QueueName="a.fifo", Attributes=attributes)
        assert code == "InvalidParameterValueException"
        assert message.startswith("Can only include alphanumeric characters, hyphens, or underscores.")


@pytest.mark.parametrize(
    "attributes",
    [
        {"FifoQueue": "false"},
        {"ContentBasedDeduplication": "yes"},
        {"DeduplicationScope": "group"},
        {"FifoThroughputLimit": "perMessageGroupId"},
        {"FifoThroughputLimit": ""},
    ],
)
def test_an_attribute_that_cannot_be_is_refused(sqs: Any, url: str, attributes: dict[str, str]) -> None:
    code, _ = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
    assert code == "InvalidAttributeValue"


def test_high_throughput_takes_both_settings(sqs: Any, url: str) -> None:
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=high)
    code, _ = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"DeduplicationScope": "queue"})
    assert code == "InvalidAttributeValue"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(high))["Attributes"]
    assert found == high


def test_a_message_needs_a_group_and_a_way_to_be_known_again(sqs: Any, name: str) -> None:
    url = make(sqs, name)
    without = {"QueueUrl": url, "MessageBody": "a", "MessageDeduplicationId": "d"}
    assert refused(sqs.send_message, **without) == (
        "MissingRequiredParameterException",
        "The request must contain the parameter MessageGroupId.",
    )
    text = (
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )
    known = {"MessageBody": "a", "MessageGroupId": "g"}
    assert refused(sqs.send_message, QueueUrl=url, **known) == ("InvalidParameterValueException", text)
    entries = [{"Id": "a", **known, "MessageDeduplicationId": "d"}, {"Id": "b", **known}]
    assert refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)[1] == text
    assert receive(sqs, url) == []


@pytest.mark.parametrize("wrong", ["", "a b", "x" * 129, "é", "\x01"])
def test_a_deduplication_id_is_checked(sqs: Any, url: str, wrong: str) -> None:
    params = {"QueueUrl": url, "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": wrong}
    assert refused(sqs.send_message, **params)[1] == (
        f"Value {wrong} for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only "
        "include alphanumeric and punctuation characters. 1 to 128 in length."
    )


def test_no_message_has_a_delay_of_its_own(sqs: Any, url: str) -> None:
    assert send(sqs, url, "now", DelaySeconds=0)
    params = {"QueueUrl": url, "MessageBody": "a", "MessageGroupId": "g", "DelaySeconds": 5}
    assert refused(sqs.send_message, **params)[1] == (
        "Value 5 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for "
        "this queue type."
    )
    entry = {"Id": "a", "MessageBody": "a", "MessageGroupId": "g", "DelaySeconds": 5}
    assert (
        sqs.send_message_batch(QueueUrl=url, Entries=[entry])["Failed"][0]["Code"] == "InvalidParameterValue"
    )


def test_the_queues_delay_holds_for_every_message(sqs: Any, name: str, server: LocalServer) -> None:
    url = make(sqs, name, ContentBasedDeduplication="true", DelaySeconds="600")
    send(sqs, url, "one")
    server.advance(300)
    send(sqs, url, "two")
    assert receive(sqs, url) == []
    server.advance(300)
    first = receive(sqs, url)
    assert bodies(first) == ["one"]
    delete(sqs, url, *first)
    assert receive(sqs, url) == []
    server.advance(300)
    assert bodies(receive(sqs, url)) == ["two"]


def test_sequence_numbers_have_twenty_digits_and_grow(sqs: Any, url: str) -> None:
    sent = [send(sqs, url, str(number), group=f"g{number % 2}")["SequenceNumber"] for number in range(4)]
    assert all(len(number) == 20 and number.isdigit() for number in sent)
    assert sent == sorted(set(sent))
    found = [message["Attributes"]["SequenceNumber"] for message in receive(sqs, url)]
    assert sorted(found) == sent
    sqs.purge_queue(QueueUrl=url)
    assert send(sqs, url, "after")["SequenceNumber"] > sent[-1]


def test_a_message_tells_its_group_and_its_deduplication_id(sqs: Any, url: str) -> None:
    send(sqs, url, "by content")
    send(sqs, url, "by id", MessageDeduplicationId="mine")
    attributes = [message["Attributes"] for message in receive(sqs, url)]
    assert [found["MessageGroupId"] for found in attributes] == ["g", "g"]
    digest = hashlib.sha256(b"by content").hexdigest()
    assert [found["MessageDeduplicationId"] for found in attributes] == [digest, "mine"]


def test_a_group_comes_in_order_and_not_before_what_is_in_flight_of_it_has_gone(sqs: Any, url: str) -> None:
    for number in range(5):
        send(sqs, url, f"a{number}", group="a")
    first = receive(sqs, url, count=2)
    assert bodies(first) == ["a0", "a1"]
    assert receive(sqs, url) == []
    delete(sqs, url, first[0])
    assert receive(sqs, url) == []
    delete(sqs, url, first[1])
    assert bodies(receive(sqs, url)) == ["a2", "a3", "a4"]


def test_groups_do_not_wait_for_each_other(sqs: Any, url: str) -> None:
    for number in range(3):
        for group in "ab":
            send(sqs, url, f"{group}{number}", group=group)
    assert bodies(receive(sqs, url, count=2)) == ["a0", "a1"]
    assert bodies(receive(sqs, url)) == ["b0", "b1", "b2"]
    assert receive(sqs, url) == []


def test_one_receive_takes_all_of_a_group_before_the_next(sqs: Any, url: str) -> None:
    for number in range(3):
        for group in "ab":
            send(sqs, url, f"{group}{number}", group=group)
    assert bodies(receive(sqs, url)) == ["a0", "a1", "a2", "b0", "b1", "b2"]


def test_a_group_whose_time_out_has_passed_comes_again_from_its_head(
    sqs: Any, url: str, server: LocalServer
) -> None:
    for number in range(4):
        send(sqs, url, str(number))
    receive(sqs, url, count=2, VisibilityTimeout=10)
    server.advance(11)
    again = receive(sqs, url)
    assert bodies(again) == ["0", "1", "2", "3"]
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in again] == ["2", "2", "1", "1"]


def test_a_message_shown_early_does_not_overtake_its_group(sqs: Any, url: str, server: LocalServer) -> None:
    for number in range(3):
        send(sqs, url, str(number))
    first, second = receive(sqs, url, count=2)
    show = {"QueueUrl": url, "VisibilityTimeout": 0}
    sqs.change_message_visibility(ReceiptHandle=second["ReceiptHandle"], **show)
    assert receive(sqs, url) == []
    sqs.change_message_visibility(ReceiptHandle=first["ReceiptHandle"], **show)
    assert bodies(receive(sqs, url)) == ["0", "1", "2"]


def test_a_longer_time_out_of_one_message_holds_its_group(sqs: Any, url: str, server: LocalServer) -> None:
    send(sqs, url, "0")
    send(sqs, url, "1")
    first, _ = receive(sqs, url)
    long = {"QueueUrl": url, "VisibilityTimeout": 2000}
    sqs.change_message_visibility(ReceiptHandle=first["ReceiptHandle"], **long)
    server.advance(1000)
    assert receive(sqs, url) == []
    server.advance(1000)
    assert bodies(receive(sqs, url)) == ["0", "1"]


def test_a_handle_whose_time_out_has_passed_has_expired(sqs: Any, url: str, server: LocalServer) -> None:
    send(sqs, url, "a")
    handle = receive(sqs, url, VisibilityTimeout=5)[0]["ReceiptHandle"]
    server.advance(6)
    named = {"QueueUrl": url, "ReceiptHandle": handle}
    text = f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    assert refused(sqs.delete_message, **named) == ("InvalidParameterValueException", text)
    assert refused(sqs.change_message_visibility, VisibilityTimeout=9, **named)[1] == text
    assert bodies(receive(sqs, url, VisibilityTimeout=5)) == ["a"]
    assert refused(sqs.delete_message, **named)[1] == text


def test_a_deleted_message_may_be_deleted_twice(sqs: Any, url: str) -> None:
    send(sqs, url, "a")
    messages = receive(sqs, url)
    delete(sqs, url, *messages, *messages)
    assert receive(sqs, url) == []


def test_a_message_sent_again_within_five_minutes_is_the_same_message(
    sqs: Any, url: str, server: LocalServer
) -> None:
    first = send(sqs, url, "a")
    server.advance(200)
    again = send(sqs, url, "a")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    delete(sqs, url, *receive(sqs, url))
    assert send(sqs, url, "a")["MessageId"] == first["MessageId"]
    assert receive(sqs, url) == []
    server.advance(100)
    assert send(sqs, url, "a")["MessageId"] != first["MessageId"]
    assert bodies(receive(sqs, url)) == ["a"]


def test_the_first_of_two_bodies_with_one_id_is_kept(sqs: Any, url: str) -> None:
    first = send(sqs, url, "first", MessageDeduplicationId="same")
    second = send(sqs, url, "second", MessageDeduplicationId="same")
    assert second["MessageId"] == first["MessageId"]
    assert second["MD5OfMessageBody"] == hashlib.md5(b"second").hexdigest()
    assert bodies(receive(sqs, url)) == ["first"]


def test_an_id_equal_to_the_digest_of_a_body_is_a_duplicate_of_it(sqs: Any, url: str) -> None:
    send(sqs, url, "body")
    send(sqs, url, "other", MessageDeduplicationId=hashlib.sha256(b"body").hexdigest())
    assert bodies(receive(sqs, url)) == ["body"]


def test_attributes_are_no_part_of_the_content(sqs: Any, url: str) -> None:
    send(sqs, url, "a", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})
    send(sqs, url, "a", MessageAttributes={"n": {"DataType": "Number", "StringValue": "2"}})
    assert len(receive(sqs, url)) == 1


def test_ids_hold_for_the_queue_or_for_the_group(sqs: Any, name: str) -> None:
    wide = make(sqs, name, ContentBasedDeduplication="true")
    narrow = make(sqs, f"n-{name}", ContentBasedDeduplication="true", DeduplicationScope="messageGroup")
    for url in (wide, narrow):
        for group in "aab":
            send(sqs, url, "same", group=group)
    assert len(receive(sqs, wide)) == 1
    assert [m["Attributes"]["MessageGroupId"] for m in receive(sqs, narrow)] == ["a", "b"]


def test_duplicates_within_a_batch_are_one_message(sqs: Any, url: str) -> None:
    entries = [{"Id": str(n), "MessageBody": "same", "MessageGroupId": "g"} for n in range(3)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert len({entry["MessageId"] for entry in answer["Successful"]}) == 1
    assert len({entry["SequenceNumber"] for entry in answer["Successful"]}) == 1
    assert bodies(receive(sqs, url)) == ["same"]


def test_what_a_deleted_queue_remembers_does_not_hold_for_the_next_of_its_name(sqs: Any, name: str) -> None:
    url = make(sqs, name, ContentBasedDeduplication="true")
    send(sqs, url, "a")
    sqs.delete_queue(QueueUrl=url)
    make(sqs, name, ContentBasedDeduplication="true")
    send(sqs, url, "a")
    assert bodies(receive(sqs, url)) == ["a"]


def test_an_attempt_is_given_the_same_messages_and_handles_again(
    sqs: Any, url: str, server: LocalServer
) -> None:
    for number in range(3):
        send(sqs, url, str(number))
    ask = {"ReceiveRequestAttemptId": "try", "VisibilityTimeout": 150}
    first = receive(sqs, url, count=2, **ask)
    server.advance(100)
    again = receive(sqs, url, count=2, **ask)
    assert [message["ReceiptHandle"] for message in again] == [m["ReceiptHandle"] for m in first]
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in again] == ["1", "1"]
    server.advance(100)  # its time-out has begun anew
    assert receive(sqs, url, ReceiveRequestAttemptId="another") == []
    delete(sqs, url, *again)
    assert bodies(receive(sqs, url, **ask)) == ["2"]


def test_an_attempt_is_a_new_one_when_its_messages_were_changed(sqs: Any, url: str) -> None:
    send(sqs, url, "a", group="a")
    ask = {"ReceiveRequestAttemptId": "try"}
    (message,) = receive(sqs, url, **ask)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 100}
    sqs.change_message_visibility(**change)
    assert receive(sqs, url, **ask) == []
    send(sqs, url, "b", group="b")
    assert bodies(receive(sqs, url, **ask)) == ["b"]


def test_an_attempt_is_a_new_one_after_five_minutes_or_the_time_out(
    sqs: Any, url: str, server: LocalServer
) -> None:
    send(sqs, url, "a")
    ask = {"ReceiveRequestAttemptId": "try"}
    receive(sqs, url, VisibilityTimeout=10, **ask)
    server.advance(11)
    (message,) = receive(sqs, url, VisibilityTimeout=1000, **ask)
    assert message["Attributes"]["ApproximateReceiveCount"] == "2"
    server.advance(300)
    assert receive(sqs, url, VisibilityTimeout=1000, **ask) == []


def test_a_standard_queue_knows_no_attempts(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="no-attempts")["QueueUrl"]
    asked = {"QueueUrl": url, "ReceiveRequestAttemptId": "try"}
    assert refused(sqs.receive_message, **asked)[1] == (
        "Value try for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is "
        "not valid for this queue type."
    )


def dead_letters(sqs: Any, name: str, receives: int) -> tuple[str, str]:
    """Returns the URLs of a queue and of its dead-letter queue."""
    dead = make(sqs, f"d-{name}")
    redrive = json.dumps({"deadLetterTargetArn": arn(f"d-{name}"), "maxReceiveCount": receives})
    return make(sqs, name, ContentBasedDeduplication="true", RedrivePolicy=redrive), dead


def test_a_poisoned_head_moves_away_and_its_group_goes_on(sqs: Any, name: str, server: LocalServer) -> None:
    url, dead = dead_letters(sqs, name, receives=2)
    for body in ("poison", "next", "last"):
        send(sqs, url, body)
    sent_id = receive(sqs, url, count=1, VisibilityTimeout=1)[0]["MessageId"]
    server.advance(2)
    assert bodies(receive(sqs, url, count=1, VisibilityTimeout=1)) == ["poison"]
    server.advance(2)
    assert bodies(receive(sqs, url)) == ["next", "last"]
    (letter,) = receive(sqs, dead)
    attributes = letter["Attributes"]
    assert (letter["Body"], letter["MessageId"], attributes["MessageGroupId"]) == ("poison", sent_id, "g")
    assert attributes["MessageDeduplicationId"] == sent_id
    assert attributes["DeadLetterQueueSourceArn"] == arn(name)
    assert attributes["ApproximateReceiveCount"] == "3"


def test_dead_letters_of_one_group_keep_their_order(sqs: Any, name: str, server: LocalServer) -> None:
    url, dead = dead_letters(sqs, name, receives=1)
    for number in range(4):
        send(sqs, url, str(number))
    receive(sqs, url, VisibilityTimeout=1)
    server.advance(2)
    assert receive(sqs, url) == []
    assert bodies(receive(sqs, dead, count=1)) == ["0"]
    assert receive(sqs, dead) == []


def test_the_time_of_a_dead_letter_begins_when_it_moves(sqs: Any, name: str, server: LocalServer) -> None:
    url, dead = dead_letters(sqs, name, receives=1)
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "60"})
    send(sqs, url, "a")
    server.advance(100)
    receive(sqs, url, VisibilityTimeout=1)
    server.advance(2)
    assert receive(sqs, url) == []
    server.advance(20)
    assert bodies(receive(sqs, dead)) == ["a"]


def test_the_dead_letter_queue_of_a_fifo_queue_is_one(sqs: Any, url: str) -> None:
    sqs.create_queue(QueueName="standard-dead")
    sqs.create_queue(QueueName="standard-source")
    for source, target in ((url, "standard-dead"), ("standard-source", url.rsplit("/", 1)[1])):
        redrive = json.dumps({"deadLetterTargetArn": arn(target), "maxReceiveCount": 1})
        code, message = refused(
            sqs.set_queue_attributes, QueueUrl=source, Attributes={"RedrivePolicy": redrive}
        )
        assert code == "InvalidParameterValueException"
        assert message.endswith("Reason: Dead-letter queue must be same type of queue as the source.")


def test_a_move_task_brings_dead_letters_back_in_their_order(
    sqs: Any, name: str, server: LocalServer
) -> None:
    url, dead = dead_letters(sqs, name, receives=1)
    for number in range(3):
        for group in "ab":
            send(sqs, url, f"{group}{number}", group=group)
    old = {message["MessageId"] for message in receive(sqs, url, VisibilityTimeout=1)}
    server.advance(2)
    assert receive(sqs, url) == []
    sqs.start_message_move_task(SourceArn=arn(f"d-{name}"))
    server.settle()
    back = receive(sqs, url, WaitTimeSeconds=20)
    assert bodies(back) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert not old & {message["MessageId"] for message in back}
    assert receive(sqs, dead) == []
    counts = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
    assert counts["Attributes"] == {"ApproximateNumberOfMessages": "0"}


def test_a_move_task_stays_among_fifo_queues(sqs: Any, name: str) -> None:
    dead_letters(sqs, name, receives=1)
    sqs.create_queue(QueueName="standard-destination")
    asked = {"SourceArn": arn(f"d-{name}"), "DestinationArn": arn("standard-destination")}
    assert refused(sqs.start_message_move_task, **asked)[0] == "InvalidParameterValueException"


def test_a_waiting_receiver_is_woken_when_its_group_is_free(sqs: Any, url: str, server: LocalServer) -> None:
    send(sqs, url, "one")
    first = receive(sqs, url, count=1)
    send(sqs, url, "two")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(receive, server.client("sqs"), url, WaitTimeSeconds=20)
        delete(sqs, url, *first)
        assert bodies(waiting.result(30)) == ["two"]


def test_a_full_queue_gives_nothing_and_no_error(sqs: Any, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.services.sqs.limits.MAX_IN_FLIGHT", 2)
    for group in "abc":
        send(sqs, url, group, group=group)
    assert len(receive(sqs, url)) == 2
    assert receive(sqs, url, WaitTimeSeconds=20) == []


def test_what_is_too_old_leaves_its_group_and_does_not_hold_it(
    sqs: Any, name: str, server: LocalServer
) -> None:
    url = make(sqs, name, ContentBasedDeduplication="true", MessageRetentionPeriod="60")
    send(sqs, url, "old")
    server.advance(59)
    send(sqs, url, "young")
    server.advance(2)
    assert bodies(receive(sqs, url)) == ["young"]


def test_messages_are_counted_by_what_they_wait_for(sqs: Any, url: str) -> None:
    for number in range(4):
        send(sqs, url, str(number))
    receive(sqs, url, count=1)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["ApproximateNumberOfMessages"] == "3"
    assert found["ApproximateNumberOfMessagesNotVisible"] == "1"
