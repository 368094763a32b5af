"""A bus's enabled rules with their targets, compiled: what an event is matched against.

They are kept in blocks, so that what changes one rule compiles no more than a block anew, however many there are. A
pattern's text is compiled once, a target's settings when the first event goes there.
"""

from collections.abc import Iterator

import orjson

from penstock.delivery import NO_PRECEDENCE, Precedence
from penstock.matching.document import Document
from penstock.matching.pattern_set import PatternSet
from penstock.services.events.arns import Key, rule_arn
from penstock.services.events.rules.pattern import compiled
from penstock.services.events.rules.target import RuleTarget, compile_target, read_settings
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

BLOCK = 512
"""Rules that are compiled together: an event costs a walk for each block, a change of a rule a block's making."""

_BEFORE_ALL = -1


class ActiveRule:
    """A rule that takes events, and where they go."""

    __slots__ = ("_settings", "_targets", "arn", "bus", "id", "name", "precedence")

    def __init__(
        self, bus: Key, id: int, name: str, settings: list[str], precedence: Precedence = NO_PRECEDENCE
    ) -> None:
        self.bus = bus
        self.id = id
        self.name = name
        self.arn = rule_arn(bus, name)
        self.precedence = precedence
        self._settings = settings
        self._targets: tuple[RuleTarget, ...] | None = None

    @property
    def targets(self) -> tuple[RuleTarget, ...]:
        """Returns its targets."""
        if self._targets is None:
            found = (compile_target(self.bus, self.name, read_settings(text)) for text in self._settings)
            self._targets = tuple(found)
        return self._targets

    def target(self, id: str) -> RuleTarget | None:
        """Returns the target with the id, or None."""
        return next((target for target in self.targets if target.id == id), None)


class RuleSet:
    """The enabled rules of one block; never changed."""

    def __init__(self, rules: list[tuple[str | None, ActiveRule]]) -> None:
        """``rules`` are patterns and rules; those without a pattern only have a schedule."""
        self.by_name = {rule.name: rule for _, rule in rules}
        self.patterns = PatternSet((compiled(pattern), rule) for pattern, rule in rules if pattern)


def matching_rules(tx: ReadTx, bus: Key, event: Document, behind: int = _BEFORE_ALL) -> Iterator[ActiveRule]:
    """Yields the rules of the bus behind the id ``behind`` that take the event, by id.

    A block is looked at when the rules of those before it are used up: who stops early compiles no more than it needs.
    """
    for block in blocks(tx, bus):
        if block >= (behind + 1) // BLOCK:
            for rule in rule_set(tx, bus, block).patterns.match(event):
                if rule.id > behind:
                    yield rule


def active_rule(tx: ReadTx, bus: Key, name: str) -> ActiveRule | None:
    """Returns the rule if it takes events, else None."""
    row = tx.one(Q.find_rule, *bus, name)
    return rule_set(tx, bus, row[0] // BLOCK).by_name.get(name) if row else None


def blocks(tx: ReadTx, bus: Key) -> tuple[int, ...]:
    """Returns the numbers of the blocks in which the bus has rules."""
    return tx.cached("events.blocks", bus, _load_blocks)


def rule_set(tx: ReadTx, bus: Key, block: int) -> RuleSet:
    """Returns one block of the bus's rules."""
    return tx.cached("events.rules", (bus, block), _load)


def forget_rule(tx: Tx, bus: Key, id: int) -> None:
    """Drops what is compiled of the rule; call it in the transaction that changes it or its targets."""
    tx.forget("events.rules", (bus, id // BLOCK))


def forget_blocks(tx: Tx, bus: Key) -> None:
    """Drops what is known of the bus's blocks; call it in the transaction that adds or deletes a rule."""
    tx.forget("events.blocks", bus)


def _load_blocks(tx: ReadTx, bus: Key) -> tuple[int, ...]:
    found: list[int] = []
    after = _BEFORE_ALL
    while row := tx.one(Q.find_next_rule, *bus, after):
        found.append(row[0] // BLOCK)
        after = (found[-1] + 1) * BLOCK - 1
    return tuple(found)


def _load(tx: ReadTx, key: tuple[Key, int]) -> RuleSet:
    bus, block = key
    bounds = (block * BLOCK, (block + 1) * BLOCK)
    settings: dict[int, list[str]] = {}
    for rule, text in tx.all(Q.find_targets_of_block, *bus, *bounds):
        settings.setdefault(rule, []).append(text)
    rules = [
        (pattern, ActiveRule(bus, id, name, settings.get(id, []), Precedence.of_tags(orjson.loads(tags))))
        for id, name, pattern, tags in tx.all(Q.find_enabled_rules, *bus, *bounds)
    ]
    return RuleSet(rules)
