"""Compiles the rules that a former process left, before events need them, a block at a time and not on the loop."""

import asyncio

from penstock.matching.pattern_error import PatternError
from penstock.services.events.arns import Key
from penstock.services.events.rules.pattern import compiled
from penstock.services.events.rules.rule_set import BLOCK, blocks, rule_set
from penstock.store import ReadTx, Store, queries

Q = queries(__package__)

_NO_BUS = ("", "", "")


async def warm_up(store: Store) -> None:
    """Returns when the rules of every bus are compiled."""
    bus = await store.read(_next_bus, _NO_BUS)
    while bus is not None:
        for block in await store.read(blocks, bus):
            patterns = await store.read(_patterns, bus, block)
            await asyncio.to_thread(_compile, patterns)
            await store.read(rule_set, bus, block)
        bus = await store.read(_next_bus, bus)


def _next_bus(tx: ReadTx, after: Key) -> Key | None:
    row = tx.one(Q.find_next_bus, *after)
    return (row[0], row[1], row[2]) if row else None


def _patterns(tx: ReadTx, bus: Key, block: int) -> list[str]:
    rows = tx.all(Q.find_enabled_rules, *bus, block * BLOCK, (block + 1) * BLOCK)
    return [pattern for _, _, pattern in rows if pattern]


def _compile(patterns: list[str]) -> None:
    for pattern in patterns:
        try:
            compiled(pattern)
        except PatternError:  # whoever needs the rule will say so
            continue
