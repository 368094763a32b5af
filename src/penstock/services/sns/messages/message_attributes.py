"""Message attributes as SNS takes them, and what they weigh.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.services.sns import limits
from penstock.services.sns.errors import invalid_message_attribute

_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_TYPE = re.compile(r"(String|Number|Binary)(\.[^\x00-\x1f\x7f]*)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def check_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> int:
    """Returns how many bytes the attributes weigh; AwsError ``ParameterValueInvalid``."""
    return sum(_check(name, value) for name, value in attributes.items())


def _check(name: str, value: Mapping[str, Any]) -> int:
    _check_name(name)
    kind = str(value.get("DataType") or "")
    if not kind:
        raise invalid_message_attribute(
            f"The message attribute '{name}' must contain non-empty message attribute type."
        )
    if not _TYPE.fullmatch(kind) or len(kind.encode()) > limits.MAX_ATTRIBUTE_NAME:
        raise invalid_message_attribute(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    data = value.get("BinaryValue" if kind.startswith("Binary") else "StringValue")
    if not data:
        raise invalid_message_attribute(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{kind}'."
        )
    if kind.startswith("Number") and not _NUMBER.fullmatch(data):
        raise invalid_message_attribute(f"Could not cast message attribute '{name}' value to number.")
    if kind == "String.Array":
        _check_array(name, data)
    return len(name.encode()) + len(kind.encode()) + len(data if isinstance(data, bytes) else data.encode())


def _check_name(name: str) -> None:
    if not name or len(name) > limits.MAX_ATTRIBUTE_NAME:
        raise invalid_message_attribute(
            f"Length of message attribute name must be less than {limits.MAX_ATTRIBUTE_NAME} bytes."
        )
    if not _NAME.fullmatch(name):
        raise invalid_message_attribute(
            "Invalid non-alphanumeric character was found in the message attribute name."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise invalid_message_attribute(
            f"The message attribute name '{name}' is invalid. Attribute name cannot start with 'AWS.' or 'Amazon.'."
        )


def _check_array(name: str, text: str) -> None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list) or any(isinstance(item, list | dict) for item in found):
        raise invalid_message_attribute(
            f"The message attribute '{name}' of type 'String.Array' must contain a JSON array of strings, numbers, "
            "booleans or nulls."
        )
