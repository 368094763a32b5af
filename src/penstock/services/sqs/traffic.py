"""What CloudWatch is told of the messages that go through each queue.

Every message is counted here, so a count is no more than an addition: the sums go to the measurements once a minute, or
when somebody asks. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from collections import defaultdict
from collections.abc import Iterable

from penstock.measurements import MINUTE_MS, Measurements, Series
from penstock.services.sqs.waiting import Lines

NAMESPACE = "AWS/SQS"
ACTIVE_MS = 6 * 3600 * 1000
"""How long CloudWatch hears of a queue that nobody uses and that holds nothing."""

_ALWAYS = (
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfMessagesDeleted",
    "NumberOfEmptyReceives",
)
_MANY = 1024  # sizes that are kept one by one: folding so many takes about a millisecond

Key = tuple[str, str, str]
"""A queue's account, region and name."""


class _Tally:
    """One queue's messages in the minute that begins with ``since_ms``."""

    __slots__ = (
        "deduplicated",
        "deleted",
        "empty",
        "received",
        "sent",
        "since_ms",
        "sizes",
        "told",
        "used_ms",
    )

    def __init__(self, now_ms: int) -> None:
        self.used_ms = now_ms
        self.since_ms = now_ms - now_ms % MINUTE_MS
        self.sizes: defaultdict[int, int] = defaultdict(int)
        self.told: set[str] = set()
        self.clear()

    def clear(self) -> None:
        """Begins to count anew."""
        self.sizes.clear()
        self.sent = self.received = self.deleted = self.empty = self.deduplicated = 0


class Traffic:
    """The queues that are in use, and what went through them since it was last told."""

    def __init__(self, measurements: Measurements, lines: Lines) -> None:
        self._measurements = measurements
        self._lines = lines
        self._tallies: dict[Key, _Tally] = {}
        measurements.fold_from(self._fold_all)

    def arrived(self, key: Key, queue: int, size: int, now_ms: int, due_ms: int) -> None:
        """Called after the commit of a message that was sent: counts it, and wakes who waits for it."""
        try:
            tally = self._tallies[key]
            if now_ms - tally.since_ms >= MINUTE_MS:
                self._turn(key, tally, now_ms)
        except KeyError:
            tally = self._tallies[key] = _Tally(now_ms)
        tally.used_ms = now_ms
        tally.sent += 1
        tally.sizes[size] += 1
        if not tally.sent % _MANY:
            self._fold(key, tally)
        if queue in self._lines.by_queue:
            self._lines.expect(queue, due_ms)

    def deduplicated(self, key: Key, now_ms: int) -> None:
        """Called after the commit of a message that a FIFO queue knew already."""
        self.tally(key, now_ms).deduplicated += 1

    def received(self, key: Key, messages: int, now_ms: int) -> None:
        """Called when a receiver gets its answer."""
        tally = self.tally(key, now_ms)
        tally.received += messages
        if not messages:
            tally.empty += 1

    def deleted(self, key: Key, now_ms: int) -> None:
        """Called after a delete that succeeded, also of a message that was gone already."""
        self.tally(key, now_ms).deleted += 1

    def tally(self, key: Key, now_ms: int) -> _Tally:
        """Returns the queue's, of the minute that is running: from now on the queue is in use."""
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(now_ms)
        elif now_ms - tally.since_ms >= MINUTE_MS:
            self._turn(key, tally, now_ms)
        tally.used_ms = now_ms
        return tally

    def active(self, now_ms: int) -> Iterable[Key]:
        """Returns the queues in use, each told of up to the minute that is running; the others are let go."""
        for key, tally in list(self._tallies.items()):
            if now_ms - tally.used_ms > ACTIVE_MS:
                self.forget(key)
            elif now_ms - tally.since_ms >= MINUTE_MS:
                self._turn(key, tally, now_ms)
        return list(self._tallies)

    def forget(self, key: Key) -> None:
        """Called when the queue is gone, or nobody has used it for long."""
        if tally := self._tallies.pop(key, None):
            self._fold(key, tally)

    def _turn(self, key: Key, tally: _Tally, now_ms: int) -> None:
        """Ends the minute of the tally: of a queue in use, nothing is a number, too."""
        self._fold(key, tally)
        for name in _ALWAYS:
            if name not in tally.told:
                self._measurements.add_at(tally.since_ms, series_of(key, name), 0)
        tally.told.clear()
        tally.since_ms = now_ms - now_ms % MINUTE_MS

    def _fold_all(self) -> None:
        for key, tally in self._tallies.items():
            self._fold(key, tally)

    def _fold(self, key: Key, tally: _Tally) -> None:
        counts = {
            "NumberOfMessagesSent": tally.sent,
            "NumberOfMessagesReceived": tally.received,
            "NumberOfMessagesDeleted": tally.deleted,
            "NumberOfEmptyReceives": tally.empty,
            "NumberOfDeduplicatedSentMessages": tally.deduplicated,
        }
        for name, count in counts.items():
            if count:
                tally.told.add(name)
                self._measurements.add_at(tally.since_ms, series_of(key, name), 1, count)
        sizes = series_of(key, "SentMessageSize", "Bytes")
        for size, count in tally.sizes.items():
            self._measurements.add_at(tally.since_ms, sizes, size, count)
        tally.clear()


def series_of(key: Key, name: str, unit: str = "Count") -> Series:
    """Returns the queue's series of that name."""
    account, region, queue = key
    return Series(account, region, NAMESPACE, name, (("QueueName", queue),), unit)
