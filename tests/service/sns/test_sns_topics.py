"""Topics over the wire: made, listed, described, tagged, guarded by policies, deleted."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import make_role
from tests.kit.policies import ACCOUNT, document
from tests.kit.topics import make_topic, subscribe, subscribed_queue

from penstock.testing import LocalServer

ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:"


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_topic_is_made_once(sns: Any) -> None:
    first = sns.create_topic(
        Name="once", Attributes={"DisplayName": "Once"}, Tags=[{"Key": "a", "Value": "1"}]
    )
    assert first["TopicArn"] == f"{ARN}once"
    assert sns.create_topic(Name="once")["TopicArn"] == first["TopicArn"]
    assert sns.create_topic(Name="once", Attributes={"DisplayName": "Once"})["TopicArn"] == first["TopicArn"]


def test_another_topic_of_the_name_is_refused(sns: Any) -> None:
    sns.create_topic(Name="other", Tags=[{"Key": "a", "Value": "1"}])
    assert refused(sns.create_topic, Name="other", Attributes={"DisplayName": "x"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )
    assert refused(sns.create_topic, Name="other", Tags=[{"Key": "a", "Value": "2"}]) == (
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    )


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 257, "a.fifo", "a/b", "a:b"])
def test_a_name_has_256_letters_digits_hyphens_and_underscores(sns: Any, name: str) -> None:
    assert refused(sns.create_topic, Name=name) == ("InvalidParameter", "Invalid parameter: Topic Name")


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"Nothing": "x"}, "Attributes Reason: Unknown attribute Nothing"),
        (
            {"ContentBasedDeduplication": "true"},
            "Attributes Reason: Unknown attribute ContentBasedDeduplication",
        ),
        (
            {"FifoTopic": "yes"},
            "Attributes Reason: FifoTopic: Invalid value [yes]. Must be either true or false.",
        ),
        ({"DisplayName": "x" * 101}, "Attributes Reason: DisplayName: must be at most 100 characters"),
        ({"MaximumMessageSize": "1"}, "Must be an integer from 1024 to 1048576."),
        (
            {"SignatureVersion": "3"},
            "Attributes Reason: SignatureVersion: Invalid value [3]. Must be one of 1, 2.",
        ),
        ({"Policy": "{"}, "Attributes Reason: Policy: Policy Error: "),
        (
            {"Policy": document({"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"})},
            "scope!",
        ),
        ({"DeliveryPolicy": "[]"}, "Attributes Reason: DeliveryPolicy: "),
        ({"SQSSuccessFeedbackSampleRate": "101"}, "Must be an integer from 0 to 100."),
        ({"SQSFailureFeedbackRoleArn": "me"}, "Must be the ARN of a role."),
        ({"KmsMasterKeyId": "alias/schlüssel"}, "Must be the id, ARN or alias of a key."),
    ],
)
def test_attributes_have_their_values(sns: Any, attributes: dict[str, str], text: str) -> None:
    code, message = refused(sns.create_topic, Name="attributes", Attributes=attributes)
    assert code == "InvalidParameter" and message.startswith("Invalid parameter: ") and text in message


def test_what_only_aws_has_is_refused_by_name(sns: Any) -> None:
    code, message = refused(sns.create_topic, Name="absent", DataProtectionPolicy="{}")
    assert (code, message.endswith("is not implemented by this server.")) == ("NotImplemented", True)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("put_data_protection_policy", {"ResourceArn": f"{ARN}x", "DataProtectionPolicy": "{}"}),
        ("create_platform_application", {"Name": "x", "Platform": "GCM", "Attributes": {}}),
        ("list_phone_numbers_opted_out", {}),
        ("get_sms_attributes", {}),
    ],
)
def test_operations_on_phones_and_data_protection_are_refused_by_name(
    sns: Any, operation: str, params: dict[str, Any]
) -> None:
    code, message = refused(getattr(sns, operation), **params)
    assert code == "NotImplemented" and message.startswith("sns:")


def test_a_topic_shows_what_was_set_and_what_holds(server: LocalServer, sns: Any) -> None:
    policy = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}, "disableSubscriptionOverrides": True}}
    arn = make_topic(server, "shown", DisplayName="Shown", DeliveryPolicy=json.dumps(policy))
    subscribed_queue(server, arn, "shown")
    subscribe(server, arn, "email", "a@example.com")
    found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert json.loads(found.pop("EffectiveDeliveryPolicy")) == {
        "http": {
            "defaultHealthyRetryPolicy": {
                "minDelayTarget": 20,
                "maxDelayTarget": 20,
                "numRetries": 5,
                "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0,
                "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
            "disableSubscriptionOverrides": True,
            "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
        }
    }
    statement = json.loads(found.pop("Policy"))["Statement"][0]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    assert found == {
        "TopicArn": arn,
        "Owner": ACCOUNT,
        "DisplayName": "Shown",
        "DeliveryPolicy": json.dumps(policy),
        "SubscriptionsConfirmed": "1",
        "SubscriptionsPending": "1",
        "SubscriptionsDeleted": "0",
    }


def test_attributes_are_set_one_by_one(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "set")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="é")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "é"
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == ""
    set_ = sns.set_topic_attributes
    assert (
        refused(set_, TopicArn=arn, AttributeName="None", AttributeValue="x")[1]
        == "Invalid parameter: AttributeName"
    )
    retries = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 101}}})
    assert refused(set_, TopicArn=arn, AttributeName="DeliveryPolicy", AttributeValue=retries) == (
        "InvalidParameter",
        "Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or equal "
        "to 100",
    )


def test_a_topic_for_large_messages_has_queues_and_functions_only(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "large")
    subscribe(server, arn, "email", "a@example.com")
    large = {"AttributeName": "MaximumMessageSize", "AttributeValue": "1048576"}
    assert refused(sns.set_topic_attributes, TopicArn=arn, **large)[0] == "InvalidParameter"
    empty = make_topic(server, "large-empty")
    sns.set_topic_attributes(TopicArn=empty, **large)
    assert (
        refused(sns.subscribe, TopicArn=empty, Protocol="email", Endpoint="a@example.com")[0]
        == "InvalidParameter"
    )


def test_an_account_has_so_many_topics_of_each_kind(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sns = server.client("sns", region_name="us-west-2")
    monkeypatch.setattr("penstock.services.sns.limits.MAX_TOPICS", 1)
    monkeypatch.setattr("penstock.services.sns.limits.MAX_FIFO_TOPICS", 1)
    for name, attributes in (("a", {}), ("a.fifo", {"FifoTopic": "true"})):
        sns.create_topic(Name=name, Attributes=attributes)
        sns.create_topic(Name=name, Attributes=attributes)
        assert refused(sns.create_topic, Name=f"b{name}", Attributes=attributes)[0] == "TopicLimitExceeded"


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("nothing", "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns", "TopicArn Reason: An ARN must have at least 6 elements, not 3"),
        (f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "TopicArn"),
        (f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", "TopicArn"),
        (f"{ARN}t:c0ffee", "TopicArn"),
    ],
)
def test_what_is_no_topic_s_arn_is_refused(sns: Any, arn: str, text: str) -> None:
    assert refused(sns.get_topic_attributes, TopicArn=arn) == (
        "InvalidParameter",
        f"Invalid parameter: {text}",
    )


def test_a_topic_that_is_not_there_is_not_found(sns: Any) -> None:
    for call in (sns.get_topic_attributes, sns.list_subscriptions_by_topic):
        assert refused(call, TopicArn=f"{ARN}none") == ("NotFound", "Topic does not exist")
    assert refused(sns.list_tags_for_resource, ResourceArn=f"{ARN}none") == (
        "ResourceNotFound",
        "Resource does not exist",
    )
    sns.delete_topic(TopicArn=f"{ARN}none")


def test_a_deleted_topic_takes_its_subscriptions_with_it(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "deleted")
    _, subscription = subscribed_queue(server, arn, "deleted")
    sns.delete_topic(TopicArn=arn)
    assert refused(sns.publish, TopicArn=arn, Message="x")[0] == "NotFound"
    assert refused(sns.get_subscription_attributes, SubscriptionArn=subscription)[0] == "NotFound"
    make_topic(server, "deleted")
    assert sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"] == []
    found = sns.get_paginator("list_subscriptions").paginate().build_full_result()["Subscriptions"]
    assert subscription not in [one["SubscriptionArn"] for one in found]


def test_topics_are_listed_a_hundred_at_a_time(server: LocalServer) -> None:
    sns = server.client("sns", region_name="eu-west-1")
    made = [sns.create_topic(Name=f"page-{number:03}")["TopicArn"] for number in range(201)]
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    pages = sns.get_paginator("list_topics").paginate().build_full_result()["Topics"]
    assert [topic["TopicArn"] for topic in pages] == made
    assert refused(sns.list_topics, NextToken="%%%") == ("InvalidParameter", "Invalid parameter: NextToken")


def test_tags_are_added_listed_and_removed(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "tags")
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    sns.untag_resource(ResourceArn=arn, TagKeys=["b", "none"])
    assert sns.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refused(sns.tag_resource, ResourceArn=arn, Tags=many)[0] == "TagLimitExceeded"
    for key in ("aws:x", "AWS:x"):
        assert (
            refused(sns.tag_resource, ResourceArn=arn, Tags=[{"Key": key, "Value": ""}])[0]
            == "InvalidParameter"
        )


def test_permissions_are_statements_of_the_policy(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "permissions")
    sns.add_permission(TopicArn=arn, Label="they", AWSAccountId=["111111111111"], ActionName=["Publish"])
    found = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]
    assert found[-1] == {
        "Sid": "they",
        "Effect": "Allow",
        "Principal": {"AWS": ["arn:aws:iam::111111111111:root"]},
        "Action": ["SNS:Publish"],
        "Resource": arn,
    }
    again = {"TopicArn": arn, "AWSAccountId": ["111111111111"]}
    assert "already exists" in refused(sns.add_permission, Label="they", ActionName=["Publish"], **again)[1]
    assert "out of service scope" in refused(sns.add_permission, Label="more", ActionName=["Fly"], **again)[1]
    assert (
        refused(sns.add_permission, Label="é", ActionName=["Publish"], **again)[1]
        == "Invalid parameter: Label"
    )
    sns.remove_permission(TopicArn=arn, Label="they")
    found = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"]
    assert [statement["Sid"] for statement in found] == ["__default_statement_ID"]


def test_whoever_may_not_is_refused_in_sns_words(server: LocalServer, sns: Any) -> None:
    arn = make_topic(server, "guarded")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    role = make_role(server, "topic-reader", "sns:GetTopicAttributes", trust=trust)
    session = server.client("sts").assume_role(RoleArn=role, RoleSessionName="rr")["Credentials"]
    reader = server.client(
        "sns",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    assert reader.get_topic_attributes(TopicArn=arn)["Attributes"]["TopicArn"] == arn
    assert refused(reader.publish, TopicArn=arn, Message="x") == (
        "AuthorizationError",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/topic-reader/rr is not authorized to perform: SNS:Publish on "
        f"resource: {arn} because no identity-based policy allows the SNS:Publish action",
    )


def test_another_account_publishes_as_far_as_the_policy_lets_it() -> None:
    accounts = "000000000000:AKIAONE:one,111111111111:AKIATWO:two"
    with LocalServer(accounts=accounts) as server:
        arn = make_topic(server, "shared")
        other = server.client("sns", aws_access_key_id="AKIATWO", aws_secret_access_key="two")
        assert refused(other.publish, TopicArn=arn, Message="x")[0] == "AuthorizationError"
        server.client("sns").add_permission(
            TopicArn=arn, Label="they", AWSAccountId=["111111111111"], ActionName=["Publish", "Subscribe"]
        )
        assert other.publish(TopicArn=arn, Message="x")["MessageId"]
        assert refused(other.delete_topic, TopicArn=arn)[0] == "AuthorizationError"
        assert other.list_topics()["Topics"] == []
