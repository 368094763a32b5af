"""S3 to a topic to a queue: one commit, guarded by both policies, and told by the ledger."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.control import ask
from tests.kit.functions import make_queue, receive
from tests.kit.topics import make_topic, s3_may_publish, sns_may_send, subscribe, subscribed_queue

from penstock.testing import LocalServer


def story(server: LocalServer, bucket: str) -> list[dict[str, Any]]:
    """Returns what the ledger tells of the object ``k``."""
    status, answer = ask(server, "GET", f"/_penstock/trace?bucket={bucket}&key=k")
    assert status == 200
    events: list[dict[str, Any]] = answer["events"]
    return events


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


def watched(server: LocalServer, name: str) -> str:
    """Returns the ARN of a topic that gets the events of the new bucket ``name``."""
    s3, topic = server.client("s3"), make_topic(server, name)
    s3.create_bucket(Bucket=name)
    server.client("sns").set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=s3_may_publish(topic, name)
    )
    return topic


def notify(server: LocalServer, bucket: str, topic: str) -> None:
    rule = {"Id": "r", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    server.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [rule]}
    )


def test_an_object_reaches_the_queues_of_a_topic_in_its_own_commit(server: LocalServer, s3: Any) -> None:
    topic = watched(server, "one-commit")
    urls = [subscribed_queue(server, topic, f"one-commit-{number}")[0] for number in range(2)]
    notify(server, "one-commit", topic)
    for url in urls:
        (test,) = receive(server, url)
        found = json.loads(test["Body"])
        assert found["Subject"] == "Amazon S3 Notification"
        assert json.loads(found["Message"])["Event"] == "s3:TestEvent"
    server.settle()
    before = server.app.store.commits
    s3.put_object(Bucket="one-commit", Key="a b", Body=b"1")
    assert server.app.store.commits == before + 1
    for url in urls:
        (message,) = receive(server, url)
        found = json.loads(message["Body"])
        (record,) = json.loads(found["Message"])["Records"]
        assert (found["Subject"], record["s3"]["object"]["key"]) == ("Amazon S3 Notification", "a+b")


def test_the_configuration_is_given_back(server: LocalServer, s3: Any) -> None:
    topic = watched(server, "given-back")
    notify(server, "given-back", topic)
    (rule,) = s3.get_bucket_notification_configuration(Bucket="given-back")["TopicConfigurations"]
    assert rule == {"Id": "r", "TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}


def test_a_topic_that_forbids_or_is_missing_is_refused(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="validated")
    forbidding = make_topic(server, "validated")
    for arn, reason in (
        (
            forbidding,
            "Permissions on the destination topic do not allow S3 to publish notifications from this bucket",
        ),
        (forbidding + "-none", "The destination topic does not exist"),
        (forbidding + ".fifo", "FIFO queues and topics are not supported as a destination"),
    ):
        with pytest.raises(ClientError) as raised:
            notify(server, "validated", arn)
        error = raised.value.response["Error"]
        assert error["Message"] == "Unable to validate the following destination configurations"
        assert (error["ArgumentName1"], error["ArgumentValue1"]) == (arn, reason)


def test_another_bucket_may_not_publish(server: LocalServer, s3: Any) -> None:
    topic = watched(server, "allowed")
    s3.create_bucket(Bucket="stranger")
    with pytest.raises(ClientError, match="Unable to validate"):
        notify(server, "stranger", topic)


def test_the_story_tells_of_topic_and_queue(server: LocalServer, s3: Any) -> None:
    topic = watched(server, "story")
    url, subscription = subscribed_queue(server, topic, "story")
    missing = subscribe(server, topic, "sqs", topic.replace(":sns:", ":sqs:") + "-none")
    passed_over = subscribe(
        server, topic, "sqs", topic.replace(":sns:", ":sqs:") + "-other", FilterPolicy='{"kind":["other"]}'
    )
    notify(server, "story", topic)
    receive(server, url)
    s3.put_object(Bucket="story", Key="k", Body=b"1")
    (message,) = receive(server, url)
    (event,) = story(server, "story")
    found = {delivery["arn"]: delivery for delivery in event["deliveries"]}
    queue = found[topic.replace(":sns:", ":sqs:")]
    assert (queue["state"], queue["via"], queue["receipt"]) == (
        "delivered",
        subscription,
        message["MessageId"],
    )
    assert found[topic]["receipt"] == json.loads(message["Body"])["MessageId"]
    other = next(one for one in event["deliveries"] if one.get("via") == passed_over)
    assert (other["state"], other["receipt"]) == ("filtered", None)
    assert other["error"].startswith("the filter policy does not match: ")
    assert found[missing]["state"] in ("due", "leased") and "does not exist" in found[missing]["error"]


def test_what_a_queue_s_policy_refuses_is_seen_and_comes_later(server: LocalServer, s3: Any) -> None:
    topic = watched(server, "later")
    url, arn = make_queue(server, "later")
    subscription = subscribe(server, topic, "sqs", arn)
    notify(server, "later", topic)
    s3.put_object(Bucket="later", Key="k", Body=b"1")
    (event,) = story(server, "later")
    waiting = next(one for one in event["deliveries"] if one["arn"] == subscription)
    assert "does not let sns.amazonaws.com send messages" in waiting["error"]
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": sns_may_send(topic)})
    server.advance(60)
    server.settle()
    assert len(receive(server, url)) == 2
