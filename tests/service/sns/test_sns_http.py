"""HTTP endpoints: asked, delivered to, tried again as their policy says, told when it is over."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from tests.kit.control import ask
from tests.kit.functions import make_queue, receive
from tests.kit.topics import Webhook, check_signature, make_topic, sns_may_send, subscribe, webhook

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


def confirmed(server: LocalServer, topic: str, hook: Webhook, **attributes: str) -> str:
    """Returns the ARN of the hook's subscription, which has been confirmed by its link."""
    arn = subscribe(server, topic, "http", hook.url, **attributes)
    with urlopen(hook.next_json()["SubscribeURL"]) as answer:
        assert b"<ConfirmSubscriptionResponse" in answer.read()
    server.settle()
    return arn


def policy(**numbers: Any) -> str:
    return json.dumps({"healthyRetryPolicy": numbers})


def dead(server: LocalServer, arn: str) -> list[dict[str, Any]]:
    deliveries: list[dict[str, Any]] = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
    return deliveries


def test_an_endpoint_is_asked_and_then_delivered_to(server: LocalServer, sns: Any, hook: Webhook) -> None:
    topic = make_topic(server, "asked", SignatureVersion="2")
    arn = subscribe(server, topic, "http", hook.url)
    headers, body = hook.next()
    question = json.loads(body)
    check_signature(question)
    assert question["Type"] == headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    assert (headers["x-amz-sns-message-id"], headers["x-amz-sns-topic-arn"]) == (question["MessageId"], topic)
    assert headers["content-type"] == "text/plain; charset=UTF-8"
    assert headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert question["Message"] == (
        f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    sns.publish(TopicArn=topic, Message="too early")
    with urlopen(question["SubscribeURL"]) as answer:
        assert arn.encode() in answer.read()
    sent = sns.publish(TopicArn=topic, Message="é", Subject="s")
    headers, body = hook.next()
    found = json.loads(body)
    check_signature(found)
    assert (found["Type"], found["Message"], found["MessageId"]) == ("Notification", "é", sent["MessageId"])
    assert headers["x-amz-sns-subscription-arn"] == arn
    assert "x-amz-sns-rawdelivery" not in headers


def test_the_token_confirms_once_and_for_all(server: LocalServer, sns: Any, hook: Webhook) -> None:
    topic = make_topic(server, "token")
    arn = subscribe(server, topic, "http", hook.url)
    token = hook.next_json()["Token"]
    for _ in range(2):
        assert sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"] == arn
    assert subscribe(server, topic, "http", hook.url) == arn
    server.settle()
    assert hook.waiting == 0


def test_a_raw_message_is_sent_as_it_was(server: LocalServer, sns: Any, hook: Webhook) -> None:
    topic = make_topic(server, "raw")
    requested = json.dumps({"requestPolicy": {"headerContentType": "text/csv; charset=UTF-8"}})
    confirmed(server, topic, hook, RawMessageDelivery="true", DeliveryPolicy=requested)
    sns.publish(TopicArn=topic, Message="a,b")
    headers, body = hook.next()
    assert (body, headers["x-amz-sns-rawdelivery"], headers["content-type"]) == (
        "a,b",
        "true",
        "text/csv; charset=UTF-8",
    )


def test_credentials_in_the_url_are_sent_and_not_told(server: LocalServer, sns: Any, hook: Webhook) -> None:
    topic = make_topic(server, "credentials")
    hook.url = hook.url.replace("http://", "http://me:p%40ss@")
    confirmed(server, topic, hook)
    hook.answers = [404]
    sns.publish(TopicArn=topic, Message="x")
    headers, _ = hook.next()
    assert headers["authorization"] == "Basic bWU6cEBzcw=="
    server.settle()
    (told,) = [one for one in ask(server, "GET", "/_penstock/dead")[1]["deliveries"] if topic in one["arn"]]
    assert "p%40ss" not in told["error"] and "me:****@" in told["error"]


def test_failures_are_tried_again_by_the_policy_and_then_dead_lettered(
    server: LocalServer, sns: Any, hook: Webhook
) -> None:
    topic = make_topic(server, "tried")
    url, queue = make_queue(server, "tried", Policy=sns_may_send(topic))
    redrive = json.dumps({"deadLetterTargetArn": queue})
    arn = confirmed(server, topic, hook, RedrivePolicy=redrive)
    hook.answers = [500, 503, 429, 500]
    sent = sns.publish(TopicArn=topic, Message="lost")["MessageId"]
    ids = [hook.next()[0]["x-amz-sns-message-id"]]
    for _ in range(3):  # the default: three more, 20 seconds apart
        server.settle()
        server.advance(20)
        ids.append(hook.next()[0]["x-amz-sns-message-id"])
    server.settle()
    assert ids == [sent] * 4
    (letter,) = receive(server, url)
    assert json.loads(letter["Body"])["Message"] == "lost"
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes["RequestID"] == sent
    assert attributes["ErrorMessage"].endswith("answered with status 500")
    (told,) = dead(server, arn)
    assert (told["attempts"], told["dead_letter"]) == (4, queue)


@pytest.mark.parametrize("status", [400, 404, 301])
def test_what_is_no_failure_of_the_server_is_not_tried_again(
    server: LocalServer, sns: Any, hook: Webhook, status: int
) -> None:
    topic = make_topic(server, f"client-{status}")
    arn = confirmed(server, topic, hook)
    hook.headers = {"Location": f"{server.endpoint}/_penstock/health"}
    hook.answers = [status]
    sns.publish(TopicArn=topic, Message="x")
    hook.next()
    server.settle()
    (told,) = dead(server, arn)
    assert (told["attempts"], told["error"]) == (1, f"{hook.url} answered with status {status}")
    assert hook.waiting == 0


def test_an_endpoint_that_comes_back_gets_what_it_missed(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "back")
    with webhook() as hook:
        arn = confirmed(server, topic, hook, DeliveryPolicy=policy(numRetries=100))
    sns.publish(TopicArn=topic, Message="missed")
    server.settle()
    with webhook() as other:
        subscription = server.wait(server.app.store.read(_subscription, arn))
        server.wait(server.app.store.write(_move, subscription, other.url))
        server.advance(20)
        assert other.next_json()["Message"] == "missed"


def _subscription(tx: Any, arn: str) -> Any:
    from penstock.services.sns.subscriptions.subscription import find_subscription

    return find_subscription(tx, arn.rpartition(":")[2])


def _move(tx: Any, subscription: Any, url: str) -> None:
    """Moves the endpoint: a port that was given back may be somebody else's."""
    from penstock.services.sns.subscriptions.subscription import forget_subscription
    from penstock.store import Statement

    tx.run(Statement.of("UPDATE sns_subscription SET endpoint = ? WHERE id = ?"), url, subscription.id)
    forget_subscription(tx, subscription.topic_id, subscription.number, subscription.uid)


def test_whoever_unsubscribes_an_endpoint_tells_it_how_to_come_back(
    server: LocalServer, sns: Any, hook: Webhook
) -> None:
    topic = make_topic(server, "farewell")
    arn = confirmed(server, topic, hook)
    sns.unsubscribe(SubscriptionArn=arn)
    headers, body = hook.next()
    farewell = json.loads(body)
    check_signature(farewell)
    assert farewell["Type"] == headers["x-amz-sns-message-type"] == "UnsubscribeConfirmation"
    assert farewell["Message"].startswith(f"You have chosen to deactivate subscription {arn}.\n")
    sns.publish(TopicArn=topic, Message="not for you")
    with urlopen(farewell["SubscribeURL"]):
        pass
    sns.publish(TopicArn=topic, Message="back")
    assert hook.next_json()["Message"] == "back"


def test_a_message_for_what_was_unsubscribed_meanwhile_is_dropped_and_said_so(
    server: LocalServer, sns: Any, hook: Webhook
) -> None:
    topic = make_topic(server, "meanwhile")
    arn = confirmed(server, topic, hook)
    hook.answers = [500]
    sns.publish(TopicArn=topic, Message="x")
    hook.next()
    server.settle()
    sns.unsubscribe(SubscriptionArn=arn)
    hook.next()
    server.advance(20)
    server.settle()
    assert [told["error"] for told in dead(server, arn)] == ["The subscription is deleted by now."]
    assert hook.waiting == 0


def test_a_throttled_endpoint_gets_so_many_a_second(server: LocalServer, sns: Any, hook: Webhook) -> None:
    topic = make_topic(server, "throttled")
    throttle = json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 1}})
    confirmed(server, topic, hook, DeliveryPolicy=throttle)
    before_ms = server.clock.now_ms()
    for number in range(3):
        sns.publish(TopicArn=topic, Message=str(number))
    hook.next()
    server.advance(10)
    hook.next()
    hook.next()
    assert server.clock.now_ms() - before_ms >= 2000


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0:1/",
    ],
)
def test_link_local_addresses_are_not_reached(server: LocalServer, sns: Any, url: str) -> None:
    arn = subscribe(server, make_topic(server, "guarded"), "http", url)
    server.settle()
    (told,) = dead(server, arn)
    assert "link-local or unspecified" in told["error"]


@pytest.mark.parametrize("path", ["/_penstock/settle", "/%5fpenstock/x", "//_penstock/x", "/a/../_penstock/"])
def test_the_control_api_is_not_reached(server: LocalServer, sns: Any, path: str) -> None:
    arn = subscribe(server, make_topic(server, "control"), "http", server.endpoint + path)
    server.settle()
    (told,) = dead(server, arn)
    assert "is the control API" in told["error"]


def test_a_name_that_leads_inside_is_not_reached(
    server: LocalServer, sns: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penstock.outbound import client

    monkeypatch.setattr(client, "_addresses", lambda host, port: ["93.184.216.34", "169.254.169.254"])
    arn = subscribe(server, make_topic(server, "rebound"), "http", "http://innocent.example/")
    server.settle()
    (told,) = dead(server, arn)
    assert "169.254.169.254 is a link-local" in told["error"]


def test_a_certificate_that_does_not_fit_is_a_failure_to_try_again(server: LocalServer, sns: Any) -> None:
    with LocalServer(tls="self-signed") as strange:
        url = f"https://127.0.0.1:{strange.endpoint.rpartition(':')[2]}/"
        arn = subscribe(server, make_topic(server, "strange"), "https", url)
        server.settle()
        (waiting,) = server.wait(server.app.store.read(_waiting, arn))
        assert "certificate" in waiting[1].lower() and waiting[0] in ("due", "leased")


def _waiting(tx: Any, arn: str) -> list[Any]:
    from penstock.store import Statement

    return list(tx.all(Statement.of("SELECT state, error FROM delivery WHERE arn = ?"), arn))


def test_what_is_under_way_when_the_server_stops_is_sent_by_the_next(tmp_path: Any) -> None:
    with webhook() as hook:
        with LocalServer(data=tmp_path) as server:
            topic = make_topic(server, "restart")
            confirmed(server, topic, hook)
            hook.answers = [500]
            server.client("sns").publish(TopicArn=topic, Message="kept")
            hook.next()
            server.settle()
        with LocalServer(data=tmp_path) as server:
            server.advance(20)
            assert hook.next_json()["Message"] == "kept"
