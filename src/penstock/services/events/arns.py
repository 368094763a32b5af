"""What buses, rules and targets are called.

A target of a rule has no ARN at AWS; deliveries to it need a name, so it has one here: ``target/BUS/RULE/ID``. So has
what is left of a wide fan-out: ``fan-out/BUS``.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call

SERVICE = "events.amazonaws.com"
DEFAULT = "default"

Key = tuple[str, str, str]
"""Account, region and name: of a bus, a connection, an API destination."""


class Named(NamedTuple):
    """What an ARN of EventBridge names: a bus, one of its rules, one of the targets of that, or a bus's fan-out."""

    bus: Key
    rule: str = ""
    target: str = ""
    is_fan_out: bool = False

    @property
    def is_bus(self) -> bool:
        """Returns whether it is a bus."""
        return not self.rule and not self.is_fan_out

    @property
    def is_rule(self) -> bool:
        """Returns whether it is a rule."""
        return bool(self.rule) and not self.target


def bus_arn(key: Key) -> str:
    """Returns the bus's ARN."""
    account, region, name = key
    return arn("events", region, account, f"event-bus/{name}")


def rule_arn(key: Key, rule: str) -> str:
    """Returns the ARN of a rule on the bus; the default bus's name is not part of it."""
    account, region, name = key
    path = rule if name == DEFAULT else f"{name}/{rule}"
    return arn("events", region, account, f"rule/{path}")


def target_arn(key: Key, rule: str, target: str) -> str:
    """Returns what deliveries to a target of a rule are addressed to."""
    account, region, name = key
    return arn("events", region, account, f"target/{name}/{rule}/{target}")


def fan_out_arn(key: Key) -> str:
    """Returns what the rest of a wide fan-out is addressed to."""
    account, region, name = key
    return arn("events", region, account, f"fan-out/{name}")


def connection_arn(key: Key, uid: str) -> str:
    """Returns the ARN of the connection that ``key`` names; the id tells it from a former one of that name."""
    account, region, name = key
    return arn("events", region, account, f"connection/{name}/{uid}")


def destination_arn(key: Key, uid: str) -> str:
    """Returns the ARN of the API destination that ``key`` names, with the id that tells it from a former one."""
    account, region, name = key
    return arn("events", region, account, f"api-destination/{name}/{uid}")


class Identified(NamedTuple):
    """What an ARN names that ends with an id: a connection or an API destination."""

    key: Key
    uid: str


def connection_of(text: str) -> Identified | None:
    """Returns the connection that ``text`` names, or None."""
    return _identified(text, "connection")


def destination_of(text: str) -> Identified | None:
    """Returns the API destination that ``text`` names, or None."""
    return _identified(text, "api-destination")


def _identified(text: str, kind: str) -> Identified | None:
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    match parts.resource.split("/"):
        case [found, name, uid] if found == kind and parts.service == "events" and name and uid:
            return Identified((parts.account, parts.region, name), uid)
    return None


@lru_cache(maxsize=4096)  # every delivery asks
def named(text: str) -> Named | None:
    """Returns what ``text`` names; None when it is no ARN of EventBridge that has a bus."""
    try:
        parts = Arn.parse(text)
    except ValueError:
        return None
    if parts.service != "events" or not (parts.account and parts.region):
        return None
    place = (parts.account, parts.region)
    match parts.resource.split("/"):
        case ["event-bus", name] if name:
            return Named((*place, name))
        case ["rule", rule] if rule:
            return Named((*place, DEFAULT), rule)
        case ["rule", name, rule] if name and rule:
            return Named((*place, name), rule)
        case ["target", name, rule, target]:
            return Named((*place, name), rule, target)
        case ["fan-out", name]:
            return Named((*place, name), is_fan_out=True)
    return None


def is_bus(text: str) -> bool:
    """Returns whether ``text`` is the ARN of a bus."""
    found = named(text)
    return found is not None and found.is_bus


def bus_key(call: Call, params: Mapping[str, Any], member: str = "EventBusName") -> Key:
    """Returns which bus ``member`` says by its name or ARN; the caller's default bus when it says none."""
    name = params.get(member) or DEFAULT
    found = named(name)
    return found.bus if found and found.is_bus else (call.account, call.region, name)
