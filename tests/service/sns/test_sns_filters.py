"""Filters, dead letters and wide topics: which subscriptions get a message, and what becomes of those that cannot."""

import json
from typing import Any

import pytest
from tests.kit.control import ask
from tests.kit.functions import make_queue, receive
from tests.kit.policies import ACCOUNT
from tests.kit.topics import make_topic, sns_may_send, subscribe, subscribed_queue

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def filtered(
    server: LocalServer, topic: str, name: str, policy: object, scope: str = "MessageAttributes"
) -> str:
    """Returns the URL of a queue that gets what passes ``policy``."""
    return subscribed_queue(
        server,
        topic,
        name,
        RawMessageDelivery="true",
        FilterPolicy=json.dumps(policy),
        FilterPolicyScope=scope,
    )[0]


def attribute(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


def test_a_filter_reads_the_attributes(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "attributes")
    policies = {
        "exact": {"store": ["example_corp"]},
        "prefix": {"store": [{"prefix": "example"}]},
        "suffix": {"store": [{"suffix": "corp"}]},
        "ignore-case": {"store": [{"equals-ignore-case": "EXAMPLE_CORP"}]},
        "but": {"store": [{"anything-but": ["other"]}]},
        "but-prefix": {"store": [{"anything-but": {"prefix": "oth"}}]},
        "numeric": {"price": [{"numeric": [">", 0, "<=", 100]}]},
        "exists": {"store": [{"exists": True}]},
        "missing": {"color": [{"exists": False}]},
        "array": {"interests": ["tides"]},
        "cidr": {"ip": [{"cidr": "10.0.0.0/24"}]},
        "or": {"$or": [{"store": ["none"]}, {"price": [100]}]},
        "both": {"store": ["example_corp"], "price": [99]},
        "never": {"store": ["other"]},
        "all": {},
    }
    urls = {name: filtered(server, topic, f"attr-{name}", policy) for name, policy in policies.items()}
    sns.publish(
        TopicArn=topic,
        Message="x",
        MessageAttributes={
            "store": attribute("example_corp"),
            "price": attribute("100", "Number"),
            "interests": attribute('["rugby","tides"]', "String.Array"),
            "ip": attribute("10.0.0.7"),
        },
    )
    got = {name for name, url in urls.items() if receive(server, url)}
    assert set(policies) - got == {"both", "never"}


def test_a_filter_reads_the_body(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "body")
    policies = {
        "nested": {"store": {"city": ["Bergen"]}},
        "array": {"items": ["salt"]},
        "never": {"store": {"city": ["Oslo"]}},
    }
    urls = {
        name: filtered(server, topic, f"body-{name}", policy, "MessageBody")
        for name, policy in policies.items()
    }
    sns.publish(
        TopicArn=topic, Message=json.dumps({"store": {"city": "Bergen"}, "items": ["salt", "pepper"]})
    )
    sns.publish(TopicArn=topic, Message="no JSON")
    assert {name: len(receive(server, url)) for name, url in urls.items()} == {
        "nested": 1,
        "array": 1,
        "never": 0,
    }


def test_a_changed_filter_holds_for_the_next_message(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "changed")
    url, arn = subscribed_queue(
        server, topic, "changed", RawMessageDelivery="true", FilterPolicy='{"a":["1"]}'
    )
    sns.publish(TopicArn=topic, Message="one", MessageAttributes={"a": attribute("2")})
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a":["2"]}'
    )
    sns.publish(TopicArn=topic, Message="two", MessageAttributes={"a": attribute("2")})
    assert [message["Body"] for message in receive(server, url)] == ["two"]


@pytest.mark.parametrize("why", ["gone", "forbids"])
def test_what_a_queue_cannot_take_is_in_the_dead_letter_queue_at_once(
    server: LocalServer, sns: Any, why: str
) -> None:
    topic = make_topic(server, f"buried-{why}")
    letters, queue = make_queue(server, f"letters-{why}", Policy=sns_may_send(topic))
    endpoint = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{why}"
    if why == "forbids":
        make_queue(server, why)
    arn = subscribe(server, topic, "sqs", endpoint, RedrivePolicy=json.dumps({"deadLetterTargetArn": queue}))
    server.settle()
    before = server.app.store.commits
    sent = sns.publish(TopicArn=topic, Message="lost")["MessageId"]
    assert server.app.store.commits == before + 1
    (letter,) = receive(server, letters)
    assert json.loads(letter["Body"])["Message"] == "lost"
    assert letter["MessageAttributes"]["RequestID"]["StringValue"] == sent
    assert endpoint in letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
    (told,) = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
    assert (told["state"], told["dead_letter"], told["attempts"]) == ("dead", queue, 1)


def test_a_message_without_anywhere_to_go_is_tried_for_23_days(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "ladder")
    arn = subscribe(server, topic, "sqs", f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere")
    sns.publish(TopicArn=topic, Message="x")
    server.settle()
    server.advance(23 * 86_400 - 3600)
    server.settle()
    assert ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"] == []
    server.advance(3600)
    server.settle()
    (told,) = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
    assert "does not exist" in told["error"]
    url, _ = make_queue(server, "nowhere", Policy=sns_may_send(topic))
    assert ask(server, "POST", "/_penstock/redrive", json.dumps({"ids": [told["id"]]}).encode())[0] == 200
    server.settle()
    assert json.loads(receive(server, url)[0]["Body"])["Message"] == "x"


def test_raw_messages_with_more_attributes_than_a_queue_takes_are_given_up(
    server: LocalServer, sns: Any
) -> None:
    topic = make_topic(server, "eleven")
    url, arn = subscribed_queue(server, topic, "eleven", RawMessageDelivery="true")
    many = {f"a{number}": attribute("x") for number in range(11)}
    sns.publish(TopicArn=topic, Message="x", MessageAttributes=many)
    (told,) = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
    assert (receive(server, url), "exceeds the allowed maximum" in told["error"]) == ([], True)


def test_a_wide_fan_out_goes_on_behind_the_publication(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "wide")
    url, queue = make_queue(server, "wide", Policy=sns_may_send(topic))
    count = 700
    server.wait(server.app.store.write(_subscribe_often, topic, queue, count))
    sent = sns.publish(TopicArn=topic, Message="x")["MessageId"]
    server.settle()
    got = [json.loads(message["Body"]) for message in receive(server, url)]
    assert {found["MessageId"] for found in got} == {sent}
    assert len({found["UnsubscribeURL"] for found in got}) == len(got) == count


def _subscribe_often(tx: Any, topic_arn: str, queue: str, count: int) -> None:
    """Makes many subscriptions of one queue, which AWS has no way to."""
    from penstock.services.sns.arns import named
    from penstock.services.sns.subscriptions.subscription import forget_subscription
    from penstock.services.sns.topics.topic import find_topic
    from penstock.store import Statement

    topic = find_topic(tx, named(topic_arn).topic)  # type: ignore[union-attr]
    assert topic is not None
    add = Statement.of(
        "INSERT INTO sns_subscription (topic, number, uid, topic_arn, owner, principal, region, protocol, endpoint, "
        "state, attributes, is_authenticated, is_protected) "
        "VALUES (?, ?, ?, ?, ?, '', 'us-east-1', 'sqs', ?, 'confirmed', '{}', 1, 0)"
    )
    for number in range(count):
        uid = tx.ids.uuid()
        tx.run(add, topic.id, number, uid, topic_arn, ACCOUNT, queue)
        forget_subscription(tx, topic.id, number, uid)
