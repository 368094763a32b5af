"""SQS as its clients spoke it before 2023: the examples of the SQS API reference."""

from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.wire import WireRequest, codec, load_model

WIRE = codec(load_model("sqs"), "query")
URL = "https://sqs.us-east-2.amazonaws.com/123456789012/MyQueue"


def parse(form: str, path: str = "/", **headers: str) -> dict[str, Any]:
    request = WireRequest("POST", path, "", headers, form.encode())
    return WIRE.parse(WIRE.route(request), request)


def answer(operation: str, result: dict[str, Any] | None) -> str:
    body = WIRE.serialize(load_model("sqs").operations[operation], result, "id").body
    assert isinstance(body, bytes)
    return body.decode()


@pytest.mark.parametrize(
    ("form", "params"),
    [
        (
            "Action=CreateQueue&QueueName=MyQueue&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40"
            "&Tag.1.Key=QueueType&Tag.1.Value=Production&Version=2012-11-05",
            {
                "QueueName": "MyQueue",
                "Attributes": {"VisibilityTimeout": "40"},
                "tags": {"QueueType": "Production"},
            },
        ),
        (
            f"Action=SendMessage&QueueUrl={URL}&MessageBody=This+is+a+test&DelaySeconds=45"
            "&MessageAttribute.1.Name=n&MessageAttribute.1.Value.StringValue=v"
            "&MessageAttribute.1.Value.DataType=String"
            "&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.StringValue=t"
            "&MessageSystemAttribute.1.Value.DataType=String",
            {
                "QueueUrl": URL,
                "MessageBody": "This is a test",
                "DelaySeconds": 45,
                "MessageAttributes": {"n": {"StringValue": "v", "DataType": "String"}},
                "MessageSystemAttributes": {"AWSTraceHeader": {"StringValue": "t", "DataType": "String"}},
            },
        ),
        (
            f"Action=SendMessageBatch&QueueUrl={URL}&SendMessageBatchRequestEntry.1.Id=a"
            "&SendMessageBatchRequestEntry.1.MessageBody=b&SendMessageBatchRequestEntry.2.Id=c"
            "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=n"
            "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.BinaryValue=AQI%3D"
            "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=Binary",
            {
                "QueueUrl": URL,
                "Entries": [
                    {"Id": "a", "MessageBody": "b"},
                    {
                        "Id": "c",
                        "MessageAttributes": {"n": {"BinaryValue": b"\x01\x02", "DataType": "Binary"}},
                    },
                ],
            },
        ),
        (
            f"Action=ReceiveMessage&QueueUrl={URL}&MaxNumberOfMessages=5&AttributeName.1=All"
            "&MessageAttributeName.1=a.*&MessageSystemAttributeName.1=SenderId",
            {
                "QueueUrl": URL,
                "MaxNumberOfMessages": 5,
                "AttributeNames": ["All"],
                "MessageAttributeNames": ["a.*"],
                "MessageSystemAttributeNames": ["SenderId"],
            },
        ),
        (
            f"Action=GetQueueAttributes&QueueUrl={URL}&AttributeName=All",
            {"QueueUrl": URL, "AttributeNames": ["All"]},
        ),
        (
            f"Action=DeleteMessageBatch&QueueUrl={URL}&DeleteMessageBatchRequestEntry.1.Id=a"
            "&DeleteMessageBatchRequestEntry.1.ReceiptHandle=r%2B",
            {"QueueUrl": URL, "Entries": [{"Id": "a", "ReceiptHandle": "r+"}]},
        ),
        (
            f"Action=ChangeMessageVisibilityBatch&QueueUrl={URL}"
            "&ChangeMessageVisibilityBatchRequestEntry.1.Id=a"
            "&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=45",
            {"QueueUrl": URL, "Entries": [{"Id": "a", "VisibilityTimeout": 45}]},
        ),
        (
            f"Action=AddPermission&QueueUrl={URL}&Label=l&AWSAccountId.1=1&ActionName.1=SendMessage",
            {"QueueUrl": URL, "Label": "l", "AWSAccountIds": ["1"], "Actions": ["SendMessage"]},
        ),
        (f"Action=UntagQueue&QueueUrl={URL}&TagKey.1=a", {"QueueUrl": URL, "TagKeys": ["a"]}),
        (
            f"Action=SetQueueAttributes&QueueUrl={URL}&Attribute.Name=DelaySeconds&Attribute.Value=1",
            {"QueueUrl": URL, "Attributes": {"DelaySeconds": "1"}},
        ),
    ],
)
def test_older_requests_are_understood(form: str, params: dict[str, Any]) -> None:
    assert parse(form) == params


def test_the_queue_may_be_named_by_the_path_alone() -> None:
    found = parse("Action=DeleteMessage&ReceiptHandle=r", "/123456789012/MyQueue", host="localhost:4566")
    assert found["QueueUrl"] == "http://localhost:4566/123456789012/MyQueue"


def test_an_unknown_action_is_not_valid_for_the_endpoint() -> None:
    with pytest.raises(AwsError, match="The action Fly is not valid for this endpoint"):
        parse("Action=Fly")


@pytest.mark.parametrize(
    ("operation", "result", "inside"),
    [
        ("ListQueues", {"QueueUrls": ["a", "b"]}, "<QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl>"),
        ("ListDeadLetterSourceQueues", {"queueUrls": ["a"]}, "<QueueUrl>a</QueueUrl>"),
        (
            "GetQueueAttributes",
            {"Attributes": {"DelaySeconds": "0"}},
            "<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>",
        ),
        ("ListQueueTags", {"Tags": {"k": "v"}}, "<Tag><Key>k</Key><Value>v</Value></Tag>"),
        (
            "ReceiveMessage",
            {
                "Messages": [
                    {
                        "Body": "b",
                        "Attributes": {"SentTimestamp": "1"},
                        "MessageAttributes": {"n": {"StringValue": "v", "DataType": "String"}},
                    }
                ]
            },
            "<Message><Body>b</Body><Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute>"
            "<MessageAttribute><Name>n</Name><Value><StringValue>v</StringValue><DataType>String</DataType>"
            "</Value></MessageAttribute></Message>",
        ),
        (
            "SendMessageBatch",
            {
                "Successful": [{"Id": "a"}],
                "Failed": [{"Id": "b", "SenderFault": True, "Code": "c"}],
            },
            "<SendMessageBatchResultEntry><Id>a</Id></SendMessageBatchResultEntry><BatchResultErrorEntry>"
            "<Id>b</Id><SenderFault>true</SenderFault><Code>c</Code></BatchResultErrorEntry>",
        ),
    ],
)
def test_older_clients_get_flattened_lists(operation: str, result: dict[str, Any], inside: str) -> None:
    namespace = 'xmlns="http://queue.amazonaws.com/doc/2012-11-05/"'
    assert answer(operation, result) == (
        f"<{operation}Response {namespace}><{operation}Result>{inside}</{operation}Result>"
        f"<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></{operation}Response>"
    )


def test_an_operation_without_a_result_answers_with_metadata() -> None:
    assert answer("DeleteMessage", None) == (
        '<DeleteMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ResponseMetadata>'
        "<RequestId>id</RequestId></ResponseMetadata></DeleteMessageResponse>"
    )
