"""Where a function stands between the request that made or changed it and being ready.

Source: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from enum import StrEnum

from penstock.services.lambda_.errors import conflict

LASTS_MS = 500
"""How long a step takes, by the server's clock; at AWS a second or two."""

_BEING_CREATED = "The function is being created."
_CREATING = "Creating"


class Phase(StrEnum):
    """What a row keeps. A function runs when it is ``READY`` and, as it was changed to be, while ``UPDATING``."""

    CREATING = "Creating"
    UPDATING = "Updating"
    READY = "Ready"


SHOWN = {
    Phase.CREATING: {"State": "Pending", "StateReason": _BEING_CREATED, "StateReasonCode": _CREATING},
    Phase.UPDATING: {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": _BEING_CREATED,
        "LastUpdateStatusReasonCode": _CREATING,
    },
    Phase.READY: {"State": "Active", "LastUpdateStatus": "Successful"},
}
"""The members of AWS's FunctionConfiguration that say it; the reasons are as recorded from AWS."""


def check_changeable(phase: Phase, function_arn: str) -> None:
    """Raises AwsError ``ResourceConflictException`` while the function is being made or changed."""
    check_invocable(phase)
    if phase is Phase.UPDATING:
        raise conflict(f"{_NOT_NOW} An update is in progress for resource: {function_arn}")


def check_invocable(phase: Phase) -> None:
    """Raises AwsError ``ResourceConflictException`` while the function is being made."""
    if phase is Phase.CREATING:
        raise conflict(f"{_NOT_NOW} The function is currently in the following state: Pending")


_NOT_NOW = "The operation cannot be performed at this time."
