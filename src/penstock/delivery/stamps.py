"""What stories and records are stamped with: times, and sequencers that order the events of one key."""

from datetime import UTC, datetime
from functools import lru_cache


def sequencer(seq: int) -> str:
    """Returns the sequencer of the change ``seq``; all have one length, so text order is commit order."""
    return seq.to_bytes(9).hex().upper()


def iso_time(ms: int) -> str:
    """Returns ``1970-01-01T00:00:00.000Z``."""
    return f"{_seconds(ms // 1000)}.{str(1000 + ms % 1000)[1:]}Z"


@lru_cache(maxsize=64)  # events come many to the second
def _seconds(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")
