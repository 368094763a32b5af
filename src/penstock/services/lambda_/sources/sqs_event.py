"""What a function gets from a queue, and what its answer says about each message.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import base64
from typing import Any

import orjson

Content = dict[str, Any]
"""A message as ReceiveMessage returns it."""


def sqs_event(messages: list[Content], source_arn: str, region: str) -> bytes:
    """Returns the event, ``{"Records": [...]}``."""
    return orjson.dumps({"Records": [_record(message, source_arn, region) for message in messages]})


def record_bytes(message: Content, source_arn: str, region: str) -> int:
    """Returns how much of a payload the message takes."""
    return len(orjson.dumps(_record(message, source_arn, region))) + 1


def failed_messages(response: bytes, every: set[str]) -> set[str]:
    """Returns those ids of ``every`` that the function could not process, by its ``batchItemFailures``.

    A response that AWS takes for malformed, or that names a message outside of the batch, fails all of them.
    """
    try:
        answer = orjson.loads(response or b"null")
    except orjson.JSONDecodeError:
        return every
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return every
    items = answer["batchItemFailures"]
    if items is None:
        return set()
    if not isinstance(items, list):
        return every
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    failed = {name for name in named if isinstance(name, str)}
    return failed if failed <= every and all(isinstance(name, str) for name in named) else every


def _record(message: Content, source_arn: str, region: str) -> dict[str, Any]:
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
