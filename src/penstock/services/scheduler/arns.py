"""What schedules and their groups are called."""

from functools import lru_cache
from typing import NamedTuple

from penstock.arn import Arn, arn

DEFAULT = "default"


class Place(NamedTuple):
    """Where schedules are: an account and a region."""

    account: str
    region: str


class GroupKey(NamedTuple):
    """Which group."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """Returns the group's ARN."""
        return arn("scheduler", self.region, self.account, f"schedule-group/{self.name}")


class ScheduleKey(NamedTuple):
    """Which schedule."""

    account: str
    region: str
    group: str
    name: str

    @property
    def arn(self) -> str:
        """Returns the schedule's ARN."""
        return arn("scheduler", self.region, self.account, f"schedule/{self.group}/{self.name}")

    @property
    def of(self) -> GroupKey:
        """Returns its group."""
        return GroupKey(self.account, self.region, self.group)


@lru_cache(maxsize=4096)
def group_of(text: str) -> GroupKey | None:
    """Returns the group that the ARN ``text`` names, or None."""
    parts = _parts(text)
    match parts.resource.split("/") if parts else []:
        case ["schedule-group", name] if parts and name:
            return GroupKey(parts.account, parts.region, name)
    return None


def _parts(text: str) -> Arn | None:
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    return parts if parts.service == "scheduler" and parts.account and parts.region else None
