"""Takes away what nobody can see any more: ended subscriptions, those of deleted topics, old deduplication ids."""

from penstock.services.sns.subscriptions.subscription import forget_subscription
from penstock.store import Row, Tx, queries

Q = queries(__package__)

_STEP = 200


def empty_topic(tx: Tx) -> bool:
    """Deletes some subscriptions of a topic that was deleted, at last the topic; returns whether there may be more."""
    row = tx.one(Q.find_dropped_topic)
    if row is None:
        return False
    found = tx.all(Q.find_some_of_topic, row[0], _STEP)
    for subscription in found:
        _delete(tx, subscription)
    messages = tx.all(Q.find_some_archived, row[0], _STEP)
    for archived in messages:
        tx.run(Q.delete_archived, *archived)
    if len(found) < _STEP and len(messages) < _STEP:
        tx.run(Q.delete_topic, row[0])
    return True


def end_subscriptions(tx: Tx) -> bool:
    """Deletes some subscriptions that were not confirmed in time, or ended long ago."""
    found = tx.all(Q.find_ended, tx.now_ms, _STEP)
    for subscription in found:
        _delete(tx, subscription)
    return len(found) == _STEP


def forget_duplicates(tx: Tx) -> bool:
    """Deletes some deduplication ids that are over."""
    found = tx.all(Q.find_old_deduplications, tx.now_ms, _STEP)
    for row in found:
        tx.run(Q.delete_deduplication, *row)
    return len(found) == _STEP


def shorten_archives(tx: Tx) -> bool:
    """Deletes some messages that have been archived for long enough."""
    found = tx.all(Q.find_old_archived, tx.now_ms, _STEP)
    for row in found:
        tx.run(Q.delete_archived, *row)
    return len(found) == _STEP


def _delete(tx: Tx, subscription: Row) -> None:
    id, topic_id, number, uid = subscription
    tx.run(Q.delete_subscription, id)
    forget_subscription(tx, topic_id, number, uid)
