"""A rule as a value, and as every operation finds it."""

from enum import StrEnum
from typing import NamedTuple

import orjson

from penstock.server import Call, Params
from penstock.services.events.arns import Key, bus_key, rule_arn
from penstock.services.events.buses.bus import get_bus
from penstock.services.events.errors import no_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)


class RuleState(StrEnum):
    """Whether a rule takes events; there are no management events of CloudTrail that the third would add."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    WITH_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class Rule(NamedTuple):
    """One rule; ``created_by`` is the account that put it there."""

    bus: Key
    name: str
    id: int
    pattern: str | None
    state: RuleState
    description: str | None
    role: str | None
    created_by: str
    tags: dict[str, str]
    schedule: str | None

    @property
    def arn(self) -> str:
        """Returns the rule's ARN."""
        return rule_arn(self.bus, self.name)


def find_rule(tx: ReadTx, bus: Key, name: str) -> Rule | None:
    """Returns the rule, or None."""
    row = tx.one(Q.find_rule, *bus, name)
    return rule_of(bus, (name, *row)) if row else None


def get_rule(tx: ReadTx, bus: Key, name: str) -> Rule:
    """Returns the rule; AwsError ``ResourceNotFoundException``, also when there is no such bus."""
    get_bus(tx, bus)
    rule = find_rule(tx, bus, name)
    if rule is None:
        raise no_rule(name, bus[2])
    return rule


def rule_of(bus: Key, row: Row) -> Rule:
    """Returns the rule in a row of ``find_rules``."""
    name, id, pattern, state, description, role, created_by, tags, schedule = row
    settings = (pattern, RuleState(state), description, role, created_by, orjson.loads(tags), schedule)
    return Rule(bus, name, id, *settings)


def named_rule(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the rule that ``Name`` says."""
    return rule_arn(bus_key(call, params), params["Name"])


def asked_rule(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the rule that ``Rule`` says."""
    return rule_arn(bus_key(call, params), params["Rule"])
