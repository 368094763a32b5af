"""Subscriptions: made, confirmed, described, changed, listed, ended."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import make_queue, receive
from tests.kit.policies import ACCOUNT
from tests.kit.policies import document as policy
from tests.kit.roles import clients_of
from tests.kit.topics import make_topic, sns_may_send, subscribe, subscribed_queue

from penstock.testing import LocalServer

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
NOWHERE = f"arn:aws:sns:us-east-1:{ACCOUNT}:none:00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("protocol", "endpoint", "text"),
    [
        ("carrier-pigeon", "x", "Does not support this protocol string: carrier-pigeon"),
        ("sqs", "q", "SQS endpoint ARN"),
        ("sqs", f"arn:aws:sns:us-east-1:{ACCOUNT}:q", "SQS endpoint ARN"),
        ("sqs", QUEUE + ".fifo", "FIFO SQS Queues can not be subscribed to standard SNS topics"),
        ("lambda", QUEUE, "Lambda endpoint ARN"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("https", "http://example.com", "Endpoint must match the specified protocol"),
        ("http", "http://", "Please use a valid URL"),
        ("http", "http://a b/", "Please use a valid URL"),
        ("http", "http://host:99999/", "Please use a valid URL"),
        ("http", "http://é/", "Please use a valid URL"),
        ("http", "http://a/\r\nHost: b", "Endpoint"),
        ("email", "nobody", "Email address"),
        ("email", "a@b@c", "Email address"),
        ("email", "a@example.com\r\nBcc: b@example.com", "Endpoint"),
        ("email-json", "a@example.com, b@example.com", "Email address"),
        ("sqs", "", "Endpoint"),
    ],
)
def test_an_endpoint_is_one_of_its_protocol(
    server: LocalServer, sns: Any, protocol: str, endpoint: str, text: str
) -> None:
    topic = make_topic(server, "endpoints")
    code, message = refused(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert code == "InvalidParameter" and text in message


@pytest.mark.parametrize("protocol", ["sms", "application", "firehose"])
def test_phones_and_streams_are_refused_by_name(server: LocalServer, sns: Any, protocol: str) -> None:
    topic = make_topic(server, "phones")
    assert refused(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint="x") == (
        "NotImplemented",
        f"The protocol {protocol} of subscriptions is not implemented by this server.",
    )


def test_a_subscription_is_made_once(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "once")
    first = subscribe(server, topic, "sqs", QUEUE, RawMessageDelivery="true")
    assert subscribe(server, topic, "sqs", QUEUE) == first
    again = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE}
    assert refused(sns.subscribe, Attributes={"RawMessageDelivery": "false"}, **again) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )


def test_an_endpoint_outside_waits_to_be_confirmed(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "pending")
    email = {"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"}
    assert sns.subscribe(**email)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(ReturnSubscriptionArn=True, **email)["SubscriptionArn"]
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed == {
        "SubscriptionArn": "PendingConfirmation",
        "Owner": ACCOUNT,
        "Protocol": "email",
        "Endpoint": "a@example.com",
        "TopicArn": topic,
    }
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"


@pytest.mark.parametrize("token", ["x", "0" * 208, "é"])
def test_a_token_that_nobody_was_sent_confirms_nothing(server: LocalServer, sns: Any, token: str) -> None:
    topic = make_topic(server, "tokens")
    assert refused(sns.confirm_subscription, TopicArn=topic, Token=token) == (
        "InvalidParameter",
        "Invalid parameter: Token",
    )
    with pytest.raises(HTTPError, match="400"):
        urlopen(f"{server.endpoint}/?Action=ConfirmSubscription&TopicArn={topic}&Token={quote(token)}")


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"Nothing": "x"}, "Unknown attribute: Nothing"),
        (
            {"RawMessageDelivery": "maybe"},
            "RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
        ),
        ({"FilterPolicyScope": "Subject"}, "FilterPolicyScope: Invalid value [Subject]."),
        ({"FilterPolicy": "{"}, "FilterPolicy: "),
        ({"FilterPolicy": '{"a":{"b":["c"]}}'}, "does not support nested filter policy"),
        (
            {"FilterPolicy": json.dumps({str(key): ["x"] for key in range(6)})},
            "can not have more than 5 keys",
        ),
        ({"RedrivePolicy": "{"}, "RedrivePolicy: failed to parse JSON."),
        ({"RedrivePolicy": '{"deadLetterTargetArn":1}'}, "RedrivePolicy: deadLetterTargetArn"),
        ({"RedrivePolicy": '{"deadLetterTargetArn":"x"}'}, "deadLetterTargetArn is an invalid arn"),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111111111111:q"}'},
            "must be in the subscription's account and region",
        ),
        ({"RedrivePolicy": f'{{"deadLetterTargetArn":"{QUEUE}.fifo"}}'}, "must be a standard queue"),
        ({"DeliveryPolicy": "{}"}, "does not support delivery policies"),
    ],
)
def test_attributes_have_their_values(
    server: LocalServer, sns: Any, attributes: dict[str, str], text: str
) -> None:
    topic = make_topic(server, "attributes")
    code, message = refused(
        sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=attributes
    )
    assert code == "InvalidParameter" and text in message
    assert message.startswith("Invalid parameter: Attributes Reason: ")


@pytest.mark.parametrize("name", ["SubscriptionRoleArn"])
def test_what_only_aws_has_is_refused_by_name(server: LocalServer, sns: Any, name: str) -> None:
    topic = make_topic(server, "absent")
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {name: "{}"}}
    assert refused(sns.subscribe, **wanted)[0] == "NotImplemented"


def test_only_queues_and_urls_take_raw_messages(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "raw-mail")
    arn = subscribe(server, topic, "email", "a@example.com")
    change = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    assert refused(sns.set_subscription_attributes, **change) == (
        "InvalidParameter",
        "Invalid parameter: Delivery protocol [email] does not support raw message delivery.",
    )


def test_attributes_are_set_one_by_one(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "set")
    arn = subscribe(server, topic, "sqs", QUEUE)
    set_ = sns.set_subscription_attributes
    for name, value in (
        ("FilterPolicyScope", "MessageBody"),
        ("FilterPolicy", '{"a":{"b":["c"]}}'),
        ("RedrivePolicy", json.dumps({"deadLetterTargetArn": QUEUE})),
    ):
        set_(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert found["FilterPolicyScope"] == "MessageBody"
    assert json.loads(found["FilterPolicy"]) == {"a": {"b": ["c"]}}
    narrower = {"AttributeName": "FilterPolicyScope", "AttributeValue": "MessageAttributes"}
    assert "nested" in refused(set_, SubscriptionArn=arn, **narrower)[1]
    for name in ("FilterPolicy", "RedrivePolicy"):
        set_(SubscriptionArn=arn, AttributeName=name, AttributeValue="")
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert not {"FilterPolicy", "RedrivePolicy"} & found.keys()
    assert refused(set_, SubscriptionArn=arn, AttributeName="None") == (
        "InvalidParameter",
        "Invalid parameter: AttributeName",
    )


def test_a_subscription_that_is_not_there_is_not_found(sns: Any) -> None:
    assert refused(sns.get_subscription_attributes, SubscriptionArn=NOWHERE) == (
        "NotFound",
        "Subscription does not exist",
    )
    sns.unsubscribe(SubscriptionArn=NOWHERE)
    assert refused(sns.unsubscribe, SubscriptionArn="x") == (
        "InvalidParameter",
        "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1",
    )
    topic = NOWHERE.rpartition(":")[0]
    assert refused(sns.unsubscribe, SubscriptionArn=topic)[1] == "Invalid parameter: SubscriptionId"


def test_a_uid_belongs_to_its_topic_alone(server: LocalServer, sns: Any) -> None:
    arn = subscribe(server, make_topic(server, "mine"), "sqs", QUEUE)
    elsewhere = f"{make_topic(server, 'yours')}:{arn.rpartition(':')[2]}"
    assert refused(sns.get_subscription_attributes, SubscriptionArn=elsewhere)[0] == "NotFound"
    sns.unsubscribe(SubscriptionArn=elsewhere)
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["SubscriptionArn"] == arn


def test_what_was_unsubscribed_gets_nothing(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "ended")
    url, arn = subscribed_queue(server, topic, "ended")
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    sns.publish(TopicArn=topic, Message="x")
    assert receive(server, url) == []
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsDeleted"] == "1"


def test_the_link_in_a_message_ends_the_subscription_without_a_signature(
    server: LocalServer, sns: Any
) -> None:
    topic = make_topic(server, "link")
    url, arn = subscribed_queue(server, topic, "link")
    sns.publish(TopicArn=topic, Message="x")
    (message,) = receive(server, url)
    with urlopen(json.loads(message["Body"])["UnsubscribeURL"]) as answer:
        assert (answer.status, b"<UnsubscribeResponse" in answer.read()) == (200, True)
    assert refused(sns.get_subscription_attributes, SubscriptionArn=arn)[0] == "NotFound"


def test_other_operations_want_a_signature(server: LocalServer) -> None:
    for action in ("Publish", "ListTopics", "Subscribe"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(
                f"{server.endpoint}/?Action={action}&Version=2010-03-31&TopicArn={QUEUE.replace('sqs', 'sns')}"
            )


def test_subscriptions_are_listed_a_hundred_at_a_time(server: LocalServer) -> None:
    sns = server.client("sns", region_name="eu-west-1")
    topic = sns.create_topic(Name="many")["TopicArn"]
    for number in range(101):
        protocol = "sqs" if number % 2 else "email"
        endpoint = f"{QUEUE}-{number}" if number % 2 else f"{number}@example.com"
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    of_topic = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    of_owner = sns.get_paginator("list_subscriptions").paginate()
    assert len(sns.list_subscriptions()["Subscriptions"]) == 100
    first, second = (
        [one["Endpoint"] for one in pages.build_full_result()["Subscriptions"]]
        for pages in (of_topic, of_owner)
    )
    assert (len(first), first) == (101, second)
    assert refused(sns.list_subscriptions, NextToken="eA==")[0] == "InvalidParameter"


def test_a_subscription_that_nobody_confirms_goes_after_two_days(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "forgotten")
    arn = subscribe(server, topic, "email", "slow@example.com")
    server.advance(2 * 86_400 + 1)
    server.wait(server.app.service("sns").state.sweeper.sweep())
    assert refused(sns.get_subscription_attributes, SubscriptionArn=arn)[0] == "NotFound"


TWO = "000000000000:AKIAONE:one,111111111111:AKIATWO:two"
POLICY = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sns:*", "Resource": "*"}


def test_a_queue_of_another_account_is_asked_unless_its_owner_subscribes_it() -> None:
    with LocalServer(accounts=TWO) as server:
        sns, topic = server.client("sns"), make_topic(server, "shared")
        sns.set_topic_attributes(
            TopicArn=topic,
            AttributeName="Policy",
            AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [POLICY]}),
        )
        theirs = {"aws_access_key_id": "AKIATWO", "aws_secret_access_key": "two"}
        sqs, other = server.client("sqs", **theirs), server.client("sns", **theirs)
        urls, arns = [], []
        for name in ("asked", "own"):
            url = sqs.create_queue(QueueName=name, Attributes={"Policy": sns_may_send(topic)})["QueueUrl"]
            urls.append(url)
            arns.append(f"arn:aws:sqs:us-east-1:111111111111:{name}")
        assert (
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[0])["SubscriptionArn"]
            == "pending confirmation"
        )
        own = other.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[1])["SubscriptionArn"]
        question = json.loads(sqs.receive_message(QueueUrl=urls[0])["Messages"][0]["Body"])
        assert question["Type"] == "SubscriptionConfirmation"
        confirmed = other.confirm_subscription(
            TopicArn=topic, Token=question["Token"], AuthenticateOnUnsubscribe="true"
        )["SubscriptionArn"]
        owners = {one["SubscriptionArn"]: one["Owner"] for one in other.list_subscriptions()["Subscriptions"]}
        assert owners == {own: "111111111111", confirmed: "111111111111"}
        assert sns.get_subscription_attributes(SubscriptionArn=own)["Attributes"]["Owner"] == "111111111111"
        change = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
        assert (
            refused(sns.set_subscription_attributes, SubscriptionArn=own, **change)[0] == "AuthorizationError"
        )
        with pytest.raises(HTTPError, match="403"):
            urlopen(f"{server.endpoint}/?Action=Unsubscribe&SubscriptionArn={confirmed}")
        sns.unsubscribe(SubscriptionArn=confirmed)


def test_a_stranger_neither_sees_nor_ends_a_subscription() -> None:
    with LocalServer(accounts=TWO) as server:
        arn = subscribe(server, make_topic(server, "mine"), "sqs", QUEUE)
        stranger = server.client("sns", aws_access_key_id="AKIATWO", aws_secret_access_key="two")
        for call in (stranger.get_subscription_attributes, stranger.unsubscribe):
            assert refused(call, SubscriptionArn=arn)[0] == "AuthorizationError"


def test_subscriptions_are_there_after_a_restart(tmp_path: Any) -> None:
    with LocalServer(data=tmp_path) as server:
        topic = make_topic(server, "kept")
        subscribed_queue(server, topic, "kept")
        before = server.client("sns").get_topic_attributes(TopicArn=topic)
    with LocalServer(data=tmp_path) as server:
        sns = server.client("sns")
        assert sns.get_topic_attributes(TopicArn=topic)["Attributes"] == before["Attributes"]
        sns.publish(TopicArn=topic, Message="x")
        kept = server.client("sqs").get_queue_url(QueueName="kept")["QueueUrl"]
        assert len(receive(server, kept)) == 1


def test_a_queue_may_be_made_after_its_subscription(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "late")
    subscribe(server, topic, "sqs", f"{QUEUE}-late", RawMessageDelivery="true")
    sns.publish(TopicArn=topic, Message="early")
    url, _ = make_queue(server, "q-late", Policy=sns_may_send(topic))
    server.advance(60)
    server.settle()
    assert [message["Body"] for message in receive(server, url)] == ["early"]


def test_a_policy_about_a_topic_holds_for_its_subscriptions(server: LocalServer) -> None:
    topic, other = make_topic(server, "guarded"), make_topic(server, "unguarded")
    _, guarded = subscribed_queue(server, topic, "guarded")
    _, free = subscribed_queue(server, other, "unguarded")
    sns = clients_of(server, "subscription-editor")("sns")
    document = policy({"Effect": "Allow", "Action": "sns:*", "Resource": other})
    server.client("iam").put_role_policy(
        RoleName="subscription-editor", PolicyName="p", PolicyDocument=document
    )

    raw = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    for refused in (
        lambda: sns.get_subscription_attributes(SubscriptionArn=guarded),
        lambda: sns.set_subscription_attributes(SubscriptionArn=guarded, **raw),
        lambda: sns.unsubscribe(SubscriptionArn=guarded),
    ):
        with pytest.raises(ClientError, match=f"on resource: {topic}"):
            refused()
    sns.get_subscription_attributes(SubscriptionArn=free)
    sns.set_subscription_attributes(SubscriptionArn=free, **raw)
    sns.unsubscribe(SubscriptionArn=free)
