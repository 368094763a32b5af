"""Queues: made, named, listed, described, shared, emptied, deleted."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"].rsplit(".", 1)[-1], error["Message"]


def attributes_of(sqs: Any, url: str, *names: str) -> dict[str, str]:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"])["Attributes"]


def test_a_queue_url_ends_in_account_and_name(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="named")["QueueUrl"]
    assert url.endswith(f"/{ACCOUNT}/named")
    assert sqs.get_queue_url(QueueName="named")["QueueUrl"] == url


def test_creating_a_queue_again_with_equal_attributes_returns_it(sqs: Any) -> None:
    wanted = {"VisibilityTimeout": "45"}
    first = sqs.create_queue(QueueName="again", Attributes=wanted)
    assert sqs.create_queue(QueueName="again", Attributes=wanted)["QueueUrl"] == first["QueueUrl"]
    assert sqs.create_queue(QueueName="again")["QueueUrl"] == first["QueueUrl"]
    assert sqs.create_queue(QueueName="again", Attributes={"DelaySeconds": "0"})["QueueUrl"]


def test_creating_a_queue_again_with_another_attribute_is_refused(sqs: Any) -> None:
    sqs.create_queue(QueueName="other", Attributes={"VisibilityTimeout": "45"})
    code, message = refused(sqs.create_queue, QueueName="other", Attributes={"VisibilityTimeout": "46"})
    assert code in ("QueueNameExists", "QueueAlreadyExists")
    assert message == (
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout"
    )


@pytest.mark.parametrize("name", ["with space", "a" * 81, "dot.dot"])
def test_a_queue_name_has_letters_digits_hyphens_and_underscores_only(sqs: Any, name: str) -> None:
    code, message = refused(sqs.create_queue, QueueName=name)
    assert code == "InvalidParameterValueException"
    assert message == "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"


def test_a_queue_has_the_defaults_of_aws(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="defaults")["QueueUrl"]
    found = attributes_of(sqs, url)
    assert found["QueueArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:defaults"
    assert found["VisibilityTimeout"] == "30"
    assert found["DelaySeconds"] == "0"
    assert found["MaximumMessageSize"] == "1048576"
    assert found["MessageRetentionPeriod"] == "345600"
    assert found["ReceiveMessageWaitTimeSeconds"] == "0"
    assert found["SqsManagedSseEnabled"] == "true"
    assert found["ApproximateNumberOfMessages"] == "0"
    assert found["CreatedTimestamp"] == found["LastModifiedTimestamp"]
    assert "Policy" not in found


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("VisibilityTimeout", "9" * 5000, "InvalidAttributeValue"),
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1048577", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "x", "InvalidAttributeValue"),
        ("SqsManagedSseEnabled", "yes", "InvalidAttributeValue"),
        ("Policy", "{", "InvalidAttributeValue"),
        ("KmsMasterKeyId", "alias/a\n", "InvalidAttributeValue"),
        ("QueueArn", "x", "InvalidAttributeName"),
        ("Colour", "blue", "InvalidAttributeName"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(sqs: Any, attribute: str, value: str, code: str) -> None:
    url = sqs.create_queue(QueueName="strict")["QueueUrl"]
    assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={attribute: value})[0] == code


def test_a_policy_is_kept_as_it_was_put_and_taken_away_by_an_empty_one(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="policed")["QueueUrl"]
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    statement["Resource"] = attributes_of(sqs, url)["QueueArn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert attributes_of(sqs, url, "Policy") == {"Policy": policy}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in attributes_of(sqs, url)


def test_an_unknown_queue_is_told_in_the_words_of_aws(sqs: Any, server: LocalServer) -> None:
    code, message = refused(sqs.get_queue_url, QueueName="nowhere")
    assert code in ("QueueDoesNotExist", "NonExistentQueue")
    assert message == "The specified queue does not exist."
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl=f"{server.endpoint}/{ACCOUNT}/nowhere", MessageBody="a")


def test_any_host_in_a_queue_url_will_do(sqs: Any) -> None:
    sqs.create_queue(QueueName="anywhere")
    url = f"https://sqs.eu-west-3.amazonaws.com/{ACCOUNT}/anywhere"
    assert sqs.send_message(QueueUrl=url, MessageBody="a")["MessageId"]


def test_queues_are_listed_by_prefix_in_pages(sqs: Any) -> None:
    for number in range(5):
        sqs.create_queue(QueueName=f"page-{number}")
    sqs.create_queue(QueueName="pagf")
    first = sqs.list_queues(QueueNamePrefix="page-", MaxResults=3)
    rest = sqs.list_queues(QueueNamePrefix="page-", MaxResults=3, NextToken=first["NextToken"])
    names = [url.rsplit("/", 1)[1] for url in first["QueueUrls"] + rest["QueueUrls"]]
    assert names == [f"page-{number}" for number in range(5)]
    assert "NextToken" not in rest
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="no-such")


def test_messages_are_counted_by_what_they_wait_for(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="counted")["QueueUrl"]
    for _ in range(4):
        sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=60)
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3)["Messages"]) == 3
    found = attributes_of(sqs, url)
    assert found["ApproximateNumberOfMessages"] == "1"
    assert found["ApproximateNumberOfMessagesNotVisible"] == "3"
    assert found["ApproximateNumberOfMessagesDelayed"] == "1"


def test_a_purged_queue_is_empty_and_cannot_be_purged_again_within_a_minute(
    sqs: Any, server: LocalServer
) -> None:
    url = sqs.create_queue(QueueName="purged")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    sqs.send_message(QueueUrl=url, MessageBody="b")
    sqs.purge_queue(QueueUrl=url)
    server.advance(31)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    code, message = refused(sqs.purge_queue, QueueUrl=url)
    assert code == "PurgeQueueInProgress"
    assert message == "Only one PurgeQueue operation on purged is allowed every 60 seconds."
    server.advance(30)
    sqs.purge_queue(QueueUrl=url)


def test_a_deleted_queue_is_gone_and_a_new_one_of_its_name_is_empty(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="deleted")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=url)
    sqs.create_queue(QueueName="deleted")
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_tags_are_added_over_each_other_and_taken_away(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="tagged", tags={"team": "a", "stage": "dev"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "prod", "cost": "1"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "absent"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"stage": "prod", "cost": "1"}


def test_permissions_become_statements_of_the_policy(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="permitted")["QueueUrl"]
    grant = {"QueueUrl": url, "AWSAccountIds": ["111122223333"], "Actions": ["SendMessage"]}
    sqs.add_permission(Label="partner", **grant)
    (statement,) = json.loads(attributes_of(sqs, url)["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert statement["Action"] == "SQS:SendMessage"
    assert refused(sqs.add_permission, Label="partner", **grant)[0] == "InvalidParameterValueException"
    sqs.remove_permission(QueueUrl=url, Label="partner")
    assert "Policy" not in attributes_of(sqs, url)
    assert (
        refused(sqs.remove_permission, QueueUrl=url, Label="partner")[0] == "InvalidParameterValueException"
    )
