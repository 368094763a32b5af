"""The destinations that something waits for, as people are told of them."""

from operator import itemgetter

from penstock.delivery.lanes import Lanes, Standing
from penstock.delivery.ledger import Entry
from penstock.delivery.stamps import iso_time
from penstock.store import ReadTx, queries

Q = queries("penstock.delivery")

MAX_TARGETS = 200
"""Destinations that are told of: a server may have thousands."""

_MAX_BEHIND = 1000


def waiting_targets(tx: ReadTx, lanes: Lanes) -> list[Entry]:
    """Returns the destinations that fail, those for longest first, then the others by how many deliveries wait."""
    return [_entry(tx, lanes, standing) for standing in lanes.standings(MAX_TARGETS)]


def _entry(tx: ReadTx, lanes: Lanes, standing: Standing) -> Entry:
    ranks = [rank.rank if rank else 0 for rank in lanes.ranks(standing.arn)]
    found = [row for rank in ranks if (row := tx.one(Q.find_first_due, standing.arn, rank))]
    due_ms, error = min(found, key=itemgetter(0), default=(None, None))
    behind = sum(tx.all(Q.find_behind, standing.arn, rank, _MAX_BEHIND)[0][0] for rank in ranks)
    return {
        "arn": standing.arn,
        "by_rules": {priority.value: count for priority, count in standing.ranked.items()},
        "behind_their_groups": behind,
        "waiting": standing.waiting,
        "trying": standing.trying,
        "priority": standing.priority.value,
        "put_off": lanes.is_put_off(standing.arn),
        "breaker": "closed" if standing.probe_ms is None else "open",
        "failing_since": _time(standing.since_ms),
        "next_probe": _time(standing.probe_ms),
        "first_due": _time(due_ms),
        "error": standing.error or error,
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else iso_time(ms)
