"""Which targets there are: a few operations with a template, and all others by name.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from penstock.arn import Arn


class Kind(Enum):
    """What is called; of a template its ``operation``, as dead letters name it, and its errors."""

    SQS = ("sqs:sendMessage", "AWS.SimpleQueueService.NonExistentQueue", "AccessDenied")
    SNS = ("sns:publish", "NotFound", "AuthorizationError")
    LAMBDA = ("lambda:invoke", "ResourceNotFoundException", "AccessDeniedException")
    BUS = ("eventbridge:putEvents", "ResourceNotFoundException", "AccessDeniedException")
    UNIVERSAL = ("", "ResourceNotFoundException", "AccessDeniedException")

    def __init__(self, operation: str, missing: str, forbidden: str) -> None:
        self.operation = operation
        self.missing = missing
        self.forbidden = forbidden

    @property
    def wants_json(self) -> bool:
        """Returns whether the input must be JSON."""
        return self in (Kind.LAMBDA, Kind.BUS, Kind.UNIVERSAL)


class ApiAction(NamedTuple):
    """What a universal target calls, as its ARN has it: ``sqs`` and ``sendMessage``."""

    service: str
    action: str


_TEMPLATES = {"sqs": Kind.SQS, "sns": Kind.SNS, "lambda": Kind.LAMBDA}
_UNIVERSAL = "aws-sdk:"


@lru_cache(maxsize=4096)
def kind_of(arn: str) -> Kind | None:
    """Returns what kind of target the ARN is; None when there is no such kind here."""
    try:
        parts = Arn.parse(arn)
    except ValueError:
        return None
    if parts.service == "events" and parts.resource.startswith("event-bus/"):
        return Kind.BUS
    if parts.service == "scheduler" and parts.resource.startswith(_UNIVERSAL):
        return Kind.UNIVERSAL
    return _TEMPLATES.get(parts.service)


def api_action(arn: str) -> ApiAction:
    """Returns what the universal target ``arn`` calls."""
    service, _, action = Arn.parse(arn).resource.removeprefix(_UNIVERSAL).partition(":")
    return ApiAction(service, action)


def called_arn(arn: str) -> str:
    """Returns the target as dead letters name it: the operation that is called."""
    kind = kind_of(arn)
    return arn if kind in (None, Kind.UNIVERSAL) else f"arn:aws:scheduler:::{_UNIVERSAL}{kind.operation}"
