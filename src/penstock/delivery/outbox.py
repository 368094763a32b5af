"""The only place where a change becomes deliveries, run by the store just before it commits."""

from collections.abc import Callable, Mapping
from dataclasses import astuple
from functools import lru_cache

import orjson

from penstock.delivery.change import ObjectChange
from penstock.delivery.job import Attempt
from penstock.delivery.ladder import S3_DESTINATION
from penstock.delivery.record import s3_message
from penstock.delivery.rule import Rule, RuleSet, encode_key
from penstock.delivery.target import DestinationError, LeasedTarget, Message, Source, StoredTarget, Target
from penstock.delivery.trace_header import child_header, event_span, parent_of
from penstock.errors import AwsError
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

MAX_BACKLOG = 1_000_000
"""Deliveries that may wait at once; past it a change is refused, because nothing may be dropped."""


class Delivery:
    """Rules, deliveries and what the services may ask of them. Targets are by the service name in their ARNs."""

    def __init__(self, event_version: str) -> None:
        self._stored: dict[str, StoredTarget] = {}
        self._leased: dict[str, LeasedTarget] = {}
        self._event_version = event_version
        self.backlog = 0
        self.wake: Callable[[], object] = lambda: None

    def add_targets(self, targets: Mapping[str, Target]) -> None:
        """Takes on who delivers to the resources of a service, by its name in ARNs."""
        for service, target in targets.items():
            if hasattr(target, "accept"):
                self._stored[service] = target  # type: ignore[assignment]
            else:
                self._leased[service] = target

    def open(self, tx: ReadTx) -> None:
        """Counts what a former process left to do."""
        (self.backlog,) = tx.one(Q.count_due) or (0,)

    # What services ask

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to ``arn`` now; else raises DestinationError saying why not."""
        service = _service(arn)
        target = self._stored.get(service) or self._leased.get(service)
        if target is None:
            raise DestinationError(f"{arn} is not a destination that this server has")
        target.check(tx, arn, source)

    def send(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Stores ``message`` at a destination of this store, in this transaction, and returns its id there."""
        target = self._stored.get(_service(arn))
        if target is None:
            raise DestinationError(f"{arn} does not take messages within a transaction")
        return target.accept(tx, arn, source, message)

    def enqueue(
        self,
        tx: Tx,
        *,
        arn: str,
        account: str,
        payload: bytes,
        trace: str | None,
        source: str = "",
        source_arn: str = "",
    ) -> int:
        """Promises that ``payload`` is delivered to ``arn`` by the worker, from now on; returns the delivery's id."""
        header = trace or child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
        return self._queue(tx, None, None, arn, account, source, source_arn, header, payload, tx.now_ms, None)

    def put_rules(self, tx: Tx, bucket: str, rules: list[Rule]) -> None:
        """Replaces the bucket's rules."""
        tx.insert(Q.add_rule_set, bucket, tx.now_ms, orjson.dumps([astuple(rule) for rule in rules]).decode())
        tx.forget("delivery.rules", bucket)

    def rules(self, tx: ReadTx, bucket: str) -> list[Rule]:
        """Returns the bucket's rules as they were put."""
        found = tx.cached("delivery.rules", bucket, _load_rules)
        return found.rules if found else []

    def leased_target(self, arn: str) -> LeasedTarget | None:
        """Returns who tries deliveries to ``arn``; None when it is stored within a transaction."""
        return self._leased.get(_service(arn))

    # What the store runs before it commits

    def record(self, tx: Tx, changes: list[ObjectChange]) -> None:
        """Enters every change with its event row and all its deliveries."""
        for change in changes:
            self._record(tx, change)

    def _record(self, tx: Tx, change: ObjectChange) -> None:
        rules = tx.cached("delivery.rules", change.bucket, _load_rules)
        seq, *_ = tx.one(Q.find_next_seq, change.bucket, change.key) or (1,)
        stored = None
        if rules and (matched := rules.match(change.event_name, encode_key(change.key))):
            deliveries = [self._deliver(tx, seq, change, rule) for rule in matched]
            stored = orjson.dumps([delivery for delivery in deliveries if delivery]).decode()
        tx.run(
            Q.add_event,
            seq,
            change.bucket,
            change.key,
            change.time_ms,
            rules.id if rules else None,
            parent_of(change.trace),
            orjson.dumps(tuple(change)).decode(),
            stored,
        )

    def _deliver(self, tx: Tx, seq: int, change: ObjectChange, rule: Rule) -> tuple[str, str, str] | None:
        body = s3_message(change, seq, rule.id, self._event_version)
        trace = child_header(change.trace, event_span(seq), now_ms=tx.now_ms, ids=tx.ids)
        source = Source("s3.amazonaws.com", f"arn:aws:s3:::{change.bucket}", change.account)
        due_ms, error = tx.now_ms, None
        if self.leased_target(rule.arn) is None:
            try:
                return rule.id, rule.arn, self.send(tx, rule.arn, source, Message(body, trace))
            except DestinationError as refused:
                due_ms, error = tx.now_ms + (S3_DESTINATION.delay_ms(1) or 0), str(refused)
        self._queue(
            tx,
            seq,
            rule.id,
            rule.arn,
            change.account,
            source.service,
            source.arn,
            trace,
            body.encode(),
            due_ms,
            error,
        )
        return None

    def _queue(
        self,
        tx: Tx,
        event: int | None,
        rule: str | None,
        arn: str,
        account: str,
        source: str,
        source_arn: str,
        trace: str,
        payload: bytes,
        due_ms: int,
        error: str | None,
    ) -> int:
        if self.backlog >= MAX_BACKLOG:
            raise AwsError("SlowDown", "Please reduce your request rate.", status=503)
        id = tx.insert(
            Q.add_delivery,
            event,
            rule,
            arn,
            account,
            source,
            source_arn,
            trace,
            payload,
            tx.now_ms,
            due_ms,
            error,
        )
        tx.after_commit(self._queued)
        return id

    def _queued(self) -> None:
        self.backlog += 1
        self.wake()


def record_attempt(
    tx: Tx, *, arn: str, span: str, causes: list[str], started_ms: int, attempt: Attempt
) -> None:
    """Enters what became of a message or an invocation that is no delivery of ours any more.

    ``causes`` are the trace headers of what it was given.
    """
    id = add_attempt(tx, None, arn, span, started_ms, attempt)
    for cause in {parent for header in causes if (parent := parent_of(header))}:
        tx.run(Q.add_attempt_cause, cause, id)


def add_attempt(tx: Tx, delivery: int | None, arn: str, span: str, started_ms: int, attempt: Attempt) -> int:
    """Enters one try into the ledger and returns its id."""
    detail = orjson.dumps(attempt.detail).decode()
    return tx.insert(
        Q.add_attempt, delivery, arn, span, started_ms, tx.now_ms, attempt.ok, attempt.error, detail
    )


@lru_cache(maxsize=1024)
def _service(arn: str) -> str:
    return (arn + ":::").split(":", 3)[2]


def _load_rules(tx: ReadTx, bucket: str) -> RuleSet | None:
    row = tx.one(Q.current_rule_set, bucket)
    return load_rule_set(*row) if row else None


def load_rule_set(id: int, rules: str) -> RuleSet:
    """Returns the compiled rule set that a row holds."""
    return RuleSet(
        id, [Rule(i, arn, tuple(events), *affixes) for i, arn, events, *affixes in orjson.loads(rules)]
    )
