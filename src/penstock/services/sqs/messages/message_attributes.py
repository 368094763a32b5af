"""Message attributes: what they may be, what they weigh, and AWS's digest over them.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from penstock.services.sqs import limits
from penstock.services.sqs.errors import invalid_parameter

Attributes = Mapping[str, Mapping[str, Any]]

_NAME = re.compile(r"[\w.-]+")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that neither bodies nor string attributes may have."""

_TYPES = ("String", "Number", "Binary")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ALL = frozenset({"All", ".*", "*"})
_STRING, _BINARY = b"\x01", b"\x02"


def check_message_attributes(attributes: Attributes) -> int:
    """Returns how many bytes the attributes weigh; AwsError ``InvalidParameterValue``."""
    if len(attributes) > limits.MAX_MESSAGE_ATTRIBUTES:
        raise invalid_parameter(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{limits.MAX_MESSAGE_ATTRIBUTES}]."
        )
    return sum(_check(name, value) for name, value in attributes.items())


def attributes_md5(attributes: Attributes) -> str:
    """Returns the hexadecimal MD5 that AWS's clients compare with their own.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
    """
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        binary = value["DataType"].startswith("Binary")
        data = value["BinaryValue"] if binary else value["StringValue"].encode()
        for part in (name.encode(), value["DataType"].encode()):
            digest.update(len(part).to_bytes(4) + part)
        digest.update((_BINARY if binary else _STRING) + len(data).to_bytes(4) + data)
    return digest.hexdigest()


def pack_attributes(attributes: Attributes) -> str | None:
    """Returns the attributes as a row keeps them; None for none."""
    if not attributes:
        return None
    return orjson.dumps(attributes, default=lambda data: base64.b64encode(data).decode()).decode()


def unpack_attributes(text: str | None) -> dict[str, dict[str, Any]]:
    """Returns the attributes that a row keeps."""
    if text is None:
        return {}
    attributes: dict[str, dict[str, Any]] = orjson.loads(text)
    for value in attributes.values():
        if "BinaryValue" in value:
            value["BinaryValue"] = base64.b64decode(value["BinaryValue"])
    return attributes


def choose_attributes(
    attributes: dict[str, dict[str, Any]], names: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Returns those that ``names`` ask for: a name, a prefix as ``foo.*``, or ``All``, ``.*`` or ``*``."""
    wanted = list(names)
    if _ALL.intersection(wanted):
        return attributes
    prefixes = tuple(name[:-2] for name in wanted if name.endswith(".*"))
    return {
        name: value
        for name, value in attributes.items()
        if name in wanted or (prefixes and name.startswith(prefixes))
    }


def _check(name: str, value: Mapping[str, Any]) -> int:
    _check_name(name)
    kind = value.get("DataType") or ""
    if not kind:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty message attribute type."
        )
    base = kind.split(".", 1)[0]
    if base not in _TYPES or len(kind) > limits.MAX_ATTRIBUTE_NAME:
        raise invalid_parameter(
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String."
        )
    data = value.get("BinaryValue" if base == "Binary" else "StringValue")
    if not data:
        raise invalid_parameter(
            f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
        )
    if base != "Binary" and FORBIDDEN.search(data):
        raise invalid_parameter(f"Message (user) attribute '{name}' has invalid characters in its value.")
    if base == "Number" and not _NUMBER.fullmatch(data):
        raise invalid_parameter(f"Can't cast the value of message attribute '{name}' to a number.")
    return len(name.encode()) + len(kind.encode()) + len(data if base == "Binary" else data.encode())


def _check_name(name: str) -> None:
    if not name or len(name) > limits.MAX_ATTRIBUTE_NAME:
        raise invalid_parameter(
            f"The length of message attribute name '{name}' must be between 1 and {limits.MAX_ATTRIBUTE_NAME}."
        )
    if not _NAME.fullmatch(name) or name[0] == "." or name[-1] == "." or ".." in name:
        raise invalid_parameter(
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, "
            "underscore (_), hyphen (-), and period (.) characters; no period first, last or twice in succession."
        )
    if name.lower().startswith(("aws.", "amazon.")):
        raise invalid_parameter(
            f"The message attribute name '{name}' is invalid. Attribute name cannot start with 'AWS.' or 'Amazon.'."
        )
