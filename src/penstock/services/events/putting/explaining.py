"""Why an event on a bus reaches a target or not, asked of the same patterns and inputs that decide it."""

from collections.abc import Iterator

from penstock.delivery import Message, Passage
from penstock.services.events.arns import Key
from penstock.services.events.putting.event import Event
from penstock.services.events.putting.failure import Failure
from penstock.services.events.putting.parcel import pack
from penstock.services.events.rules.pattern import compiled
from penstock.services.events.rules.rule import Rule, RuleState, rule_of
from penstock.services.events.rules.rule_set import ActiveRule
from penstock.services.events.rules.target import RuleTarget, compile_target, read_settings
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, queries

Q = queries("penstock.services.events.rules")

_MAX_WAYS = 64
"""Targets of a kind that are looked at: the wanted one in several rules, topics and buses that may lead on."""

_LEADING_ON = (("arn:aws:events:", "arn:aws:events;"), ("arn:aws:sns:", "arn:aws:sns;"))


def passages(
    tx: ReadTx, events: EventsState, bus: Key, event: Event, message: Message, wanted: str
) -> tuple[Passage, ...]:
    """Returns the targets by which the event goes from the bus to ``wanted``, or on to topics and buses."""
    return tuple(_passage(tx, events, event, message, bus, row) for row in _rows(tx, bus, wanted))


def _rows(tx: ReadTx, bus: Key, wanted: str) -> Iterator[Row]:
    exact = (wanted, wanted)
    for low, high in (exact, *_LEADING_ON):
        for row in tx.all(Q.find_ways, low, high, *bus, _MAX_WAYS):
            if low == wanted or not low <= wanted <= high or read_settings(row[9])["Arn"] != wanted:
                yield row


def _passage(tx: ReadTx, events: EventsState, event: Event, message: Message, bus: Key, row: Row) -> Passage:
    *columns, settings, created_ms, changed_ms, target_ms, target_changed_ms = row
    rule = rule_of(bus, tuple(columns))
    active = ActiveRule(bus, rule.id, rule.name, [settings])
    target = compile_target(bus, rule.name, read_settings(settings))
    made = Passage(
        rule.arn,
        target.arn,
        target.place,
        _why_not(rule, event),
        _latest(created_ms, target_ms),
        _latest(changed_ms, target_changed_ms),
    )
    return _with_parcel(tx, events, event, message, made, (active, target))


def _with_parcel(
    tx: ReadTx,
    events: EventsState,
    event: Event,
    message: Message,
    made: Passage,
    to: tuple[ActiveRule, RuleTarget],
) -> Passage:
    parcel = pack(tx, events, event, message._replace(body=event.text), *to)
    if isinstance(parcel, Failure):
        return made._replace(why_not=made.why_not or parcel.reason)
    return made._replace(source=parcel.source, message=parcel.message)


def _why_not(rule: Rule, event: Event) -> str | None:
    if rule.state is RuleState.DISABLED:
        return "the rule is disabled"
    if rule.pattern is None:
        return "the rule has a schedule and no event pattern"
    failed = compiled(rule.pattern).why_not(event.document)
    return f"the event pattern does not match: {failed}" if failed else None


def _latest(*times: int | None) -> int | None:
    return max((time for time in times if time is not None), default=None)
