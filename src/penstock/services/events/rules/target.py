"""A target of a rule as a value: where events go, what of them, and how often it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.delivery import Ladder
from penstock.delivery.retry_policy import policy_ladder
from penstock.services.events.arns import Key, destination_of, is_bus, target_arn
from penstock.services.events.inputs.input import Input, compile_input


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """One target, compiled.

    ``is_outside``: an API destination, which takes time; ``http`` are its HttpParameters. ``place`` is what deliveries
    to it are addressed to. ``group`` is the message group of a queue, ``dead_letter`` the queue for what cannot be
    delivered.
    """

    id: str
    arn: str
    place: str
    role: str | None
    input: Input
    group: str | None
    dead_letter: str | None
    ladder: Ladder
    is_bus: bool
    is_outside: bool
    http: Mapping[str, Any]


def compile_target(bus: Key, rule: str, settings: Mapping[str, Any]) -> RuleTarget:
    """Returns the target that these members of PutTargets describe."""
    return RuleTarget(
        id=settings["Id"],
        arn=settings["Arn"],
        place=target_arn(bus, rule, settings["Id"]),
        role=settings.get("RoleArn"),
        input=compile_input(settings),
        group=(settings.get("SqsParameters") or {}).get("MessageGroupId"),
        dead_letter=(settings.get("DeadLetterConfig") or {}).get("Arn"),
        ladder=policy_ladder(settings.get("RetryPolicy")),
        is_bus=is_bus(settings["Arn"]),
        is_outside=destination_of(settings["Arn"]) is not None,
        http=settings.get("HttpParameters") or {},
    )


def settings_document(settings: Mapping[str, Any]) -> str:
    """Returns a target's members as a row keeps them."""
    return orjson.dumps({"v": 1, "target": dict(settings)}).decode()


def read_settings(text: str) -> dict[str, Any]:
    """Returns the members of a target that a row keeps."""
    found: dict[str, Any] = orjson.loads(text)["target"]
    return found
