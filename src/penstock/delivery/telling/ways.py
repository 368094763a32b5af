"""The ways that lead from a change to a target: the rules of then, and the topics and buses between as they are now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from penstock.delivery.ledger import EventRow
from penstock.delivery.message import Message
from penstock.delivery.outbox import Delivery
from penstock.delivery.rule import Rule
from penstock.delivery.source import Source
from penstock.delivery.stamps import iso_time
from penstock.delivery.standing import Passage, Standing
from penstock.delivery.trace_header import Trace
from penstock.store import ReadTx

MAX_HOPS = 4
"""Topics and buses that a way goes through: no more of them pass an event on to each other."""

MAX_WAYS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: ``by`` leads to ``to``, and does not let the event pass if there is a ``why_not``.

    ``places`` are what deliveries of this step are addressed to. ``note`` says what is not known of the past;
    ``policies`` what the statements say that let ``to`` take it, or not, and ``refused`` what follows from them now.
    """

    by: str
    to: str
    why_not: str | None
    places: tuple[str, ...]
    note: str | None = None
    refused: str | None = None
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way; ``via`` is what hands the event to the target, as the ledger names it."""

    rule: str
    steps: tuple[Step, ...] = field(default=())
    via: str | None = None

    def plus(self, step: Step) -> "Way":
        """Returns the way with one more step."""
        return replace(self, steps=(*self.steps, step))

    @property
    def stopped(self) -> Step | None:
        """Returns the first step that does not let the event pass, or None."""
        return next((step for step in self.steps if step.why_not), None)


def ways(tx: ReadTx, delivery: Delivery, event: EventRow, rules: Iterable[Rule], wanted: str) -> list[Way]:
    """Returns the ways by which ``rules`` lead the event's change to the ARN or address ``wanted``."""
    walker = _Walker(tx, delivery, event, wanted)
    found: list[Way] = []
    for rule in rules:
        found += walker.from_rule(rule)
        if len(found) >= MAX_WAYS:
            break
    return found[:MAX_WAYS]


class _Walker:
    def __init__(self, tx: ReadTx, delivery: Delivery, event: EventRow, wanted: str) -> None:
        self._tx = tx
        self._delivery = delivery
        self._event = event
        self._wanted = wanted

    def from_rule(self, rule: Rule) -> Iterator[Way]:
        change, sender = self._event.change, self._delivery.sender
        why_not = rule.why_not(change.event_name, change.key)
        # Of an event that the rule is not about, the question is where it would lead one that it is about.
        told = change if rule.covers(change.event_name) else replace(change, event_name=rule.events[0])
        body = sender.body(told, self._event.seq, rule)
        message = Message(body, Trace(""), subject=sender.subject)
        step = Step(f"rule {rule.id}", rule.arn, why_not, (rule.arn,))
        yield from self._on(Way(rule.id), step, sender.source(change.bucket, change.account), message)

    def _on(self, way: Way, step: Step, source: Source, message: Message) -> Iterator[Way]:
        """Yields the ways on from where the step leads."""
        standing = self._standing(step.to, source, message)
        way = way.plus(_with(step, standing))
        if step.to == self._wanted:
            yield way
            return
        if len(way.steps) > MAX_HOPS:
            return
        for passage in standing.passages:
            yield from self._through(way, passage, message)

    def _through(self, way: Way, passage: Passage, message: Message) -> Iterator[Way]:
        step = self._step(passage)
        way = replace(way, via=passage.via)
        is_end = self._wanted in (passage.arn, passage.via, passage.place)
        if not is_end and passage.source and passage.message:
            yield from self._on(way, step, passage.source, passage.message)
        elif is_end and passage.source and self._delivery.serves(passage.arn):
            standing = self._standing(passage.arn, passage.source, passage.message or message)
            yield way.plus(_with(step, standing))
        elif is_end:
            yield way.plus(step)

    def _standing(self, arn: str, source: Source, message: Message) -> Standing:
        return self._delivery.target(arn).explain(self._tx, arn, source, message, self._wanted)

    def _step(self, passage: Passage) -> Step:
        why_not, note, time_ms = passage.why_not, None, self._event.change.time_ms
        if passage.since_ms is not None and passage.since_ms > time_ms:
            why_not = f"it is there since {iso_time(passage.since_ms)}, which is after the change"
        elif passage.changed_ms is not None and passage.changed_ms > time_ms:
            note = f"it was changed {iso_time(passage.changed_ms)}, after the change: how it was before is not kept"
        return Step(passage.via, passage.arn, why_not, (passage.arn, passage.place), note)


def _with(step: Step, standing: Standing) -> Step:
    places = step.places if standing.rest is None else (*step.places, standing.rest)
    return replace(step, places=places, refused=standing.refused, policies=standing.policies)
