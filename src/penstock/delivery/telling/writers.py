"""Which objects a function has written, as far as the newest events tell."""

from typing import NamedTuple

from penstock.delivery.ledger import event_row
from penstock.delivery.rule import Rule
from penstock.store import ReadTx, queries

Q = queries("penstock.delivery")

_MAX_EVENTS = 1000
_END = 2**62


class Written(NamedTuple):
    """An object that a function wrote."""

    key: str
    time_ms: int


def written_into(tx: ReadTx, rule: Rule, bucket: str) -> Written | None:
    """Returns what the function that ``rule`` sends to has last written that the rule takes; None: nothing recently."""
    for row in tx.all(Q.find_events, _END, _MAX_EVENTS):
        if row[2] is None:  # no function of this server caused it
            continue
        change = event_row(row).change
        if change.bucket == bucket and rule.why_not(change.event_name, change.key) is None:
            attempt = tx.one(Q.find_attempt, row[2])
            if attempt and attempt[0] == rule.arn:
                return Written(change.key, change.time_ms)
    return None
