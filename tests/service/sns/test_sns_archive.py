"""Archives of FIFO topics, and their replay to a subscription."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import receive
from tests.kit.topics import make_topic, subscribe, subscribed_queue

from penstock.testing import LocalServer

MONTH = '{"MessageRetentionPeriod":"30"}'


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def make_archived(server: LocalServer, name: str, policy: str = MONTH) -> str:
    return make_topic(
        server, f"{name}.fifo", FifoTopic="true", ContentBasedDeduplication="true", ArchivePolicy=policy
    )


def publish(server: LocalServer, topic: str, *messages: str) -> None:
    for message in messages:
        server.client("sns").publish(TopicArn=topic, Message=message, MessageGroupId="g")


def since(server: LocalServer, ago_s: float = 0, until_s: float | None = None) -> str:
    """Returns the policy of a replay from so many seconds ago, to so many seconds ago."""

    def time(ago: float) -> str:
        return datetime.fromtimestamp(server.clock.now_ms() / 1000 - ago, UTC).isoformat(
            timespec="milliseconds"
        )

    end = {} if until_s is None else {"EndingPoint": time(until_s)}
    return json.dumps({"PointType": "Timestamp", "StartingPoint": time(ago_s), **end})


def replay(server: LocalServer, subscription: str, policy: str) -> None:
    server.client("sns").set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="ReplayPolicy", AttributeValue=policy
    )
    server.settle()


def status(server: LocalServer, subscription: str) -> str | None:
    found = server.client("sns").get_subscription_attributes(SubscriptionArn=subscription)
    return found["Attributes"].get("ReplayStatus")  # type: ignore[no-any-return]


def bodies(server: LocalServer, url: str) -> list[str]:
    return [message["Body"] for message in receive(server, url)]


def test_a_new_subscription_gets_what_was_published_before_it_and_goes_on(
    server: LocalServer, sns: Any
) -> None:
    topic = make_archived(server, "before")
    many = [str(number) for number in range(70)]
    publish(server, topic, *many)
    url, arn = subscribed_queue(
        server, topic, "before", RawMessageDelivery="true", ReplayPolicy=since(server, 3600)
    )
    server.settle()
    publish(server, topic, "new")
    assert bodies(server, url) == [*many, "new"]
    assert status(server, arn) == "Completed"


def test_a_replayed_message_is_the_same_and_says_that_it_is_replayed(server: LocalServer, sns: Any) -> None:
    topic = make_archived(server, "same")
    url, arn = subscribed_queue(server, topic, "same")
    publish(server, topic, "x")
    (first,) = [json.loads(body) for body in bodies(server, url)]
    replay(server, arn, since(server, 3600))
    (again,) = [json.loads(body) for body in bodies(server, url)]
    assert again.pop("Replayed") == "true"
    assert again == first


def test_a_replay_with_an_end_is_followed_by_nothing_until_it_is_taken_away(
    server: LocalServer, sns: Any
) -> None:
    topic = make_archived(server, "ended")
    url, arn = subscribed_queue(server, topic, "ended", RawMessageDelivery="true")
    publish(server, topic, "early")
    server.advance(600)
    publish(server, topic, "late")
    assert bodies(server, url) == ["early", "late"]
    replay(server, arn, since(server, 1200, 300))
    publish(server, topic, "new")
    assert (bodies(server, url), status(server, arn)) == (["early"], "Completed")
    replay(server, arn, "{}")
    publish(server, topic, "newer")
    assert (bodies(server, url), status(server, arn)) == (["newer"], None)


def test_a_replay_passes_the_filter(server: LocalServer, sns: Any) -> None:
    topic = make_archived(server, "filtered")
    publish(server, topic, '{"a":1}', '{"a":2}')
    url, _ = subscribed_queue(
        server,
        topic,
        "filtered",
        RawMessageDelivery="true",
        FilterPolicy='{"a":[2]}',
        FilterPolicyScope="MessageBody",
        ReplayPolicy=since(server, 3600),
    )
    server.settle()
    assert bodies(server, url) == ['{"a":2}']


def test_messages_are_archived_for_so_many_days(server: LocalServer, sns: Any) -> None:
    topic = make_archived(server, "days", '{"MessageRetentionPeriod":"1"}')
    publish(server, topic, "old")
    begin = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["BeginningArchiveTime"]
    server.advance(86_400)
    publish(server, topic, "young")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["BeginningArchiveTime"] > begin
    url, _ = subscribed_queue(
        server, topic, "days", RawMessageDelivery="true", ReplayPolicy=since(server, 3 * 86_400)
    )
    server.settle()
    assert bodies(server, url) == ["young"]
    server.wait(server.app.service("sns").state.sweeper.sweep())


def test_a_topic_goes_only_without_its_archive(server: LocalServer, sns: Any) -> None:
    topic = make_archived(server, "goes")
    publish(server, topic, "x")
    assert refused(sns.delete_topic, TopicArn=topic)[0] == "InvalidState"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="ArchivePolicy", AttributeValue="{}")
    assert "BeginningArchiveTime" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    sns.delete_topic(TopicArn=topic)
    server.wait(server.app.service("sns").state.sweeper.sweep())


@pytest.mark.parametrize(
    "policy", ["{", "[]", '{"MessageRetentionPeriod":0}', '{"MessageRetentionPeriod":366}', '{"Days":1}']
)
def test_an_archive_policy_says_one_to_365_days(server: LocalServer, sns: Any, policy: str) -> None:
    wanted = {"FifoTopic": "true", "ArchivePolicy": policy}
    assert refused(sns.create_topic, Name="bad.fifo", Attributes=wanted)[0] == "InvalidParameter"


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("{", "failed to parse JSON"),
        ("[]", "must be a JSON object"),
        ('{"PointType":"Sequence"}', "PointType must be Timestamp"),
        ('{"PointType":"Timestamp"}', "StartingPoint must be a time"),
        ('{"PointType":"Timestamp","StartingPoint":1}', "StartingPoint must be a time"),
        (
            '{"PointType":"Timestamp","StartingPoint":"2026-01-02","EndingPoint":"2026-01-01"}',
            "EndingPoint must not be before StartingPoint",
        ),
        ('{"PointType":"Timestamp","StartingPoint":"2026-01-01","X":1}', "Unexpected JSON member: X"),
    ],
)
def test_a_replay_policy_says_from_when(server: LocalServer, sns: Any, policy: str, text: str) -> None:
    topic = make_archived(server, "policies")
    queue = topic.replace(":sns:", ":sqs:")
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": {"ReplayPolicy": policy}}
    code, message = refused(sns.subscribe, **wanted)
    assert code == "InvalidParameter" and text in message


def test_a_topic_without_an_archive_replays_nothing(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "none.fifo", FifoTopic="true")
    arn = subscribe(server, topic, "sqs", topic.replace(":sns:", ":sqs:"))
    change = {"AttributeName": "ReplayPolicy", "AttributeValue": since(server)}
    code, message = refused(sns.set_subscription_attributes, SubscriptionArn=arn, **change)
    assert (code, message) == (
        "InvalidParameter",
        "Invalid parameter: ReplayPolicy: the topic has no ArchivePolicy",
    )
