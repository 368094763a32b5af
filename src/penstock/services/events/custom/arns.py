"""What custom event buses and their subscribers are called: an id tells each from a former one of the same name."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.arn import arn
from penstock.clock import Ids
from penstock.server import Call

_ARN = re.compile(r"arn:aws:events:([^:]+):(\d{12}):(event-busv2|subscriber)/([^/]+)/([a-z0-9]{25})")
_UID = 25

BUS = "event-busv2"
SUBSCRIBER = "subscriber"

Key = tuple[str, str, str]
"""Account, region and name."""


class Named(NamedTuple):
    """What an ARN names."""

    kind: str
    key: Key
    uid: str


def named(text: str) -> Named | None:
    """Returns what ``text`` names, or None."""
    found = _ARN.fullmatch(text)
    return Named(found[3], (found[2], found[1], found[4]), found[5]) if found else None


def resource_arn(kind: str, key: Key, uid: str) -> str:
    """Returns the ARN of the bus or subscriber."""
    account, region, name = key
    return arn("events", region, account, f"{kind}/{name}/{uid}")


def new_uid(ids: Ids) -> str:
    """Returns an id for an ARN."""
    return ids.hex(_UID + 1)[:_UID]


def member_of(member: str) -> Any:
    """Returns what says, for an operation's policy, the ARN that ``member`` names."""

    def resource(state: object, call: Call, params: Mapping[str, Any]) -> str:
        return str(params.get(member) or "*")

    return resource


def new_of(kind: str) -> Any:
    """Returns what says, for an operation's policy, the ARN of the one that is to be made: its id is not known yet."""

    def resource(state: object, call: Call, params: Mapping[str, Any]) -> str:
        return resource_arn(kind, (call.account, call.region, params["Name"]), "*")

    return resource
