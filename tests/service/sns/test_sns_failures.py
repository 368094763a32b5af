"""Endpoints that are gone, closed or slow: nothing is lost, it can be seen, and it ends by AWS's term."""

from threading import Event
from typing import Any
from urllib.request import urlopen

import orjson
import pytest
from tests.kit.control import ask
from tests.kit.functions import client, make_queue, receive
from tests.kit.topics import (
    Webhook,
    make_topic,
    sns_may_send,
    subscribe,
    subscribed_queue,
    webhook,
)

from penstock.delivery.lanes import LANE_WIDTH
from penstock.services.sns.messages.certificate import Certificate
from penstock.testing import LocalServer

RAW = {"RawMessageDelivery": "true"}
DAY_S = 86_400
PATIENCE_S = 60.0


def waiting(server: LocalServer, arn: str) -> list[dict[str, Any]]:
    """Returns what the server says of the subscription that something waits for."""
    return [one for one in ask(server, "GET", "/_penstock/targets")[1]["targets"] if one["arn"] == arn]


def dead(server: LocalServer, arn: str) -> list[dict[str, Any]]:
    deliveries: list[dict[str, Any]] = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
    return deliveries


def bodies(server: LocalServer, url: str) -> list[str]:
    return [message["Body"] for message in receive(server, url)]


def later(server: LocalServer, seconds: float) -> None:
    server.settle()
    server.advance(seconds)
    server.settle()


def test_a_queue_deleted_under_its_subscription_gets_its_messages_when_it_is_made_again(
    server: LocalServer,
) -> None:
    topic = make_topic(server, "deleted-under")
    url, arn = subscribed_queue(server, topic, "deleted-under", **RAW)
    client(server, "sqs").delete_queue(QueueUrl=url)
    client(server, "sns").publish(TopicArn=topic, Message="while it was gone")
    later(server, 3600)
    (found,) = waiting(server, arn)
    assert found["waiting"] == 1
    assert "does not exist" in found["error"]
    assert found["breaker"] == "closed"
    url, _ = make_queue(server, "deleted-under", Policy=sns_may_send(topic))
    later(server, 60)
    assert bodies(server, url) == ["while it was gone"]
    assert waiting(server, arn) == []


def test_a_policy_taken_away_keeps_the_messages_until_it_is_back(server: LocalServer) -> None:
    topic = make_topic(server, "closed-under")
    url, arn = subscribed_queue(server, topic, "closed-under", **RAW)
    sqs = client(server, "sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    client(server, "sns").publish(TopicArn=topic, Message="while it was closed")
    later(server, 3600)
    (found,) = waiting(server, arn)
    assert "policy" in found["error"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": sns_may_send(topic)})
    later(server, 60)
    assert bodies(server, url) == ["while it was closed"]


@pytest.mark.parametrize("again", [False, True])
def test_a_queue_that_is_away_for_twenty_three_days_ends_the_message_then_and_not_before(
    server: LocalServer, *, again: bool
) -> None:
    name = f"away-{again}".lower()
    topic = make_topic(server, name)
    queue = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    arn = subscribe(server, topic, "sqs", queue, **RAW)
    client(server, "sns").publish(TopicArn=topic, Message="for later")
    for _ in range(22):
        later(server, DAY_S)
    assert [one["waiting"] for one in waiting(server, arn)] == [1]
    assert dead(server, arn) == []
    if again:
        url, _ = make_queue(server, name, Policy=sns_may_send(topic))
        later(server, DAY_S / 2)
        assert bodies(server, url) == ["for later"]
        return
    later(server, DAY_S)
    later(server, DAY_S)
    (ended,) = dead(server, arn)
    assert ended["attempts"] >= 22
    assert waiting(server, arn) == []


def test_a_slow_webhook_holds_nobody_up_and_gets_everything(server: LocalServer) -> None:
    texts = {str(number) for number in range(LANE_WIDTH + 8)}
    with webhook() as slow, webhook() as quick:
        topic = make_topic(server, "slow-hook")
        for hook in (slow, quick):
            subscribe(server, topic, "http", hook.url, **RAW)
            with urlopen(hook.next_json()["SubscribeURL"]):
                pass
        server.settle()
        goes_on = hold(slow)
        try:
            for text in texts:
                client(server, "sns").publish(TopicArn=topic, Message=text)
            assert {quick.next()[1] for _ in texts} == texts
        finally:
            goes_on.set()
        got = {slow.next()[1] for _ in range(LANE_WIDTH)}
        while got != texts:
            later(server, 20)  # those that had to wait for longer than a try may take
            got.add(slow.next()[1])


def hold(hook: Webhook) -> Event:
    """Lets the hook answer nothing until the event is set."""
    goes_on, take = Event(), hook.take

    def patiently(headers: dict[str, str], body: str) -> int:
        goes_on.wait(PATIENCE_S)
        return take(headers, body)

    hook.take = patiently  # type: ignore[method-assign]
    return goes_on


def test_a_message_is_signed_once_however_often_it_is_tried(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed: list[str] = []
    whole = Certificate.signature

    def counted(self: Certificate, text: str, version: str) -> str:
        if "once-" in text:
            signed.append(text)
        return whole(self, text, version)

    monkeypatch.setattr(Certificate, "signature", counted)
    topic = make_topic(server, "signed-once")
    url, _ = subscribed_queue(server, topic, "signed-once")
    client(server, "sqs").delete_queue(QueueUrl=url)
    for number in range(3):
        client(server, "sns").publish(TopicArn=topic, Message=f"once-{number}")
    for _ in range(3):
        later(server, 3600)
    url, _ = make_queue(server, "signed-once", Policy=sns_may_send(topic))
    later(server, 3600)
    found = [orjson.loads(body) for body in bodies(server, url)]
    assert {one["Message"] for one in found} == {"once-0", "once-1", "once-2"}
    assert all(one["Signature"] for one in found)
    assert len(signed) == 3
