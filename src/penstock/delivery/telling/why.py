"""Why a change did or did not reach a target: what the ledger says, or else what the configuration says.

The rules of a bucket are kept as they were. Of subscriptions, buses' rules and policies there is only what they are
now, which is said wherever it counts.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from typing import Any

import orjson

from penstock.delivery.documents import read_ladder, read_rules
from penstock.delivery.job import State
from penstock.delivery.ledger import DeliveryRow, EventRow, delivery_row, event_row
from penstock.delivery.message import Message
from penstock.delivery.outbox import Delivery
from penstock.delivery.priority import Priority
from penstock.delivery.rule import Rule
from penstock.delivery.stamps import iso_time
from penstock.delivery.standing import Feed
from penstock.delivery.telling.story import MAX_EVENTS
from penstock.delivery.telling.ways import Step, Way, ways
from penstock.delivery.trace_header import Trace, event_span
from penstock.store import ReadTx, queries

Q = queries("penstock.delivery")

Story = dict[str, Any]

MAX_RECORDS = 100
"""Deliveries, and runs of functions, that are told of one place."""

_END = 2**62
_NULL = "null"


class Verdict(StrEnum):
    """What became of an event on its way to a target; the first of several that are true is told."""

    DELIVERED = "delivered"
    WAITING = "waiting"
    DEAD = "dead"
    FILTERED = "filtered"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    NO_WAY = "no way"


_OF_STATE = {
    State.DELIVERED: Verdict.DELIVERED,
    State.DUE: Verdict.WAITING,
    State.LEASED: Verdict.WAITING,
    State.DEAD: Verdict.DEAD,
}


def asked_event(
    tx: ReadTx, bucket: str, key: str, version_id: str | None, event_name: str | None
) -> EventRow | None:
    """Returns the newest change of the object, of a version and of events whose names begin so; None: none is kept."""
    for row in tx.all(Q.find_object_events, bucket, key, _END, MAX_EVENTS):
        event = event_row(row)
        is_version = version_id in (None, event.change.version_id or _NULL)
        if is_version and event.change.event_name.startswith(event_name or ""):
            return event
    return None


def explanation(tx: ReadTx, delivery: Delivery, event: EventRow, target: str) -> Story:
    """Returns why the event did or did not reach ``target``: an ARN, a URL or a mail address.

    ``verdict`` is one of ``Verdict``; ``because`` are sentences; ``records`` what the ledger has, ``ways`` how the
    rules lead there step by step.
    """
    return _Explainer(tx, delivery, event, target).story()


class _Explainer:
    def __init__(self, tx: ReadTx, delivery: Delivery, event: EventRow, target: str) -> None:
        self._tx = tx
        self._delivery = delivery
        self._event = event
        self._target = target
        self._row = tx.one(Q.find_rules, event.rule_set) if event.rule_set is not None else None
        self._rules: list[Rule] = read_rules(self._row[0]) if self._row else []
        self._feeds = self._find_feeds()

    def story(self) -> Story:
        ways = self._ways(self._rules)
        given_up = [*self._given_up()]
        runs = [run for run in self._runs() if not (given_up and run["verdict"] is Verdict.WAITING)]
        left = {one["arn"] for one in given_up} | self._sifted(runs)
        records = [*self._records(ways, left), *runs, *given_up, *self._letters()]
        verdict = min((record["verdict"] for record in records), key=list(Verdict).index, default=None)
        told = [record for record in records if record["verdict"] is verdict]
        because = [record["text"] for record in (*told, *(one for one in given_up if one not in told))]
        if verdict is None:
            verdict, because = self._without_record(ways)
        return {
            "event": self._event.entry(),
            "target": self._target,
            "verdict": verdict,
            "because": because,
            "records": records,
            "ways": [asdict(way) for way in ways],
        }

    # How the configuration leads there

    def _ways(self, rules: Iterable[Rule]) -> list[Way]:
        rules = list(rules)
        found = ways(self._tx, self._delivery, self._event, rules, self._target)
        for feed in self._feeds:
            step = Step(f"mapping {feed.via}", self._target, feed.why_not, (self._target,))
            found += [way.plus(step) for way in ways(self._tx, self._delivery, self._event, rules, feed.arn)]
        return found

    def _find_feeds(self) -> tuple[Feed, ...]:
        change, target = self._event.change, self._target
        if not self._delivery.serves(target):
            return ()
        source, nothing = self._delivery.sender.source(change.bucket, change.account), Message(b"", Trace(""))
        return self._delivery.target(target).explain(self._tx, target, source, nothing, target).feeds

    # What the ledger has

    def _records(self, ways: Iterable[Way], left: Collection[str]) -> Iterator[Story]:
        queues = {feed.arn: feed for feed in self._feeds}
        for taken in self._event.taken:
            if self._target in (taken["arn"], taken.get("via")):
                yield _of_commit(taken)
            elif taken["arn"] in queues and taken["arn"] not in left:
                yield _of_queue(taken, queues[taken["arn"]])
        places = {self._target, *(place for way in ways for step in way.steps for place in step.places)}
        for place in sorted(places):
            for row in self._tx.all(Q.find_deliveries_of_event_to, self._event.seq, place, MAX_RECORDS):
                delivery = delivery_row(row)
                if delivery.state is not State.DELIVERED or self._is_end(place, ways):
                    yield self._of_row(delivery)

    def _letters(self) -> Iterator[Story]:
        """Yields what the target has as the dead-letter queue of somebody else."""
        for row in map(delivery_row, self._tx.all(Q.find_open_deliveries, self._event.seq, MAX_RECORDS)):
            if row.dead_letter == self._target:
                text = f"it has the dead letter of {row.arn}, since {iso_time(row.finished_ms or 0)}: {row.error}"
                yield {"verdict": Verdict.DELIVERED, "text": text, **row.entry()}
        for arn, ended_ms, failed, message, about in self._attempts():
            if about.get("dead_letter") == self._target:
                text = f"it has the message {message} of {arn}, since {iso_time(ended_ms)}: {failed}"
                yield {"verdict": Verdict.DELIVERED, "text": text, **about}

    def _is_end(self, place: str, ways: Iterable[Way]) -> bool:
        """Returns whether what is delivered there is with the target, and not on its way to it."""
        return place == self._target or any(place in way.steps[-1].places[:2] for way in ways)

    def _of_row(self, row: DeliveryRow) -> Story:
        return {"verdict": _OF_STATE[row.state], "text": self._told(row), **row.entry()}

    def _told(self, row: DeliveryRow) -> str:
        tries = f"{row.attempts} {'try' if row.attempts == 1 else 'tries'}"
        match row.state:
            case State.DELIVERED:
                receipt = f", message {row.receipt}" if row.receipt else ""
                return f"{row.arn} took it {iso_time(row.finished_ms or 0)}, after {tries}{receipt}"
            case State.DEAD:
                letter = f"; {row.dead_letter} has the dead letter" if row.dead_letter else ""
                ended = iso_time(row.finished_ms or 0)
                return f"given up for {row.arn} {ended}, after {tries}: {row.error}{letter}; `penstock dead` has it"
            case State.LEASED:
                return f"{row.arn} is being tried now, after {tries}{f': {row.error}' if row.error else ''}"
        return f"it waits for {row.arn}, after {tries}: {_why_waiting(row)}{self._until(row)}"

    def _until(self, row: DeliveryRow) -> str:
        if row.due_ms is None:
            return ""
        ladder, begun_ms, attempts = self._tx.one(Q.find_run, row.id) or (None, 0, 0)
        next_try = f"; next try {iso_time(row.due_ms)}"
        if ladder is None:
            return next_try
        return f"{next_try}, the last one {iso_time(read_ladder(ladder).ends_ms(attempts, begun_ms, row.due_ms))}"

    def _runs(self) -> Iterator[Story]:
        """Yields the runs of the target that had the event's message from a queue."""
        for arn, ended_ms, failed, message, about in self._attempts():
            if arn == self._target and message in about.get("filtered", ()):
                text = f"{arn} is not to have it: {failed}, message {message}, {iso_time(ended_ms)}"
                yield {"verdict": Verdict.FILTERED, "text": text, **about}
            elif arn == self._target and "dead_letter" not in about:
                how = f"failed with it: {failed}; its queue tries again" if failed else "ran with it"
                of = f", as message {message} of a queue" if message else ""
                text = f"{arn} {how}{of}, {iso_time(ended_ms)}"
                yield {"verdict": Verdict.WAITING if failed else Verdict.DELIVERED, "text": text, **about}

    def _sifted(self, runs: list[Story]) -> set[str]:
        """Returns the queues out of which a mapping's filter has taken the event's message."""
        mappings = {run.get("mapping") for run in runs if run["verdict"] is Verdict.FILTERED}
        return {feed.arn for feed in self._feeds if feed.via in mappings}

    def _given_up(self) -> Iterator[Story]:
        """Yields the queues that have given the event's message up: the target, and those that it is fed from."""
        queues = {self._target, *(feed.arn for feed in self._feeds)}
        for arn, ended_ms, failed, _, about in self._attempts():
            if arn in queues and "dead_letter" in about:
                letter = f"; {about['dead_letter']} has it" if about["dead_letter"] else ""
                text = f"the queue {arn} gave it up {iso_time(ended_ms)}: {failed}{letter}"
                yield {"verdict": Verdict.DEAD, "text": text, "arn": arn, **about}

    def _attempts(self) -> Iterator[tuple[str, int, str, str, Story]]:
        """Yields who tried something with the event's message: ARN, when, what failed, message and detail."""
        for row in self._tx.all(Q.find_attempts_of_cause, event_span(self._event.seq), MAX_RECORDS):
            arn, _, _, ended_ms, ok, error, detail, message, own_error = row
            failed = own_error if own_error is not None else ("" if ok else error)
            yield arn, ended_ms, failed, message, orjson.loads(detail)

    # Where it has nothing

    def _without_record(self, ways: list[Way]) -> tuple[Verdict, list[str]]:
        if not ways:
            return Verdict.NO_WAY, [*self._no_way()]
        if open_ways := [way for way in ways if way.stopped is None]:
            return Verdict.UNKNOWN, [self._open(way) for way in open_ways]
        return Verdict.STOPPED, [_stop(way.stopped) for way in ways if way.stopped]

    def _open(self, way: Way) -> str:
        by = " → ".join(step.by for step in way.steps)
        steps = [step for step in way.steps[:-1] if self._has_steps(step)]
        reasons = [f"{step.by}: {step.note}" for step in way.steps if step.note]
        reasons += [f"{step.to} passed it on in several steps, which name no messages" for step in steps]
        reasons += [step.refused for step in way.steps if step.refused]
        told = "; ".join(reasons) or "what has changed since is not kept"
        return f"no delivery by {by} is recorded, which would let it pass now: {told}"

    def _has_steps(self, step: Step) -> bool:
        """Returns whether a wide fan-out at the end of the step went on after the commit of the change."""
        seq = self._event.seq
        return any(self._tx.all(Q.find_deliveries_of_event_to, seq, place, 1) for place in set(step.places))

    def _no_way(self) -> Iterator[str]:
        if self._event.rule_set is not None and self._row is None:
            yield "the bucket's rules of that moment are not kept any more"
        elif not self._rules:
            yield "the bucket had no notification rules when the object changed"
        else:
            goals = ", ".join(f"{rule.id} → {rule.arn}" for rule in self._rules)
            yield f"none of the bucket's rules of that moment leads there, as things are now: {goals}"
        if later := self._ways_now():
            yield f"the rules as they are now, put {later}, lead there: `penstock replay` sends past changes to them"

    def _ways_now(self) -> str | None:
        """Returns since when there are rules that lead to the target, None when those in force do not."""
        row = self._tx.one(Q.find_current_rules, self._event.change.bucket)
        if row is None or row[0] == self._event.rule_set or not self._ways(read_rules(row[1])):
            return None
        put = self._tx.one(Q.find_rules_put, row[0])
        return iso_time(put[0]) if put else None


def _why_waiting(row: DeliveryRow) -> str:
    priority = Priority.ranked(row.rank)
    of_priority = f"; its rule says that it is of {priority} priority" if priority else ""
    if row.is_behind:
        return f"it is behind another one of the group {row.group}{of_priority}"
    return f"{row.error or 'not tried yet'}{of_priority}"


def _of_commit(taken: Story) -> Story:
    by = f" by {taken['via']}" if taken.get("via") else ""
    if taken.get("state") == "filtered":
        return {
            "verdict": Verdict.FILTERED,
            "text": f"{taken['arn']} was passed over{by}: {taken['error']}",
            **taken,
        }
    text = f"{taken['arn']} took it{by} in the commit of the change, message {taken['receipt']}"
    return {"verdict": Verdict.DELIVERED, "text": text, **taken}


def _of_queue(taken: Story, feed: Feed) -> Story:
    """Returns the record of a message that lay down in the queue that the target is fed from."""
    how = feed.why_not or "its mapping is enabled"
    text = f"the queue {taken['arn']} took it, message {taken['receipt']}; what is fed from there: {how}"
    return {"verdict": Verdict.WAITING, "text": text, **taken}


def _stop(step: Step) -> str:
    return f"{step.by} does not let it pass to {step.to}: {step.why_not}"
