"""What alarms and dashboards are called."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call

SERVICE = "cloudwatch.amazonaws.com"

Place = tuple[str, str]
"""An account and a region."""


class Key(NamedTuple):
    """Whose alarm, where, and its name."""

    account: str
    region: str
    name: str

    @property
    def place(self) -> Place:
        """Returns account and region."""
        return self.account, self.region


def place(call: Call) -> Place:
    """Returns the account and region of a call."""
    return call.account, call.region


def alarm_arn(key: Key) -> str:
    """Returns the alarm's ARN."""
    return arn("cloudwatch", key.region, key.account, f"alarm:{key.name}")


def dashboard_arn(account: str, name: str) -> str:
    """Returns the dashboard's ARN: those of an account are the same in every region."""
    return arn("cloudwatch", "", account, f"dashboard/{name}")


def named_alarm(text: str) -> Key | None:
    """Returns the alarm that an ARN names; None when it names none."""
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    kind, _, name = parts.resource.partition(":")
    if parts.service != "cloudwatch" or kind != "alarm" or not name:
        return None
    return Key(parts.account, parts.region, name)


def named_dashboard(text: str) -> tuple[str, str] | None:
    """Returns account and name of the dashboard that an ARN names; None when it names none."""
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    kind, _, name = parts.resource.partition("/")
    if parts.service != "cloudwatch" or kind != "dashboard" or not name:
        return None
    return parts.account, name


def asked_alarm(state: object, call: Call, params: Mapping[str, Any]) -> str:
    """Returns the ARN of the alarm that ``AlarmName`` says; of all when it says none."""
    return alarm_arn(Key(call.account, call.region, params.get("AlarmName") or "*"))
