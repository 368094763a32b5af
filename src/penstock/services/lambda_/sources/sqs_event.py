"""What a function gets from a queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import base64
from typing import Any

import orjson

Content = dict[str, Any]
"""A message as ReceiveMessage returns it."""


def sqs_event(messages: list[Content], source_arn: str, region: str) -> bytes:
    """Returns the event, ``{"Records": [...]}``."""
    return orjson.dumps({"Records": [sqs_record(message, source_arn, region) for message in messages]})


def record_bytes(message: Content, source_arn: str, region: str) -> int:
    """Returns how much of a payload the message takes."""
    return len(orjson.dumps(sqs_record(message, source_arn, region))) + 1


def sqs_record(message: Content, source_arn: str, region: str) -> dict[str, Any]:
    """Returns the message as one of the event's records."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source_arn,
        "awsRegion": region,
    }
    if digest := message.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = digest
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (text := value.get("StringValue")) is not None:
        found["stringValue"] = text
    if (data := value.get("BinaryValue")) is not None:
        found["binaryValue"] = base64.b64encode(data).decode()
    return {**found, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
