"""From a rule to a topic and on to its queues, in the object's own commit; and what a topic refuses."""

import json
from typing import Any

from tests.kit.buses import Inbox, put_event, put_rule, rule_arn
from tests.kit.functions import client, receive
from tests.kit.policies import document
from tests.kit.topics import make_topic, subscribed_queue

from penstock.delivery.telling.story import object_story
from penstock.testing import LocalServer


def let_events_publish(server: LocalServer, topic: str, rule: str) -> None:
    """Lets EventBridge publish to the topic for the rule."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    client(server, "sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=document(statement)
    )


def test_an_object_reaches_a_topics_queues_over_the_bus_in_its_own_commit(server: LocalServer) -> None:
    s3, topic = server.client("s3"), make_topic(server, "over-the-bus")
    let_events_publish(server, topic, rule_arn("over-the-bus"))
    url, subscription = subscribed_queue(server, topic, "over-the-bus")
    s3.create_bucket(Bucket="over-the-bus")
    s3.put_bucket_notification_configuration(
        Bucket="over-the-bus", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["over-the-bus"]}}}
    put_rule(server, "over-the-bus", {"Arn": topic}, pattern=pattern)
    server.settle()
    before = server.app.store.commits
    s3.put_object(Bucket="over-the-bus", Key="k", Body=b"1")
    assert server.app.store.commits == before + 1
    (message,) = receive(server, url)
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["TopicArn"], "Subject" in envelope) == ("Notification", topic, False)
    assert json.loads(envelope["Message"])["detail"]["object"]["key"] == "k"
    (event,) = server.wait(server.app.store.read(object_story, "over-the-bus", "k"))
    shown = {
        found["via"]: (found["arn"], found["state"]) for found in event["deliveries"] if found.get("via")
    }
    assert shown[rule_arn("over-the-bus")] == (topic, "delivered")
    assert shown[subscription][1] == "delivered"


def test_what_a_topic_makes_of_a_transformed_event_is_its_message(server: LocalServer) -> None:
    topic = make_topic(server, "told")
    let_events_publish(server, topic, rule_arn("told"))
    url, _ = subscribed_queue(server, topic, "told", RawMessageDelivery="true")
    told = {"InputPathsMap": {"who": "$.detail.who"}, "InputTemplate": '"<who> has come"'}
    put_rule(server, "told", {"Arn": topic, "InputTransformer": told})
    put_event(server, "told", {"who": "Ann"})
    assert [message["Body"] for message in receive(server, url)] == ['"Ann has come"']


def test_a_topic_that_lets_nobody_publish_gets_what_it_refused_when_it_does(server: LocalServer) -> None:
    topic = make_topic(server, "shut")
    url, _ = subscribed_queue(server, topic, "shut")
    put_rule(server, "shut", {"Arn": topic})
    let_events_publish(server, topic, rule_arn("another"))
    put_event(server, "shut", {"n": 1})
    server.settle()
    assert receive(server, url) == []
    let_events_publish(server, topic, rule_arn("shut"))
    server.advance(3600)
    server.settle()
    (message,) = receive(server, url)
    assert json.loads(json.loads(message["Body"])["Message"])["detail"] == {"n": 1}


def test_what_no_topic_takes_any_more_goes_to_the_targets_dead_letter_queue(server: LocalServer) -> None:
    letters = Inbox(server, "shut-letters")
    gone = make_topic(server, "gone")
    policy = {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60}
    put_rule(server, "gone", {"Arn": gone, "DeadLetterConfig": {"Arn": letters.arn}, "RetryPolicy": policy})
    client(server, "sns").delete_topic(TopicArn=gone)
    put_event(server, "gone", {"n": 1})
    for _ in range(4):
        server.settle()
        server.advance(60)
    server.settle()
    (letter,) = letters.bodies()
    assert letter["detail"] == {"n": 1}
