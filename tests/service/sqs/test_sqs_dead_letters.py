"""Dead-letter queues: messages that nobody could handle, and their way back."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def pair(sqs: Any, name: str, max_receives: int = 1) -> tuple[str, str]:
    """Returns the URLs of a queue and of its dead-letter queue."""
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn(f"{name}-dead"), "maxReceiveCount": max_receives})
    return sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})["QueueUrl"], dead


def receive(sqs: Any, url: str, **options: Any) -> list[dict[str, Any]]:
    return sqs.receive_message(QueueUrl=url, AttributeNames=["All"], **options).get("Messages", [])


def kill(sqs: Any, url: str, *bodies: str) -> None:
    """Sends the messages and receives them until they are in the dead-letter queue."""
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    receive(sqs, url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert not receive(sqs, url)


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"].rsplit(".", 1)[-1], error["Message"]


def test_a_message_received_too_often_moves_to_the_dead_letter_queue(sqs: Any) -> None:
    url, dead = pair(sqs, "often", max_receives=2)
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert receive(sqs, url, VisibilityTimeout=0)
    assert not receive(sqs, url)
    (message,) = receive(sqs, dead)
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "poison")
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn("often")
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"


def test_others_are_received_past_the_one_that_moves(sqs: Any) -> None:
    url, dead = pair(sqs, "past")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    receive(sqs, url, VisibilityTimeout=0)
    sqs.send_message(QueueUrl=url, MessageBody="good")
    assert [message["Body"] for message in receive(sqs, url)] == ["good"]
    assert [message["Body"] for message in receive(sqs, dead)] == ["poison"]


def test_a_dead_letter_queue_keeps_the_age_of_a_message(sqs: Any, server: LocalServer) -> None:
    url, dead = pair(sqs, "aged")
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "600"})
    sqs.send_message(QueueUrl=url, MessageBody="old")
    receive(sqs, url, VisibilityTimeout=0)
    server.advance(601)
    assert not receive(sqs, url)
    assert not receive(sqs, dead)


def test_without_its_dead_letter_queue_a_queue_goes_on_delivering(sqs: Any) -> None:
    url, dead = pair(sqs, "orphaned")
    sqs.delete_queue(QueueUrl=dead)
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert all(receive(sqs, url, VisibilityTimeout=0) for _ in range(3))


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("[]", "Redrive policy is not a valid JSON map."),
        (
            '{"maxReceiveCount":3}',
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
        (
            json.dumps({"deadLetterTargetArn": arn("nowhere"), "maxReceiveCount": 3}),
            "Dead letter target does not exist.",
        ),
        (
            json.dumps({"deadLetterTargetArn": arn("nowhere"), "maxReceiveCount": 0}),
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
    ],
)
def test_a_redrive_policy_that_cannot_be_is_refused(sqs: Any, policy: str, reason: str) -> None:
    code, message = refused(sqs.create_queue, QueueName="bad-redrive", Attributes={"RedrivePolicy": policy})
    assert code == "InvalidParameterValueException"
    assert message == f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}"


def test_a_queue_says_who_may_use_it_for_dead_letters(sqs: Any) -> None:
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn("friend")]})
    sqs.create_queue(QueueName="choosy", Attributes={"RedriveAllowPolicy": allow})
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn("choosy"), "maxReceiveCount": 3})}
    assert sqs.create_queue(QueueName="friend", Attributes=redrive)
    assert (
        refused(sqs.create_queue, QueueName="stranger", Attributes=redrive)[0]
        == "InvalidParameterValueException"
    )


def test_the_sources_of_a_dead_letter_queue_are_listed(sqs: Any) -> None:
    url, dead = pair(sqs, "listed")
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == []


def test_dead_letters_go_back_where_they_came_from(sqs: Any) -> None:
    url, dead = pair(sqs, "back")
    kill(sqs, url, "one", "two")
    task = sqs.start_message_move_task(SourceArn=arn("back-dead"))
    assert task["TaskHandle"]
    found = receive(sqs, url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
    if len(found) < 2:
        found += receive(sqs, url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
    assert sorted(message["Body"] for message in found) == ["one", "two"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in found} == {"1"}
    assert not receive(sqs, dead)


def test_who_may_not_send_to_a_queue_may_not_have_dead_letters_moved_back_to_it(
    sqs: Any, server: LocalServer
) -> None:
    url, dead = pair(sqs, "guarded")
    kill(sqs, url, "one")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "sqs:*", "Resource": arn("guarded-dead")}
    iam, sts = server.client("iam"), server.client("sts")
    role = iam.create_role(
        RoleName="mover", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": everything})
    iam.put_role_policy(RoleName="mover", PolicyName="p", PolicyDocument=document)
    session = sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    mover = boto3.client(
        "sqs",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )

    code, message = refused(mover.start_message_move_task, SourceArn=arn("guarded-dead"))

    assert code == "AccessDenied" and "sqs:sendmessage" in message.lower()
    assert len(receive(sqs, dead)) == 1


def test_a_slow_move_can_be_watched_and_cancelled(sqs: Any, server: LocalServer) -> None:
    url, _ = pair(sqs, "slow")
    other = sqs.create_queue(QueueName="slow-other")["QueueUrl"]
    kill(sqs, url, "one", "two", "three")
    start = {"SourceArn": arn("slow-dead"), "DestinationArn": arn("slow-other")}
    server.clock.freeze()  # the second step never comes
    try:
        handle = sqs.start_message_move_task(MaxNumberOfMessagesPerSecond=1, **start)["TaskHandle"]
        assert receive(sqs, other, WaitTimeSeconds=20)
        code, message = refused(sqs.start_message_move_task, **start)
        assert (code, message) == (
            "InvalidParameterValueException",
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
        )
        (task,) = sqs.list_message_move_tasks(SourceArn=arn("slow-dead"))["Results"]
        assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
        assert task["ApproximateNumberOfMessagesToMove"] == 3
        assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1
        (task,) = sqs.list_message_move_tasks(SourceArn=arn("slow-dead"))["Results"]
        assert task["Status"] == "CANCELLED"
    finally:
        server.clock.resume()


def test_only_dead_letter_queues_can_be_moved_from(sqs: Any) -> None:
    sqs.create_queue(QueueName="plain")
    code, message = refused(sqs.start_message_move_task, SourceArn=arn("plain"))
    assert code == "InvalidParameterValueException"
    assert message == "Source queue must be configured as a Dead Letter Queue."
    assert refused(sqs.start_message_move_task, SourceArn=arn("nowhere"))[0] == "ResourceNotFoundException"
