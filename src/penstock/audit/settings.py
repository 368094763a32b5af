"""What is recorded, and how long it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from penstock.audit.limits import MAX_DAYS

_MAX_SELECTORS = 250
_MAX_PREFIX = 2048


class Management(StrEnum):
    """Which management events are recorded."""

    ALL = "all"
    WRITES = "writes"
    NONE = "none"


class Calls(StrEnum):
    """Which calls a selector means."""

    ALL = "all"
    READ = "read"
    WRITE = "write"


class Selector(NamedTuple):
    """Data events to record: those on resources whose ARNs begin so."""

    calls: Calls
    prefix: str

    def means(self, *, is_read: bool) -> bool:
        """Returns whether it means calls that read, or those that write."""
        return self.calls is not (Calls.WRITE if is_read else Calls.READ)

    def is_of(self, service: str) -> bool:
        """Returns whether resources of the service may have such ARNs."""
        whole = f"arn:aws:{service}:"
        return whole.startswith(self.prefix) or self.prefix.startswith(whole)

    def __str__(self) -> str:
        return self.prefix if self.calls is Calls.ALL else f"{self.calls}:{self.prefix}"


@dataclass(frozen=True, slots=True)
class Settings:
    """``days`` is how long records are kept; data events are recorded that a selector means.

    ``bus``: records of what changes something are told as events, too.
    """

    management: Management = Management.ALL
    days: int = 90
    data: tuple[Selector, ...] = ()
    bus: bool = False


def settings_document(settings: Settings) -> dict[str, Any]:
    """Returns the settings as they are kept and shown."""
    return {
        "management": settings.management.value,
        "days": settings.days,
        "data": [str(selector) for selector in settings.data],
        "bus": settings.bus,
    }


def parse_settings(document: Mapping[str, Any]) -> Settings:
    """Returns the settings that a document says, the others as they are at first; ValueError saying what is wrong."""
    known = settings_document(Settings())
    if unknown := document.keys() - known.keys():
        raise ValueError(f"there is no setting {', '.join(sorted(map(str, unknown)))}")
    said = {**known, **document}
    days, data = said["days"], said["data"]
    if type(days) is not int or not 1 <= days <= MAX_DAYS:
        raise ValueError(f"days must be a whole number from 1 to {MAX_DAYS}")
    if said["management"] not in list(Management):
        raise ValueError(f"management must be one of {', '.join(Management)}")
    if not isinstance(data, list) or len(data) > _MAX_SELECTORS:
        raise ValueError(f"data must be a list of at most {_MAX_SELECTORS} ARNs, or beginnings of ARNs")
    if type(said["bus"]) is not bool:
        raise ValueError("bus must be true or false")
    return Settings(Management(said["management"]), days, tuple(map(_selector, data)), said["bus"])


def _selector(text: object) -> Selector:
    calls, prefix = Calls.ALL, text
    if isinstance(text, str) and text.startswith(("read:", "write:")):
        first, _, prefix = text.partition(":")
        calls = Calls(first)
    is_arn = isinstance(prefix, str) and prefix.startswith("arn:aws:") and len(prefix) <= _MAX_PREFIX
    if not is_arn or not str(prefix).isprintable():
        raise ValueError(
            f"{text!r} is no beginning of an ARN, as arn:aws:s3:::bucket/ or write:arn:aws:s3:::"
        )
    return Selector(calls, str(prefix))
