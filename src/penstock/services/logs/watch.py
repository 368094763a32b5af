"""What is looked for in the events of one log group as they come."""

from typing import NamedTuple

import orjson

from penstock.services.logs.group import Group
from penstock.services.logs.metrics.metric_filter import MetricFilter
from penstock.services.logs.subscription import Subscription
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_CACHE = "logs.watch"


class Watch(NamedTuple):
    """The filters of a group, by name."""

    metric_filters: tuple[MetricFilter, ...]
    subscriptions: tuple[Subscription, ...]


def watch_of(tx: ReadTx, group: Group) -> Watch:
    """Returns what is looked for in the events of the group."""
    return tx.cached(_CACHE, group.id, _load)


def forget_watch(tx: Tx, group: Group) -> None:
    """Drops what is remembered of the group's filters; call it in the transaction that changes them."""
    tx.forget(_CACHE, group.id)


def drop_filters(tx: Tx, group: Group) -> None:
    """Deletes the filters of a group that is deleted."""
    tx.run(Q.delete_metric_filters, group.id)
    tx.run(Q.delete_subscription_filters, group.id)
    forget_watch(tx, group)


def _load(tx: ReadTx, group: int) -> Watch:
    metric_filters = tx.all(Q.find_metric_filters, group)
    subscriptions = tx.all(Q.find_subscription_filters, group)
    return Watch(
        tuple(
            MetricFilter(name, pattern, orjson.loads(text), ms) for name, pattern, text, ms in metric_filters
        ),
        tuple(Subscription(*row) for row in subscriptions),
    )
