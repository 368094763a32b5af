"""Fair queues: which tenants of a standard queue are noisy, so that the others' messages do not wait behind theirs.

A tenant is a message group. Who is noisy is known in memory only, as far as it concerns receives that come: after a
restart it is found out again. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""

from collections import Counter
from collections.abc import Iterable

from penstock.services.sqs import limits
from penstock.store import ReadTx, queries

Q = queries(__package__)

_SHARE = 10  # more than a tenth of what is in flight, or of the time that messages are with their receivers
_MIN_IN_FLIGHT = 30
_MIN_PROCESSING_MS = 10_000  # of all tenants together: less says nothing
_QUIET_MS = 300_000
_WINDOW_MS = 300_000
_MAX_TENANTS = 10_000  # whose processing time is known


class _Times:
    """How long messages of each tenant were with their receivers: within this window and the one before."""

    def __init__(self) -> None:
        self._since_ms = 0
        self._now: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def add(self, tenant: str, spent_ms: int, now_ms: int) -> None:
        if now_ms - self._since_ms >= _WINDOW_MS:
            recent = now_ms - self._since_ms < 2 * _WINDOW_MS
            self._before = self._now if recent else Counter()
            self._now, self._since_ms = Counter(), now_ms
        if len(self._now) >= _MAX_TENANTS:  # those that matter are the first ten
            self._now = Counter(dict(self._now.most_common(_MAX_TENANTS // 10)))
        self._now[tenant] += spent_ms

    def forget(self, tenant: str) -> None:
        for counter in (self._now, self._before):
            counter.pop(tenant, None)

    def is_large(self, tenant: str) -> bool:
        total = self._now.total() + self._before.total()
        own = self._now[tenant] + self._before[tenant]
        return total >= _MIN_PROCESSING_MS and own * _SHARE > total


class _Box:
    """One queue whose messages have groups, ``out`` of them in flight; ``noisy`` are by when they sent last."""

    def __init__(self, out: int = 0) -> None:
        self.out = out
        self.noisy: dict[str, int] = {}
        self.times = _Times()
        self.passed_ms = 0


class Tenants:
    """The tenants of all queues, by box."""

    def __init__(self) -> None:
        self._boxes: dict[int, _Box] = {}

    def watches(self, box: int) -> bool:
        """Returns whether messages of the box have groups, as far as is known."""
        return box in self._boxes

    def noisy(self, box: int, now_ms: int) -> list[str]:
        """Returns the noisy tenants; one that has sent nothing for five minutes is none any more."""
        found = self._boxes.get(box)
        if found is None or not found.noisy:
            return []
        for tenant, sent_ms in list(found.noisy.items()):
            if now_ms - sent_ms >= _QUIET_MS:
                self.calm(box, tenant)
        return list(found.noisy)

    def watch(self, box: int, in_flight: int) -> None:
        """Called when a message of the box has a group; ``in_flight`` is how many are, as far as is known."""
        if box not in self._boxes:
            self._boxes[box] = _Box(in_flight)

    def spot(self, tx: ReadTx, box: int, tenants: Iterable[str]) -> bool:
        """Returns whether one of the ``tenants``, of whom a receive found messages, has become noisy."""
        found = self._boxes.setdefault(box, _Box())
        in_flight = found.out
        new = [tenant for tenant in tenants if tenant not in found.noisy]
        # The least in flight that is more than a tenth.
        least = max(_MIN_IN_FLIGHT, in_flight // _SHARE + 1)
        loud = [
            tenant
            for tenant in new
            if found.times.is_large(tenant)
            or (in_flight >= _MIN_IN_FLIGHT and in_flight_of(tx, box, tenant, least) >= least)
        ]
        found.noisy.update(dict.fromkeys(loud, tx.now_ms))
        return bool(loud)

    def calm(self, box: int, tenant: str) -> None:
        """Called when nothing of the tenant waits any more: it begins anew."""
        found = self._boxes.setdefault(box, _Box())
        found.noisy.pop(tenant, None)
        found.times.forget(tenant)
        found.passed_ms = 0

    def passed_ms(self, box: int) -> int:
        """Returns until when all messages that nobody has had are known to be of noisy tenants."""
        return self._boxes.setdefault(box, _Box()).passed_ms

    def pass_until(self, box: int, due_ms: int) -> None:
        """Called when that has been found out."""
        self._boxes.setdefault(box, _Box()).passed_ms = due_ms

    def sent(self, box: int, tenant: str, now_ms: int) -> None:
        """Called when the tenant has sent a message."""
        found = self._boxes.get(box)
        if found is not None and tenant in found.noisy:
            found.noisy[tenant] = now_ms

    def received(self, box: int, count: int) -> None:
        """Called when ``count`` messages were received that had not been before; deleted, when less than none."""
        if (found := self._boxes.get(box)) is not None:
            found.out = max(0, found.out + count)

    def processed(self, box: int, tenant: str, spent_ms: int, now_ms: int) -> None:
        """Called when a message of the tenant was deleted that was with its receiver for ``spent_ms``."""
        if (found := self._boxes.get(box)) is not None:
            found.times.add(tenant, spent_ms, now_ms)

    def forget(self, box: int) -> None:
        """Called when a queue has let go of the box."""
        self._boxes.pop(box, None)


def in_flight_of(tx: ReadTx, box: int, tenant: str, most: int = limits.MAX_IN_FLIGHT) -> int:
    """Returns how many messages of the tenant are in flight, counted up to ``most``."""
    row = tx.one(Q.count_in_flight_of, box, tenant, tx.now_ms, most)
    return int(row[0]) if row else 0
