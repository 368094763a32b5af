"""A bus's enabled rules with their targets, compiled: what an event is matched against.

Compiled when it is first needed after a change of a rule; a pattern's text is compiled once.
"""

from functools import lru_cache
from typing import NamedTuple

from penstock.matching.event_pattern import EventPattern
from penstock.matching.pattern_set import PatternSet
from penstock.services.events.arns import Key, rule_arn
from penstock.services.events.rules.target import RuleTarget, compile_target, read_settings
from penstock.store import ReadTx, queries

Q = queries(__package__)


class ActiveRule(NamedTuple):
    """A rule that takes events, and where they go."""

    bus: Key
    name: str
    arn: str
    targets: tuple[RuleTarget, ...]

    def target(self, id: str) -> RuleTarget | None:
        """Returns the target with the id, or None."""
        return next((target for target in self.targets if target.id == id), None)


class RuleSet:
    """The enabled rules of one bus; never changed."""

    def __init__(self, rules: list[tuple[str, ActiveRule]]) -> None:
        """``rules`` are patterns and rules."""
        self.by_name = {rule.name: rule for _, rule in rules}
        self.patterns = PatternSet((compiled(pattern), rule) for pattern, rule in rules)


def rule_set(tx: ReadTx, bus: Key) -> RuleSet:
    """Returns the rules of the bus that take events."""
    return tx.cached("events.rules", bus, _load)


@lru_cache(maxsize=16_384)
def compiled(pattern: str) -> EventPattern:
    """Returns the compiled pattern; PatternError."""
    return EventPattern(pattern)


def _load(tx: ReadTx, bus: Key) -> RuleSet:
    settings: dict[int, list[str]] = {}
    for rule, text in tx.all(Q.find_targets_of_bus, *bus):
        settings.setdefault(rule, []).append(text)
    rules = []
    for id, name, pattern in tx.all(Q.find_enabled_rules, *bus):
        targets = tuple(compile_target(bus, name, read_settings(text)) for text in settings.get(id, ()))
        rules.append((pattern, ActiveRule(bus, name, rule_arn(bus, name), targets)))
    return RuleSet(rules)
