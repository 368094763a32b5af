"""Delivers recorded changes again, in steps: what a step has sent and how far it came are one transaction.

So a replay that was cut off, by whatever, goes on behind what it has sent. What it delivers carries the replay's id,
as a message attribute and in the ledger.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from penstock.delivery.attempts import add_attempt
from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import message_document, read_change
from penstock.delivery.job import Attempt
from penstock.delivery.message import Message, Origin
from penstock.delivery.outbox import Delivery
from penstock.delivery.rule import Rule, RuleSet, encode_key
from penstock.delivery.stamps import iso_time
from penstock.delivery.target import DestinationError
from penstock.delivery.trace_header import event_span, message_header
from penstock.delivery.turn import turn_of
from penstock.errors import AwsError
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

ATTRIBUTE = "PenstockReplay"
"""The message attribute that names the replay."""

MAX_LOOKED_AT = 500
"""Changes that one step looks at."""

MAX_EVENTS = 25
"""Changes that one step sends."""

_MAX_DELIVERIES = 64  # after which a step ends
_SLACK = 1000  # on a store with many writers numbers and times differ by some places
_KEPT_MS = 30 * 86_400_000


class Wanted(NamedTuple):
    """Which changes go where: those of ``rule``, or of all rules, to their destinations or to ``target`` alone."""

    bucket: str
    prefix: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    rule: str | None = None
    target: str | None = None

    def takes(self, change: ObjectChange) -> bool:
        """Returns whether it is one of the changes."""
        is_late = self.to_ms is not None and change.time_ms >= self.to_ms
        return change.time_ms >= (self.from_ms or 0) and not is_late and change.key.startswith(self.prefix)


class Replay(NamedTuple):
    """One replay; ``after`` is the number of the last change that was looked at."""

    id: str
    wanted: Wanted
    first: int
    last: int
    after: int
    sent: int
    finished_ms: int | None

    def entry(self) -> dict[str, Any]:
        """Returns it as people read it."""
        is_done = self.finished_ms is not None
        return {
            "id": self.id,
            **self.wanted._asdict(),
            "sent": self.sent,
            "done": is_done,
            "progress": 1.0 if is_done else (self.after - self.first) / max(self.last - self.first, 1),
        }


class Preview(NamedTuple):
    """Some of what would be sent; ``after`` is behind which change to read on, None at the end."""

    entries: list[dict[str, Any]]
    refused: dict[str, str]
    after: int | None


def preview(tx: ReadTx, delivery: Delivery, wanted: Wanted, after: int | None) -> Preview:
    """Returns what would be sent of some changes behind ``after``, and which destinations would refuse it."""
    first, last = _bounds(tx, wanted)
    rules, entries = _rules(tx, delivery, wanted), list[dict[str, Any]]()
    refused: dict[str, str] = {}
    rows = tx.all(Q.find_changes_behind, first if after is None else after, last, MAX_LOOKED_AT)
    for _, change in _changes(rows, wanted):
        for rule in _matching(delivery, rules, wanted, change):
            entries.append(_entry(change, rule))
            if rule.arn not in refused and (why := _refusal(tx, delivery, change, rule.arn)):
                refused[rule.arn] = why
    return Preview(entries, refused, rows[-1][0] if len(rows) == MAX_LOOKED_AT else None)


def start(tx: Tx, delivery: Delivery, wanted: Wanted) -> Replay:
    """Returns a new replay, of which nothing is sent yet; AwsError ``ReplayUnfinished``, ``NoSuchRule``."""
    _rules(tx, delivery, wanted)
    for row in tx.all(Q.find_open_replays, wanted.bucket):
        if (found := _replay(row)).wanted == wanted:
            message = f"The replay {found.id} of the same changes is not finished."
            raise AwsError("ReplayUnfinished", message, status=409)
    tx.run(Q.delete_old_replays, tx.now_ms - _KEPT_MS)
    id, (first, last) = tx.ids.uuid(), _bounds(tx, wanted)
    tx.run(Q.add_replay, id, *wanted, first, last, first, tx.now_ms)
    return get_replay(tx, id)


def get_replay(tx: ReadTx, id: str) -> Replay:
    """Returns the replay; AwsError ``NoSuchReplay``."""
    row = tx.one(Q.find_replay, id)
    if row is None:
        raise AwsError("NoSuchReplay", f"There is no replay {id}.", status=404)
    return _replay(row)


def step(tx: Tx, delivery: Delivery, id: str, most: int) -> Replay:
    """Sends at most ``most`` more changes and returns how far the replay is; AwsError ``SlowDown``: nothing is sent."""
    replay = get_replay(tx, id)
    if replay.finished_ms is not None:
        return replay
    rules, wanted = _rules(tx, delivery, replay.wanted), replay.wanted
    rows = tx.all(Q.find_changes_behind, replay.after, replay.last, MAX_LOOKED_AT)
    after = rows[-1][0] if rows else replay.last
    events = made = 0
    for seq, change in _changes(rows, wanted):
        if events >= min(most, MAX_EVENTS) or made >= _MAX_DELIVERIES:
            after = seq - 1
            break
        count = sum(
            send_again(tx, delivery, replay.id, seq, change, rule)
            for rule in _matching(delivery, rules, wanted, change)
        )
        events, made = events + (count > 0), made + count
    else:
        if len(rows) < MAX_LOOKED_AT:
            return _put(
                tx, replay._replace(after=replay.last, sent=replay.sent + made, finished_ms=tx.now_ms)
            )
    return _put(tx, replay._replace(after=after, sent=replay.sent + made))


def send_again(tx: Tx, delivery: Delivery, replay: str, seq: int, change: ObjectChange, rule: Rule) -> int:
    """Returns how many deliveries it has made of the change for one rule, marked with the id ``replay``.

    AwsError ``SlowDown``.
    """
    sender, body = delivery.sender, delivery.sender.replayed(change, seq, rule, replay)
    origin = Origin(seq, rule.id, replay, turn_of(rule.precedence, body))
    message = Message(
        body,
        message_header(change.trace, event_span(seq), now_ms=tx.now_ms, ids=tx.ids),
        {ATTRIBUTE: {"DataType": "String", "StringValue": replay}},
        subject=sender.subject,
        origin=origin,
    )
    delivery.send(tx, rule.arn, sender.source(change.bucket, change.account), message, sender.ladder)
    kept = message_document(message)
    for taken in origin.taken:
        if taken["receipt"] is not None:
            place = (seq, rule.id, taken["arn"], kept)
            times = (tx.now_ms, tx.now_ms, tx.now_ms)
            id = tx.insert(Q.add_replayed, *place, *times, taken["receipt"], replay)
            add_attempt(tx, id, str(taken["arn"]), tx.ids.hex(16), tx.now_ms, Attempt(ok=True))
    return max(origin.count, 1)


def _put(tx: Tx, replay: Replay) -> Replay:
    tx.run(Q.put_replay_place, replay.after, replay.sent, replay.finished_ms, replay.id)
    return replay


def _replay(row: tuple[Any, ...]) -> Replay:
    id, *wanted, first, last, after, sent, finished_ms = row
    return Replay(id, Wanted(*wanted), first, last, after, sent, finished_ms)


def _rules(tx: ReadTx, delivery: Delivery, wanted: Wanted) -> RuleSet:
    """Returns the bucket's rules, or the wanted one alone; AwsError ``NoSuchRule``."""
    found = delivery.rule_set(tx, wanted.bucket)
    if wanted.rule is None:
        return found
    named = [rule for rule in found.rules if rule.id == wanted.rule]
    if not named:
        raise AwsError("NoSuchRule", f"The bucket {wanted.bucket} has no rule {wanted.rule}.", status=404)
    return RuleSet(found.id, named)


def _matching(delivery: Delivery, rules: RuleSet, wanted: Wanted, change: ObjectChange) -> list[Rule]:
    """Returns the rules that send the change; of a replay to one target the one that sends it there."""
    found = rules.match(change.event_name, encode_key(change.key))
    if wanted.target is None:
        return found
    to = delivery.sender.rule_to(wanted.target)
    if not to.covers(change.event_name) or (wanted.rule is not None and not found):
        return []
    return [to if wanted.rule is None else replace(to, id=wanted.rule)]


def _changes(rows: list[tuple[Any, ...]], wanted: Wanted) -> Iterator[tuple[int, ObjectChange]]:
    for seq, bucket, key, text in rows:
        if bucket == wanted.bucket and key.startswith(wanted.prefix):
            change = read_change(text)
            if wanted.takes(change):
                yield seq, change


def _bounds(tx: ReadTx, wanted: Wanted) -> tuple[int, int]:
    """Returns behind which change the replay begins, and the last one."""
    ((newest,),) = tx.all(Q.find_last_seq)
    newest = newest or 0
    first = 0 if wanted.from_ms is None else max(_number_at(tx, wanted.from_ms, newest) - _SLACK, 0)
    last = newest if wanted.to_ms is None else min(_number_at(tx, wanted.to_ms, newest) + _SLACK, newest)
    oldest = tx.one(Q.find_oldest_events, first, 1)
    return (max(first, oldest[0] - 1) if oldest else first), last


def _number_at(tx: ReadTx, time_ms: int, newest: int) -> int:
    """Returns a number that changes before ``time_ms`` do not exceed: numbers grow as times do."""
    low, high = 0, newest
    while low < high:
        middle = (low + high) // 2
        row = tx.one(Q.find_oldest_events, middle, 1)
        if row is None or row[1] >= time_ms:
            high = middle
        else:
            low = row[0]
    return low


def _entry(change: ObjectChange, rule: Rule) -> dict[str, Any]:
    time = iso_time(change.time_ms)
    names = {"event": change.event_name, "bucket": change.bucket, "key": change.key}
    return {"time": time, **names, "version_id": change.version_id, "rule": rule.id, "arn": rule.arn}


def _refusal(tx: ReadTx, delivery: Delivery, change: ObjectChange, arn: str) -> str | None:
    try:
        delivery.check(tx, arn, delivery.sender.source(change.bucket, change.account))
    except DestinationError as refused:
        return str(refused)
    return None
