"""The only place where a change becomes deliveries, run by the store just before it commits."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple

from penstock.delivery.attempts import add_attempt
from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import (
    change_document,
    ladder_document,
    message_document,
    read_rules,
    rules_document,
    sender_document,
    taken_document,
)
from penstock.delivery.job import Attempt, Job, Retry, State
from penstock.delivery.ladder import Ladder
from penstock.delivery.lanes import Lanes
from penstock.delivery.message import Message, Origin
from penstock.delivery.priority import Priority
from penstock.delivery.rule import Rule, RuleSet, encode_key
from penstock.delivery.source import Source
from penstock.delivery.target import ChangeSender, DestinationError, Nowhere, Target, Undeliverable
from penstock.delivery.trace_header import child_header, event_header, event_root, parent_of
from penstock.delivery.turn import ANY_TURN, Precedence, Turn, group_of, turn_of
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

FAN_OUT = 256
"""Destinations that are offered something within the transaction of one change; the worker offers to the others."""

LEASE_MS = 30 * 60_000
"""Longer than any try: a function runs for 15 minutes at most."""

_NOWHERE = Nowhere()
_ORPHAN = Origin()  # what no change caused


class _Row(NamedTuple):
    """What ``add_delivery`` takes, in its order."""

    event: int | None
    rule: str | None
    arn: str
    body: bytes
    message: str
    sender: str | None
    ladder: str | None
    state: str
    attempts: int
    created_ms: int
    accepted_ms: int | None = None
    due_ms: int | None = None
    lease_owner: str | None = None
    lease_ms: int | None = None
    finished_ms: int | None = None
    error: str | None = None
    dead_letter: str | None = None
    replay: str | None = None
    cause: str | None = None
    rank: int = 0
    group_id: str | None = None

    @property
    def turn(self) -> Turn:
        """Returns when its turn comes."""
        return Turn(Priority.ranked(self.rank), self.group_id)


def _never() -> bool:
    return False


class Delivery:
    """Rules, deliveries and what the services may ask of them. Targets are by the service name in their ARNs.

    ``dead`` is how many deliveries are dead, counted as the lanes are.
    """

    sender: ChangeSender
    """Who speaks for buckets; the service that keeps them sets it when it is made."""

    def __init__(self, is_pressed: Callable[[], bool] = _never) -> None:
        """``is_pressed`` returns whether the server is late with what it does."""
        self._is_pressed = is_pressed
        self._targets: dict[str, Target] = {}
        self._owner = ""
        self._take: Callable[[Job], object] | None = None
        self._wake: Callable[[], object] = _nobody
        self.lanes = Lanes(self._is_pressed)
        self.dead = 0

    def add_targets(self, targets: Mapping[str, Target]) -> None:
        """Takes on who delivers to the resources of a service, by its name in ARNs."""
        self._targets.update(targets)

    def open(self, tx: Tx) -> None:
        """Takes up what a former process left: nobody else has the data, so its leases are void."""
        tx.run(Q.put_leases_due)
        self.lanes = Lanes(self._is_pressed)
        for (arn,) in tx.all(Q.find_lanes):
            priority = self.target(arn).precedence(tx, arn).priority
            for rank, backlog in tx.all(Q.find_backlog, arn):
                self.lanes.enter(arn, priority, Priority.ranked(rank), backlog)
        for arn, since_ms, error in tx.all(Q.find_breakers):
            if not self.lanes.reopen(arn, since_ms, error, tx.now_ms):
                tx.run(Q.delete_breaker, arn)
        ((self.dead,),) = tx.all(Q.find_dead_count)

    def carried_by(self, owner: str, take: Callable[[Job], object], wake: Callable[[], object]) -> None:
        """Hands what is to be carried to ``take``, leased to ``owner``, and tells ``wake`` of what waits."""
        self._owner, self._take, self._wake = owner, take, wake

    def carried_by_nobody(self) -> None:
        """Leaves what is to be carried to the next process."""
        self._take, self._wake = None, _nobody

    # What services ask

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to ``arn`` now; else raises DestinationError saying why not."""
        self.target(arn).check(tx, arn, source)

    def offer(self, tx: Tx, arn: str, source: Source, message: Message) -> str | None:
        """Delivers ``message`` to ``arn`` or raises DestinationError, having stored nothing.

        Returns its receipt, or None when it is carried from now on. AwsError ``SlowDown``.
        """
        receipt = self.target(arn).accept(tx, arn, source, message)
        if receipt is None:
            self.carry(tx, arn, source, message)
        return receipt

    def send(self, tx: Tx, arn: str, source: Source, message: Message, ladder: Ladder) -> str | None:
        """Promises that ``message`` is delivered to ``arn``: now, or by ``ladder`` while ``arn`` refuses it.

        Returns the receipt of what is delivered now, else None. AwsError ``SlowDown``.
        """
        origin = message.origin
        if origin is None:
            origin = Origin()
            message = message._replace(origin=origin)
        if origin.count >= FAN_OUT or (origin.turn.group is not None and self.is_behind(tx, arn, origin)):
            self._defer(tx, arn, source, message, ladder)
            return None
        origin.count += 1
        place = len(origin.taken)  # before what the target makes of it
        try:
            receipt = self._targets.get(_service(arn), _NOWHERE).accept(tx, arn, source, message)
        except DestinationError as refused:
            self.put_off(tx, arn, source, message, ladder, refused)
            return None
        if receipt is None:
            self.carry(tx, arn, source, message)
        else:
            origin.taken.insert(place, {"rule": origin.rule, "arn": arn, "receipt": receipt})
        return receipt

    def enqueue(self, tx: Tx, *, arn: str, payload: bytes, trace: str | None, request_id: str) -> int:
        """Promises to carry ``payload`` to ``arn``, which has accepted it; returns the delivery's id."""
        header = child_header(trace, parent_of(trace) or tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
        return self.carry(tx, arn, None, Message(payload, header, request_id=request_id))

    # What targets ask that make deliveries of a message

    def pass_on(self, tx: Tx, arn: str, source: Source, message: Message, via: str) -> str | None:
        """Delivers ``message`` to ``arn`` as ``offer`` does, as part of what came to ``via``; returns the receipt."""
        receipt = self.offer(tx, arn, source, message)
        if (origin := message.origin) is not None:
            origin.count += 1
            if receipt is not None:
                origin.taken.append({"rule": origin.rule, "arn": arn, "receipt": receipt, "via": via})
        return receipt

    def carry(self, tx: Tx, arn: str, source: Source | None, message: Message) -> int:
        """Promises to carry ``message`` to ``arn``, which has accepted it; returns the delivery's id.

        AwsError ``SlowDown``.
        """
        # When its lane has room it is leased from birth: no commit stands between a change and its handler.
        self.lanes.check(arn)
        now_ms = tx.now_ms
        precedence = self.target(arn).precedence(tx, arn)
        row = self._turned(tx, _row(tx, arn, source, message, None), message, precedence, now_ms)
        row = row._replace(accepted_ms=now_ms)
        turn = row.turn
        priority = turn.priority or precedence.priority or Priority.NORMAL
        is_leased = row.due_ms is not None and self._take is not None and self.lanes.room(arn, priority) > 0
        if is_leased:
            row = row._replace(state=State.LEASED.value, lease_owner=self._owner, lease_ms=now_ms + LEASE_MS)
        id = tx.insert(Q.add_delivery, *row)
        job = None
        if is_leased:
            message = message._replace(origin=Origin(row.event, row.rule, turn=turn))
            job = Job(id, arn, message, tx.ids.hex(16), 0, now_ms, now_ms, turn=turn)
        tx.after_commit(partial(self._entered, arn, precedence.priority, turn.priority, job))
        return id

    def is_behind(self, tx: ReadTx, arn: str, origin: Origin | None) -> bool:
        """Returns whether an earlier delivery to ``arn`` of the group that the origin's rule says has not ended."""
        group = origin.turn.group if origin else None
        return group is not None and tx.one(Q.find_first_of_group, arn, group) is not None

    def ended(self, tx: Tx, arn: str, turn: Turn) -> None:
        """Lets the next delivery of the group go, when one has ended."""
        if turn.group is not None and (row := tx.one(Q.find_first_of_group, arn, turn.group)):
            tx.run(Q.put_turn, tx.now_ms, row[0])

    def oldest_waiting(self, tx: ReadTx, arn: str) -> bytes | None:
        """Returns the body of the oldest delivery to ``arn`` that has not ended, for who keeps an order; or None."""
        found = [tx.one(Q.find_oldest_of_target, arn, state.value) for state in (State.DUE, State.LEASED)]
        oldest = min(filter(None, found), key=itemgetter(0), default=None)
        return bytes(oldest[1]) if oldest else None

    def put_off(
        self,
        tx: Tx,
        arn: str,
        source: Source,
        message: Message,
        ladder: Ladder,
        refused: DestinationError,
    ) -> None:
        """Enters what ``arn`` has refused: due by the ladder; dead when that is at its end, or the lane is full.

        Nothing that its writers could do would help a destination that refuses, so they are not refused for it.
        """
        reason = str(refused)
        row = _row(tx, arn, source, message, ladder)._replace(attempts=1, error=reason)
        due_ms = ladder.due_ms(1, tx.now_ms, tx.now_ms, tx.ids.fraction())
        if isinstance(refused, Undeliverable):
            due_ms, row = None, row._replace(dead_letter=refused.dead_letter)
        elif self.lanes.is_full(arn):
            due_ms, row = None, row._replace(error=f"{reason}; too much waits for this destination already")
        if due_ms is None:
            row = row._replace(state=State.DEAD.value, finished_ms=tx.now_ms)
            tx.after_commit(partial(self.count_dead, 1))
        else:
            row = self._waiting(tx, row, message, due_ms)
        id = tx.insert(Q.add_delivery, *row)
        add_attempt(tx, id, arn, tx.ids.hex(16), tx.now_ms, Attempt(ok=False, error=reason))

    def carry_later(self, tx: Tx, arn: str, message: Message, retry: Retry) -> None:
        """Promises to carry ``message`` to ``arn`` from the time of ``retry`` on, after a first try that failed.

        Dead when the lane is full. AwsError ``SlowDown``.
        """
        reason, due_ms = retry.reason, retry.due_ms
        row = _row(tx, arn, None, message, retry.ladder)._replace(
            attempts=1, accepted_ms=tx.now_ms, error=reason
        )
        if self.lanes.is_full(arn):
            row = row._replace(state=State.DEAD.value, finished_ms=tx.now_ms)
            tx.after_commit(partial(self.count_dead, 1))
        else:
            row = self._waiting(tx, row, message, due_ms)
        id = tx.insert(Q.add_delivery, *row)
        add_attempt(tx, id, arn, tx.ids.hex(16), tx.now_ms, Attempt(ok=False, error=reason))

    def revive(self, tx: Tx, id: int, arn: str) -> None:
        """Sends a dead delivery to ``arn`` again, on a new run of its ladder. AwsError ``SlowDown``."""
        self.lanes.check(arn)
        rank, group = tx.one(Q.find_turn, id) or (0, None)
        is_behind = group is not None and tx.one(Q.find_first_of_group, arn, group) is not None
        tx.run(Q.put_redriven, None if is_behind else tx.now_ms, tx.now_ms, tx.now_ms, id)
        tx.after_commit(partial(self.count_dead, -1))
        self._wait(tx, arn, Priority.ranked(rank))

    def count_dead(self, by: int) -> None:
        """Counts deliveries that have died, or are dead no more."""
        self.dead += by

    def changed_ms(self, tx: ReadTx, bucket: str, key: str) -> int:
        """Returns when the object last changed; 0 when that is not known any more."""
        row = tx.one(Q.find_last_change, bucket, key)
        return row[0] if row else 0

    def put_rules(self, tx: Tx, bucket: str, rules: list[Rule]) -> None:
        """Replaces the bucket's rules."""
        tx.insert(Q.add_rules, bucket, tx.now_ms, rules_document(rules))
        tx.forget("delivery.rules", bucket)

    def rules(self, tx: ReadTx, bucket: str) -> list[Rule]:
        """Returns the bucket's rules as they were put."""
        found = tx.cached("delivery.rules", bucket, _load_rules)
        return found.rules if found else []

    def rule_set(self, tx: ReadTx, bucket: str) -> RuleSet:
        """Returns the bucket's rules with their number, which grows with each change; 0 when it never had any."""
        return tx.cached("delivery.rules", bucket, _load_rules) or RuleSet(0, ())

    def target(self, arn: str) -> Target:
        """Returns who delivers to ``arn``."""
        return self._targets.get(_service(arn), _NOWHERE)

    def serves(self, arn: str) -> bool:
        """Returns whether there is anybody who delivers to resources like ``arn`` for others."""
        return _service(arn) in self._targets and self.target(arn).is_public

    # What the store runs before it commits

    def record(self, tx: Tx, changes: list[ObjectChange]) -> None:
        """Enters every change with its event row and all its deliveries."""
        for change in changes:
            self._record(tx, change)

    def _record(self, tx: Tx, change: ObjectChange) -> None:
        rules = tx.cached("delivery.rules", change.bucket, _load_rules)
        seq = tx.draw(Q.draw_seq, change.bucket, change.key)
        matched = rules.match(change.event_name, encode_key(change.key)) if rules else None
        tx.run(
            Q.add_event,
            seq,
            change.bucket,
            change.key,
            change.time_ms,
            rules.id if rules else None,
            parent_of(change.trace) if change.trace else None,
            change_document(change),
            self._deliver(tx, change, seq, matched) if matched else None,
        )

    def _deliver(self, tx: Tx, change: ObjectChange, seq: int, rules: list[Rule]) -> str | None:
        sender, origin = self.sender, Origin(seq)
        source = sender.source(change.bucket, change.account)
        root = event_root(seq, change.time_ms, f"{change.bucket}/{change.key}")
        trace = event_header(change.trace, seq, root)
        for rule in rules:
            origin.rule = rule.id
            body = sender.body(change, seq, rule)
            message = Message(body, trace, subject=sender.subject, origin=origin)
            origin.turn = turn_of(rule.precedence, body) if rule.priority or rule.group_key else ANY_TURN
            self.send(tx, rule.arn, source, message, sender.ladder)
        return taken_document(origin.taken) if origin.taken else None

    def _defer(self, tx: Tx, arn: str, source: Source, message: Message, ladder: Ladder) -> None:
        row = self._waiting(tx, _row(tx, arn, source, message, ladder), message, tx.now_ms)
        tx.insert(Q.add_delivery, *row)

    def _waiting(self, tx: Tx, row: _Row, message: Message, due_ms: int) -> _Row:
        """Returns the row of a delivery that waits until ``due_ms``, or for its group; AwsError ``SlowDown``."""
        self.lanes.check(row.arn)
        row = self._turned(tx, row, message, self.target(row.arn).precedence(tx, row.arn), due_ms)
        self._wait(tx, row.arn, row.turn.priority)
        return row

    def _turned(self, tx: ReadTx, row: _Row, message: Message, precedence: Precedence, due_ms: int) -> _Row:
        """Returns the row with its turn, due at ``due_ms`` unless it is behind another of its group."""
        turn = message.origin.turn if message.origin else ANY_TURN
        if turn.group is None and precedence.group_key is not None:
            turn = turn._replace(group=group_of(precedence.group_key, message.body))
        if turn is ANY_TURN:
            return row._replace(due_ms=due_ms)
        is_behind = turn.group is not None and tx.one(Q.find_first_of_group, row.arn, turn.group) is not None
        rank = turn.priority.rank if turn.priority else 0
        return row._replace(due_ms=None if is_behind else due_ms, rank=rank, group_id=turn.group)

    def _wait(self, tx: Tx, arn: str, rank: Priority | None) -> None:
        priority = self.target(arn).precedence(tx, arn).priority
        tx.after_commit(partial(self._entered, arn, priority, rank, None))

    def _entered(self, arn: str, priority: Priority | None, rank: Priority | None, job: Job | None) -> None:
        self.lanes.enter(arn, priority, rank)
        if job is not None and self._take is not None:
            self._take(job)
        else:
            self._wake()


def _row(tx: Tx, arn: str, source: Source | None, message: Message, ladder: Ladder | None) -> _Row:
    origin = message.origin or _ORPHAN
    return _Row(
        origin.event,
        origin.rule,
        arn,
        message.body,
        message_document(message),
        sender_document(source) if source else None,
        ladder_document(ladder) if ladder else None,
        State.DUE.value,
        0,
        tx.now_ms,
        replay=origin.replay,
        cause=parent_of(message.trace) if origin.event is None else None,
    )


@lru_cache(maxsize=1024)
def _service(arn: str) -> str:
    return (arn + ":::").split(":", 3)[2]


def _load_rules(tx: ReadTx, bucket: str) -> RuleSet | None:
    row = tx.one(Q.find_current_rules, bucket)
    return RuleSet(row[0], read_rules(row[1])) if row else None


def _nobody() -> None:
    """Told of what waits while nobody carries it."""
