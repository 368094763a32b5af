"""Forgets what the ledger has kept for long enough: in steps of a few milliseconds, each along an index."""

from functools import partial

from penstock.clock import Clock
from penstock.delivery.documents import read_rules
from penstock.delivery.outbox import Delivery
from penstock.store import Row, Store, Tx, queries

Q = queries(__package__)

_STEP = 50  # rows of one kind in one transaction
_EVERY_S = 3600
_DAY_MS = 86_400_000


async def keep_pruned(store: Store, delivery: Delivery, clock: Clock, days: int, dead_days: int) -> None:
    """Forgets what finished more than ``days`` ago, and died more than ``dead_days``, now and every hour.

    Returns when cancelled.
    """
    while True:
        await prune_dead(store, delivery, clock.now_ms() - dead_days * _DAY_MS)
        await prune(store, clock.now_ms() - days * _DAY_MS)
        await clock.sleep(_EVERY_S)


async def prune_dead(store: Store, delivery: Delivery, before_ms: int) -> None:
    """Returns when the deliveries that died before ``before_ms`` are forgotten."""
    while await store.write(_prune_dead, delivery, before_ms):
        pass


async def prune(store: Store, before_ms: int) -> None:
    """Returns when what finished before ``before_ms`` is forgotten, except what is dead."""
    after: int | None = 0
    while after is not None:
        after = await store.write(_prune_events, before_ms, after)
    for step in (_prune_deliveries, _prune_attempts):
        while await store.write(step, before_ms):
            pass
    after = 0
    while after is not None:
        after = await store.write(_prune_rule_sets, after)


def _prune_events(tx: Tx, before_ms: int, after: int) -> int | None:
    """Forgets some events behind ``after``; returns behind which to go on, or None at the end.

    They are in the order of their times. The newest always stays: the next number is made from it.
    """
    newest, rows = _newest(tx), tx.all(Q.find_oldest_events, after, _STEP)
    for seq, time_ms in rows:
        if time_ms >= before_ms or seq == newest:
            return None
        if tx.one(Q.find_open_delivery, seq) is None:
            tx.run(Q.delete_event, seq)
    return rows[-1][0] if rows else None


def _prune_deliveries(tx: Tx, before_ms: int) -> bool:
    """Forgets some deliveries with their attempts; returns whether there may be more."""
    ids = [id for (id,) in tx.all(Q.find_old_deliveries, before_ms, _newest(tx), _STEP)]
    return _delete_deliveries(tx, ids) < len(ids) or len(ids) == _STEP


def _prune_dead(tx: Tx, delivery: Delivery, before_ms: int) -> bool:
    ids = [id for (id,) in tx.all(Q.find_old_dead, before_ms, _newest(tx), _STEP)]
    gone = _delete_deliveries(tx, ids)
    tx.after_commit(partial(delivery.count_dead, -gone))
    return gone < len(ids) or len(ids) == _STEP


def _delete_deliveries(tx: Tx, ids: list[int]) -> int:
    """Returns how many of the deliveries it has forgotten: a ladder may have a hundred thousand steps."""
    left = _STEP
    for gone, id in enumerate(ids):
        left -= _delete_attempts(tx, tx.all(Q.find_attempt_ids, id, left))
        if left <= 0:
            return gone
        tx.run(Q.delete_delivery, id)
    return len(ids)


def _prune_attempts(tx: Tx, before_ms: int) -> bool:
    """Forgets some attempts that no delivery made; returns whether there may be more."""
    return _delete_attempts(tx, tx.all(Q.find_old_attempts, before_ms, _STEP)) == _STEP


def _delete_attempts(tx: Tx, rows: list[Row]) -> int:
    for (id,) in rows:
        tx.run(Q.delete_attempt_causes, id)
        tx.run(Q.delete_attempt, id)
    return len(rows)


def _prune_rule_sets(tx: Tx, after: int) -> int | None:
    """Forgets some rule sets that no event names; returns behind which to go on, or None at the end.

    One that was replaced before the oldest event came cannot be named by any. The one in force is kept unless it is
    empty and nothing stands before it: then it says no more than none at all.
    """
    oldest = tx.all(Q.find_oldest_events, 0, 1)
    oldest_ms = oldest[0][1] if oldest else tx.now_ms
    rows = tx.all(Q.find_rule_sets, after, _STEP)
    for id, bucket, created_ms, rules in rows:
        following = tx.one(Q.find_next_rule_set, bucket, id)
        if following:
            is_gone = following[0] < oldest_ms
        else:
            is_first = tx.one(Q.find_former_rule_set, bucket, id) is None
            is_gone = created_ms < oldest_ms and is_first and not read_rules(rules)
        if is_gone:
            tx.run(Q.delete_rule_set, id)
            tx.forget("delivery.rules", bucket)
    return rows[-1][0] if len(rows) == _STEP else None


def _newest(tx: Tx) -> int:
    ((seq,),) = tx.all(Q.find_last_seq)
    return seq or 0
