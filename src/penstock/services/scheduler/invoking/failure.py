"""Why a target was not reached, and the letter about it.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from enum import StrEnum
from typing import NamedTuple

from penstock.delivery import DestinationError, ForbiddenDestination, MissingDestination
from penstock.delivery.retry_policy import Exhausted
from penstock.errors import AwsError
from penstock.services.scheduler.invoking.firing import Firing, shown_time
from penstock.services.scheduler.invoking.kind import Kind, called_arn

Attributes = dict[str, dict[str, str]]

_MAX_MESSAGE = 1024
_PASSING = ("Throttl", "TooManyRequests", "SlowDown", "ServiceUnavailable", "Internal", "RequestLimit")
_MENDABLE = ("AccessDenied", "AuthorizationError", "NotFound", "NonExistent", "NoSuch", "QueueDoesNotExist")


class Hope(StrEnum):
    """Whether another try may end better: soon, when somebody has mended something, or never."""

    SOON = "soon"
    MENDED = "mended"
    NEVER = "never"


class Failure(NamedTuple):
    """One failed try: the target's error code and text."""

    code: str
    reason: str
    hope: Hope


def refused_by(kind: Kind, refused: DestinationError) -> Failure:
    """Returns the failure that a destination's refusal is."""
    if isinstance(refused, MissingDestination):
        return Failure(kind.missing, str(refused), Hope.MENDED)
    if isinstance(refused, ForbiddenDestination):
        return Failure(kind.forbidden, str(refused), Hope.MENDED)
    return Failure("ValidationException", str(refused), Hope.NEVER)


def refused_role(kind: Kind, role: str) -> Failure:
    """Returns the failure that a role is which does not let EventBridge Scheduler in."""
    return Failure(kind.forbidden, f"EventBridge Scheduler may not assume the role {role}.", Hope.MENDED)


def answered(error: AwsError) -> Failure:
    """Returns the failure that an operation's answer is."""
    if error.code.startswith(_PASSING) or (error.status or 400) in (429, 500, 502, 503):
        hope = Hope.SOON
    else:
        hope = Hope.MENDED if any(word in error.code for word in _MENDABLE) else Hope.NEVER
    return Failure(error.code, error.message, hope)


def letter_attributes(
    firing: Firing, failure: Failure, retries: int, condition: Exhausted | None
) -> Attributes:
    """Returns the message attributes of a dead letter; its body is what the target would have got."""
    texts = {
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.reason.encode()[:_MAX_MESSAGE].decode("utf-8", "ignore"),
        "EXECUTION_ID": firing.execution,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(retries),
        "SCHEDULED_TIME": shown_time(firing.scheduled_ms),
        "SCHEDULE_ARN": firing.schedule.arn,
        "TARGET_ARN": called_arn(firing.target["Arn"]),
    }
    if condition is not None:
        texts["EXHAUSTED_RETRY_CONDITION"] = condition.value
    return {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
