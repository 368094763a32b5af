"""Queues as destinations: the policy decides who may send, and says so in a sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.access import Principal
from penstock.delivery import DestinationError, Message, Source
from penstock.services.s3.notifications.sender import bucket_source
from penstock.store import Tx
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

S3 = bucket_source("photos", ACCOUNT)
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def accept(server: LocalServer) -> Callable[..., str]:
    """Delivers as a transaction of the server's store would."""

    def deliver(name: str, source: Source = S3, body: str = "{}", **attributes: Any) -> str:
        def step(tx: Tx) -> str:
            return (
                server.app.service("sqs")
                .targets()["sqs"]
                .accept(tx, arn(name), source, Message(body.encode(), TRACE, attributes))
            )

        return server.wait(server.app.store.write(step))

    return deliver


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def allow(sqs: Any, name: str, condition: dict[str, Any] | None = None, *, fifo: bool = False) -> str:
    """Returns the URL of a queue that lets S3 send to it."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "SQS:SendMessage",
        "Resource": arn(name),
    }
    if condition:
        statement["Condition"] = condition
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    attributes = {"Policy": policy, **({"FifoQueue": "true"} if fifo else {})}
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def test_a_delivery_is_a_message_with_its_trace(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "open")
    message_id = accept("open", body='{"Records":[]}')
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert (message["MessageId"], message["Body"]) == (message_id, '{"Records":[]}')
    assert message["Attributes"]["AWSTraceHeader"] == TRACE
    assert message["Attributes"]["SenderId"].endswith(":S3-PROD-END")


def test_s3_may_not_send_without_a_policy_that_says_so(sqs: Any, accept: Callable[..., str]) -> None:
    sqs.create_queue(QueueName="closed")
    with pytest.raises(DestinationError, match=r"does not let s3.amazonaws.com send messages"):
        accept("closed")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
    ],
)
def test_the_policy_may_ask_for_the_bucket_and_its_owner(
    sqs: Any, accept: Callable[..., str], condition: dict[str, Any], allowed: bool
) -> None:
    url = allow(sqs, "asking", condition)
    try:
        if allowed:
            assert accept("asking")
        else:
            with pytest.raises(DestinationError):
                accept("asking")
    finally:
        sqs.delete_queue(QueueUrl=url)


def test_a_changed_policy_holds_for_the_next_delivery(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "changing")
    accept("changing")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    with pytest.raises(DestinationError):
        accept("changing")


def test_a_missing_queue_is_named(accept: Callable[..., str]) -> None:
    with pytest.raises(DestinationError, match=r"The queue .*:nowhere does not exist\."):
        accept("nowhere")


def test_a_fifo_queue_takes_what_has_a_group_and_an_id(sqs: Any, server: LocalServer) -> None:
    url = allow(sqs, "ordered.fifo", fifo=True)
    target = server.app.service("sqs").targets()["sqs"]

    def deliver(body: bytes, **ids: str) -> str:
        message = Message(body, TRACE, **ids)
        return server.wait(server.app.store.write(target.accept, arn("ordered.fifo"), S3, message))

    first = deliver(b"one", group="g", deduplication_id="d")
    assert deliver(b"again", group="g", deduplication_id="d") == first
    deliver(b"two", group="g", deduplication_id="e")
    with pytest.raises(DestinationError, match="must contain the parameter MessageGroupId"):
        deliver(b"three", deduplication_id="f")
    with pytest.raises(DestinationError, match="MessageDeduplicationId provided explicitly"):
        deliver(b"three", group="g")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["one", "two"]


def test_a_standard_queue_takes_what_an_ordered_sender_sends(sqs: Any, server: LocalServer) -> None:
    url = allow(sqs, "unordered")
    target = server.app.service("sqs").targets()["sqs"]
    message = Message(b"one", TRACE, group="g", deduplication_id="d")
    for _ in range(2):
        server.wait(server.app.store.write(target.accept, arn("unordered"), S3, message))
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert [message["Attributes"]["MessageGroupId"] for message in messages] == ["g", "g"]


def role_source(server: LocalServer, name: str, *actions: str) -> Source:
    """Returns Lambda sending in a new role that may do ``actions`` on everything."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam = server.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document(rights))
    principal = assume(server, name)
    assert principal is not None
    return Source.of_role("lambda.amazonaws.com", principal, "arn:aws:lambda:us-east-1:1:function:f")


def assume(server: LocalServer, name: str) -> Principal | None:
    keeper = server.app.service("iam")

    async def ask() -> Any:
        return await server.app.store.read(
            keeper.role_principal,
            f"arn:aws:iam::{ACCOUNT}:role/{name}",
            service="lambda.amazonaws.com",
            session="f_",
        )

    found: Principal | None = server.wait(ask())
    return found


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_role_sends_by_its_own_policies_and_is_shown_as_the_sender(
    server: LocalServer, sqs: Any, accept: Callable[..., str]
) -> None:
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    source = role_source(server, "letters", "sqs:SendMessage")
    accept("letters", source, ErrorCode={"DataType": "Number", "StringValue": "200"})
    (message,) = sqs.receive_message(
        QueueUrl=url, AttributeNames=["SenderId"], MessageAttributeNames=["All"]
    )["Messages"]
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"
    assert message["Attributes"]["SenderId"] == source.principal.user_id
    assert source.principal.user_id.endswith(":f_")


def test_a_role_that_nothing_allows_to_send_may_not(
    server: LocalServer, sqs: Any, accept: Callable[..., str]
) -> None:
    sqs.create_queue(QueueName="silent")
    with pytest.raises(DestinationError, match=r"The role .*:role/silent may not send messages to the queue"):
        accept("silent", role_source(server, "silent"))


def test_a_queue_s_policy_can_deny_a_role_what_its_own_allows(
    server: LocalServer, sqs: Any, accept: Callable[..., str]
) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.create_queue(QueueName="denying", Attributes={"Policy": document(deny)})
    with pytest.raises(DestinationError, match="may not send messages"):
        accept("denying", role_source(server, "denied", "sqs:SendMessage"))


def test_a_role_may_be_let_into_the_queues_with_a_tag(
    server: LocalServer, sqs: Any, accept: Callable[..., str]
) -> None:
    url = sqs.create_queue(QueueName="labelled", tags={"team": "red"})["QueueUrl"]
    source = role_source(server, "labelled")
    only_red = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": only_red}
    server.client("iam").put_role_policy(RoleName="labelled", PolicyName="may", PolicyDocument=document(may))
    source = Source.of_role("lambda.amazonaws.com", assume(server, "labelled"), source.arn)
    accept("labelled", source)
    sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
    with pytest.raises(DestinationError, match="may not send messages"):
        accept("labelled", source)


def test_a_policy_that_ends_ends_deliveries_too(sqs: Any, accept: Callable[..., str]) -> None:
    allow(sqs, "over", {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    with pytest.raises(DestinationError, match="does not let"):
        accept("over")
    allow(sqs, "begun", {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    accept("begun")


def test_a_service_that_the_trust_policy_does_not_name_makes_nobody_of_a_role(server: LocalServer) -> None:
    server.client("iam").create_role(
        RoleName="other",
        AssumeRolePolicyDocument=document(
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ),
    )
    assert assume(server, "other") is None
    assert assume(server, "nobody") is None


def test_a_message_longer_than_the_queue_takes_is_refused(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "small")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    with pytest.raises(DestinationError, match="Message must be shorter than 1024 bytes"):
        accept("small", body="x" * 1025)
