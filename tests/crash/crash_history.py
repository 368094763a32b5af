"""What was asked of the server and what it acknowledged, key by key, and what its events say about that.

Each key has one writer, which waits for each answer before its next write. So the history of a key is a sequence,
and only its last write before a kill may be unanswered: such a write has happened entirely or not at all.
"""

import hashlib
from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass
class Write:
    """One change of one key. ``etag`` is None for a delete; ``version`` and ``request`` the server answered."""

    etag: str | None
    acknowledged: bool = False
    version: str | None = None
    request: str = ""


@dataclass(frozen=True)
class Event:
    """One record received from the queue; ``etag`` is None for a delete."""

    sequencer: str
    etag: str | None
    version: str | None


@dataclass
class Key:
    """The history of one key. ``digests`` holds the SHA-256 of every body ever sent, by ETag, to judge any answer."""

    bucket: str
    name: str
    versioned: bool
    writes: list[Write] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    repeats: int = 0

    @property
    def path(self) -> str:
        """Returns the path in a request, percent-encoded."""
        return f"/{self.bucket}/{quote(self.name)}"

    def send(self, etag: str, body: bytes) -> Write:
        """Notes a body on its way; it is not acknowledged yet."""
        self.digests[etag] = hashlib.sha256(body).hexdigest()
        self.writes.append(write := Write(etag))
        return write

    def receive(self, event: Event) -> None:
        """Notes an event; the same one may come again, another one under the same sequencer may not."""
        self.repeats += event.sequencer in self.events
        known = self.events.setdefault(event.sequencer, event)
        assert known == event, f"{self.path}: two events share a sequencer: {known} and {event}"

    def settle(self) -> list[Write]:
        """Returns the writes that happened: the events, ordered by sequencer, must be exactly the history.

        An acknowledged write has its event in its place; an unanswered one may be missing, and is then forgotten.
        """
        width = max(map(len, self.events), default=0)
        told = [self.events[name] for name in sorted(self.events, key=lambda name: name.ljust(width, "0"))]
        happened, rest = [], iter(told)
        event = next(rest, None)
        for write in self.writes:
            if event is not None and event.etag == write.etag and _may_be(write, event):
                write.version = event.version
                happened.append(write)
                event = next(rest, None)
            else:
                assert not write.acknowledged, f"{self.path}: no event for {write}; next is {event} of {told}"
        assert event is None, f"{self.path}: {event} tells of nothing that was asked for"
        self.writes = happened
        return happened


def _may_be(write: Write, event: Event) -> bool:
    return not write.acknowledged or write.version == event.version
