"""A subscription filter: a pattern, and where the events that match are sent, in the transaction that stores them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import gzip
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson

from penstock.delivery import Delivery, DestinationError, Ladder, Message, Phase, Source
from penstock.delivery.trace_header import Trace, child_header
from penstock.services.logs.group import SERVICE, Key, group_source
from penstock.services.logs.patterns import Pattern, compile_pattern
from penstock.store import ReadTx, Tx

LADDER = Ladder(
    phases=(Phase(tries=None, first_ms=1000, last_ms=300_000, growth=2.0),),
    max_age_ms=24 * 3_600_000,
    source="AWS says that it tries for 24 hours; the steps are Penstock's own",
)
"""Events whose destination is missing or forbids them: from one second doubling to five minutes, for a day."""

_FAST = 1  # zlib's level: what is sent is read once


Events = Sequence[Mapping[str, Any]]
"""Stored events, as who subscribes is told of them: ``id``, ``timestamp``, ``message``."""


class Subscription:
    """One subscription filter, as it was put; compiled when its first event comes."""

    def __init__(self, name: str, pattern: str, destination: str, distribution: str, created_ms: int) -> None:
        self.name = name
        self.pattern = pattern
        self.destination = destination
        self.distribution = distribution
        self.created_ms = created_ms

    @cached_property
    def _matches(self) -> Pattern:
        return compile_pattern(self.pattern)

    def wants(self, stream: str, message: str) -> bool:
        """Returns whether an event of that stream is sent."""
        return self._matches(message)

    def send(self, tx: Tx, delivery: Delivery, group: Key, stream: str, events: Events) -> None:
        """Promises that the events, which it wants, are delivered: by the ladder when they are refused now."""
        if not events:
            return
        message = Message(self._body(group, stream, events), _trace(tx))
        source = sender(tx, delivery, group, self.destination)
        delivery.send(tx, self.destination, source, message, LADDER)

    def _body(self, group: Key, stream: str, events: Events) -> bytes:
        document = {
            "messageType": "DATA_MESSAGE",
            "owner": group[0],
            "logGroup": group[2],
            "logStream": stream,
            "subscriptionFilters": [self.name],
            "logEvents": events,
        }
        packed = gzip.compress(orjson.dumps(document), _FAST, mtime=0)
        return orjson.dumps({"awslogs": {"data": b64encode(packed).decode()}})


def sender(tx: ReadTx, delivery: Delivery, group: Key, destination: str) -> Source:
    """Returns CloudWatch Logs under the name that the destination lets in: its own, or its former one of the region."""
    former = group_source(group, f"logs.{group[1]}.amazonaws.com")
    source = group_source(group, SERVICE)
    if is_let_in(tx, delivery, destination, source) or not is_let_in(tx, delivery, destination, former):
        return source
    return former


def is_let_in(tx: ReadTx, delivery: Delivery, destination: str, source: Source) -> bool:
    """Returns whether the destination would take something from the source now."""
    try:
        delivery.check(tx, destination, source)
    except DestinationError:
        return False
    return True


def _trace(tx: Tx) -> Trace:
    return child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
