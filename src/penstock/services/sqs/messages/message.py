"""A message on its way in: what it is made of, and what it must satisfy in every queue."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.delivery.trace_header import Trace, root_of
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_message_contents,
    invalid_parameter,
    invalid_value,
    missing_parameter,
)
from penstock.services.sqs.messages.message_attributes import (
    FORBIDDEN,
    check_message_attributes,
    pack_attributes,
)

_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_TRACE_HEADER = re.compile(r"Root=[^;]+(;[^;=]+=[^;]*)*|Self=[^;]+;Root=[^;]+.*")


@dataclass(slots=True)
class NewMessage:
    """A message that has been checked. ``size`` counts against the queue's limit; ``delay_ms`` None: the queue's."""

    body: str
    md5: str
    size: int
    attributes: str | None
    delay_ms: int | None
    trace: str | None
    group: str | None
    deduplication_id: str | None


def new_message(params: Mapping[str, Any], trace: str | None) -> NewMessage:
    """Returns the message that the members of SendMessage (or of a batch entry) describe; AwsError when they do not."""
    body = params.get("MessageBody")
    if not body:
        raise missing_parameter("MessageBody")
    if FORBIDDEN.search(body):
        raise invalid_message_contents()
    attributes = params.get("MessageAttributes") or {}
    data = body.encode()
    return NewMessage(
        body,
        hashlib.md5(data, usedforsecurity=False).hexdigest(),
        len(data) + (check_message_attributes(attributes) if attributes else 0),
        pack_attributes(attributes),
        _delay_ms(params.get("DelaySeconds")),
        _trace(params.get("MessageSystemAttributes") or {}, trace),
        checked_id(params, "MessageGroupId"),
        checked_id(params, "MessageDeduplicationId"),
    )


def checked_id(params: Mapping[str, Any], name: str) -> str | None:
    """Returns the id of a group, a message or an attempt that the parameter ``name`` gives, if any; AwsError."""
    value: str | None = params.get(name)
    if value is not None and not _ID.fullmatch(value):
        reason = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(value, name, reason)
    return value


def _delay_ms(seconds: int | None) -> int | None:
    if seconds is None:
        return None
    if not 0 <= seconds <= limits.MAX_DELAY_S:
        raise invalid_value(seconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    return seconds * 1000


def _trace(system: Mapping[str, Mapping[str, Any]], of_call: str | None) -> str | None:
    """Returns the header that a client gives the message, else that of its call.

    A function may state by itself what its call carries anyway; its call is believed, what it states is a claim.
    """
    if unknown := system.keys() - {"AWSTraceHeader"}:
        raise invalid_parameter(f"Message system attribute name '{min(unknown)}' is invalid.")
    if not system:
        return of_call
    value = system["AWSTraceHeader"]
    header = value.get("StringValue") or ""
    if value.get("DataType") != "String" or not _TRACE_HEADER.fullmatch(header):
        raise invalid_parameter("The value of message system attribute 'AWSTraceHeader' is invalid.")
    return of_call if isinstance(of_call, Trace) and root_of(of_call) == root_of(header) else str(header)
