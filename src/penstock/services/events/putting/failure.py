"""Why a target did not get an event, and the letter about it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from enum import StrEnum
from typing import NamedTuple

from penstock.delivery import (
    DestinationError,
    ForbiddenDestination,
    MissingDestination,
)
from penstock.delivery.retry_policy import Exhausted

Attributes = dict[str, dict[str, str]]

_MAX_MESSAGE = 1024


class ErrorCode(StrEnum):
    """What dead letters call a failure."""

    NO_PERMISSIONS = "NO_PERMISSIONS"
    NO_RESOURCE = "NO_RESOURCE"
    THROTTLING = "THROTTLING"
    INVALID_JSON = "INVALID_JSON"
    SDK_CLIENT_ERROR = "SDK_CLIENT_ERROR"
    THIRD_ACCOUNT_HOP_DETECTED = "THIRD_ACCOUNT_HOP_DETECTED"
    INVALID_PARAMETER = "INVALID_PARAMETER"
    CONNECTION_FAILURE = "CONNECTION_FAILURE"
    ERROR_FROM_TARGET = "ERROR_FROM_TARGET"
    TIMEOUT = "TIMEOUT"


class Failure(NamedTuple):
    """One failed try; ``wait_ms`` is how long the target asks to be left alone."""

    code: ErrorCode
    reason: str
    wait_ms: int = 0

    @property
    def is_final(self) -> bool:
        """Returns whether no other try could end better."""
        return not self.is_retriable and self.code not in _MENDABLE

    @property
    def is_retriable(self) -> bool:
        """Returns whether AWS tries again: not when somebody has to mend something first."""
        return self.code in _RETRIED


_MENDABLE = (ErrorCode.NO_PERMISSIONS, ErrorCode.NO_RESOURCE)
_RETRIED = (
    ErrorCode.THROTTLING,
    ErrorCode.CONNECTION_FAILURE,
    ErrorCode.ERROR_FROM_TARGET,
    ErrorCode.TIMEOUT,
)


def failure_of(refused: DestinationError) -> Failure:
    """Returns the failure that a refusal is."""
    if isinstance(refused, MissingDestination):
        code = ErrorCode.NO_RESOURCE
    elif isinstance(refused, ForbiddenDestination):
        code = ErrorCode.NO_PERMISSIONS
    else:
        code = ErrorCode.SDK_CLIENT_ERROR
    return Failure(code, str(refused))


def letter_attributes(
    rule: str, target: str, failure: Failure, retries: int, condition: Exhausted | None
) -> Attributes:
    """Returns the message attributes of a dead letter; its body is the event."""
    texts = {
        "RULE_ARN": rule,
        "TARGET_ARN": target,
        "ERROR_CODE": failure.code.value,
        "ERROR_MESSAGE": _short(failure.reason),
        "RETRY_ATTEMPTS": str(retries),
    }
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition.value
    return _attributes(texts)


def key_letter(bus: str, failure: Failure) -> Attributes:
    """Returns the message attributes of the dead letter about an event that the key of its bus has kept back."""
    return _attributes(
        {
            "EVENT_BUS_ARN": bus,
            "ERROR_CODE": failure.code.value,
            "ERROR_MESSAGE": _short(failure.reason),
        }
    )


def _attributes(texts: dict[str, str]) -> Attributes:
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}


def _short(text: str) -> str:
    return text.encode()[:_MAX_MESSAGE].decode("utf-8", "ignore")
