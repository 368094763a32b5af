"""SQS's answers to the letter: what clients read that no overview names."""

import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from tests.kit.sqs_wire import query

from penstock.services.sqs.queues.queue import url_of_key
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def url(sqs: Any, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-80:]
    return sqs.create_queue(QueueName=name)["QueueUrl"]


def error_of(call: Any, **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    return {**response["Error"], "header": headers["x-amzn-query-error"]}


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_a_wrong_or_missing_parameter_is_an_exception_by_name(sqs: Any, url: str) -> None:
    wrong = error_of(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)
    assert (wrong["Code"], wrong["header"]) == (
        "InvalidParameterValueException",
        "InvalidParameterValueException;Sender",
    )
    missing = error_of(sqs.send_message, QueueUrl=url, MessageBody="")
    assert (missing["Code"], missing["header"]) == (
        "MissingRequiredParameterException",
        "MissingRequiredParameterException;Sender",
    )


def test_the_query_protocol_keeps_its_codes(server: LocalServer, url: str) -> None:
    answer = query(server, "/", Action="ReceiveMessage", QueueUrl=url, MaxNumberOfMessages="11")
    assert "<Code>InvalidParameterValue</Code>" in answer.text
    assert "<Code>MissingParameter</Code>" in query(server, "/", Action="SendMessage", QueueUrl=url).text


def test_a_queue_goes_by_its_bare_name(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url.rsplit("/", 1)[1], MessageBody="a")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a"


def test_queues_of_two_regions_have_two_urls_and_each_is_its_own(server: LocalServer) -> None:
    here, there = server.client("sqs"), server.client("sqs", region_name="eu-west-1")
    urls = [client.create_queue(QueueName="twin")["QueueUrl"] for client in (here, there)]
    assert len(set(urls)) == 2
    assert all(url.rsplit("/", 1)[1] == "twin" and len(path_of(url).split("/")) == 3 for url in urls)
    assert there.get_queue_url(QueueName="twin")["QueueUrl"] == urls[1]
    assert there.list_queues(QueueNamePrefix="twin")["QueueUrls"] == [urls[1]]
    here.send_message(QueueUrl=urls[1], MessageBody="to the other one")
    assert "Messages" not in here.receive_message(QueueUrl=urls[0])
    assert there.receive_message(QueueUrl=urls[1])["Messages"][0]["Body"] == "to the other one"
    attributes = there.get_queue_attributes(QueueUrl=urls[1], AttributeNames=["QueueArn"])["Attributes"]
    assert attributes["QueueArn"] == f"arn:aws:sqs:eu-west-1:{ACCOUNT}:twin"


def test_a_host_that_names_the_region_is_enough() -> None:
    key = (ACCOUNT, "eu-west-1", "q")
    named = url_of_key("http://sqs.eu-west-1.localhost:9000", "us-east-1", key)
    assert named == f"http://sqs.eu-west-1.localhost:9000/{ACCOUNT}/q"


@pytest.mark.parametrize(
    "wrong",
    [
        "http://h/1234/q",
        "http://h/.000000000000/q",
        "http://h/x:222222222222:y.000000000000/q",
        "http://h/\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661/q",
        "http://h/q",
        "//",
        "é/q",
    ],
)
def test_an_address_without_an_account_is_invalid(sqs: Any, wrong: str) -> None:
    assert error_of(sqs.purge_queue, QueueUrl=wrong)["Code"] == "InvalidAddress"


def test_a_policy_whose_resource_is_no_arn_is_stored_and_grants_nothing(sqs: Any, url: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "my queue"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert found == {"Policy": policy}


def test_a_message_whose_time_out_has_passed_comes_before_younger_ones(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=5)
    sqs.send_message(QueueUrl=url, MessageBody="young")
    server.advance(6)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["old", "young"]


def test_an_asterisk_asks_for_all_message_attributes(sqs: Any, url: str) -> None:
    attributes = {name: {"DataType": "String", "StringValue": name} for name in ("a", "b")}
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["*"])["Messages"]
    assert message["MessageAttributes"] == attributes


def test_names_of_queue_attributes_are_nothing_to_a_message(sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["QueueArn", "SenderId"])["Messages"]
    assert message["Attributes"] == {"SenderId": ACCOUNT}
    wrong = error_of(sqs.receive_message, QueueUrl=url, MessageSystemAttributeNames=["QueueArn"])
    assert (wrong["Code"], wrong["Message"]) == ("InvalidAttributeName", "Unknown Attribute QueueArn.")


def test_attribute_names_have_letters_of_every_language(sqs: Any, url: str) -> None:
    attributes = {"gør_det.1": {"DataType": "String", "StringValue": "ø"}}
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"] == attributes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            {"DataType": "String", "StringValue": ""},
            "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
        ),
        (
            {"DataType": "String", "StringValue": "a\x01b"},
            "Message (user) attribute 'ErrorDetails' has invalid characters in its value.",
        ),
        (
            {"DataType": "string", "StringValue": "a"},
            "The type of message (user) attribute 'ErrorDetails' is invalid. You must use only the following "
            "supported type prefixes: Binary, Number, String.",
        ),
    ],
)
def test_an_attribute_without_a_proper_value_is_refused(
    sqs: Any, url: str, value: dict[str, Any], text: str
) -> None:
    params = {"QueueUrl": url, "MessageBody": "a", "MessageAttributes": {"ErrorDetails": value}}
    error = error_of(sqs.send_message, **params)
    assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", text)


@pytest.mark.parametrize("group", ["", "a b", "x" * 129, "grøup", "a\n"])
def test_a_message_group_is_checked_on_standard_queues_too(sqs: Any, url: str, group: str) -> None:
    error = error_of(sqs.send_message, QueueUrl=url, MessageBody="a", MessageGroupId=group)
    assert error["Message"] == (
        f"Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include "
        "alphanumeric and punctuation characters. 1 to 128 in length."
    )


def test_a_message_group_has_every_punctuation_mark(sqs: Any, url: str) -> None:
    group = "aZ9!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    sqs.send_message(QueueUrl=url, MessageBody="a", MessageGroupId=group)
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"])["Messages"]
    assert message["Attributes"] == {"MessageGroupId": group}


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        ("FifoQueue", "false", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "true", "Unknown Attribute ContentBasedDeduplication."),
        (
            "DeduplicationScope",
            "queue",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            "FifoThroughputLimit",
            "perQueue",
            "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        ),
    ],
)
def test_attributes_of_fifo_queues_are_refused_on_others(
    sqs: Any, url: str, attribute: str, value: str, text: str
) -> None:
    for call, named in (
        (sqs.set_queue_attributes, {"QueueUrl": url}),
        (sqs.create_queue, {"QueueName": "no-such-queue"}),
    ):
        error = error_of(call, Attributes={attribute: value}, **named)
        assert (error["Code"], error["Message"]) == ("InvalidAttributeName", text)


def test_a_batch_leaves_out_the_list_that_would_be_empty(sqs: Any, url: str) -> None:
    good, bad = {"Id": "a", "MessageBody": "a"}, {"Id": "b", "MessageBody": "\x01"}
    assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=[good])
    assert "Successful" not in sqs.send_message_batch(QueueUrl=url, Entries=[bad])
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    entry = {"Id": "a", "ReceiptHandle": handle}
    change = {**entry, "VisibilityTimeout": 1}
    assert "Failed" not in sqs.change_message_visibility_batch(QueueUrl=url, Entries=[change])
    assert "Failed" not in sqs.delete_message_batch(QueueUrl=url, Entries=[entry])
    wrong = [{"Id": "a", "ReceiptHandle": "no"}]
    assert "Successful" not in sqs.delete_message_batch(QueueUrl=url, Entries=wrong)


def test_add_permission_writes_the_policy_of_2008(sqs: Any, url: str) -> None:
    accounts = ["111122223333", "444455556666"]
    actions = ["SendMessage", "ReceiveMessage"]
    sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=accounts[:1], Actions=actions[:1])
    sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=accounts, Actions=actions)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "QueueArn"])["Attributes"]
    policy, arn = json.loads(found["Policy"]), found["QueueArn"]
    assert policy == {
        "Version": "2008-10-17",
        "Id": f"{arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "one",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "SQS:SendMessage",
                "Resource": arn,
            },
            {
                "Sid": "two",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]},
                "Action": ["SQS:SendMessage", "SQS:ReceiveMessage"],
                "Resource": arn,
            },
        ],
    }


def test_the_query_protocol_speaks_of_its_wsdl(server: LocalServer, sqs: Any) -> None:
    answer = query(server, "/", Action="GetQueueUrl", QueueName="nowhere")
    assert answer.status_code == 400
    assert "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in answer.text
    assert "The specified queue does not exist for this wsdl version." in answer.text
    assert (
        error_of(sqs.get_queue_url, QueueName="nowhere")["Message"] == "The specified queue does not exist."
    )


def test_a_query_that_accepts_json_is_answered_in_json(server: LocalServer, url: str) -> None:
    def ask(**params: str) -> Any:
        answer = query(server, "/", accept="application/json", **params)
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    sent = ask(Action="SendMessage", QueueUrl=url, MessageBody="a")["SendMessageResponse"]
    assert sent["ResponseMetadata"]["RequestId"]
    params = {"Action": "ReceiveMessage", "QueueUrl": url, "AttributeName.1": "SenderId"}
    (message,) = ask(**params)["ReceiveMessageResponse"]["ReceiveMessageResult"]["messages"]
    assert message["MessageId"] == sent["SendMessageResult"]["MessageId"]
    assert message["Attributes"] == [{"Name": "SenderId", "Value": ACCOUNT}]
    listed = ask(Action="ListQueues", QueueNamePrefix=url.rsplit("/", 1)[1])
    assert listed["ListQueuesResponse"]["ListQueuesResult"] == {"queueUrls": [url]}
    refused = ask(Action="GetQueueUrl", QueueName="nowhere")["Error"]
    assert refused["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert (refused["Type"], refused["Message"].split()[-1]) == ("Sender", "version.")


@pytest.mark.parametrize("action", ["ListQueues", "CreateQueue", "GetQueueUrl"])
def test_what_is_not_about_a_queue_is_no_action_of_its_url(
    server: LocalServer, url: str, action: str
) -> None:
    answer = query(server, path_of(url), Action=action, QueueName="q")
    assert answer.status_code == 400
    assert "<Code>InvalidAction</Code>" in answer.text
    assert f"The action {action} is not valid for this endpoint." in answer.text
    assert query(server, path_of(url), Action="GetQueueAttributes").status_code == 200


def test_a_queue_url_alone_is_no_operation(server: LocalServer, url: str) -> None:
    for client in (server.client("sqs", region_name="eu-west-1"), server.client("sqs")):
        visited = client.create_queue(QueueName="visited")["QueueUrl"]
        answer = httpx.get(visited, timeout=30)
        assert (answer.status_code, answer.text) == (404, "<UnknownOperationException/>")


def test_a_task_handle_that_is_none_is_told_without_it(sqs: Any) -> None:
    for handle in ("garbage", "e30=", "bnVsbA=="):
        error = error_of(sqs.cancel_message_move_task, TaskHandle=handle)
        assert (error["Code"], error["Message"]) == (
            "InvalidParameterValueException",
            "Value for parameter TaskHandle is invalid.",
        )
