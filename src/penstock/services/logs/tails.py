"""Who looks on while log events come: Live Tail's sessions, in memory.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from penstock.services.logs.errors import too_many_sessions
from penstock.services.logs.group import Place
from penstock.services.logs.limits import MAX_LIVE_TAILS, MAX_TAILED, MAX_TAILED_WAITING


class Told(NamedTuple):
    """A stored event as those who look on are told of it."""

    stream: str
    time_ms: int
    message: str


class Session:
    """One who looks on: at ``groups`` (ids, with what they are called), at those events that are ``wanted``."""

    def __init__(self, place: Place, groups: Mapping[int, str], wanted: Callable[[Told], bool]) -> None:
        self.place = place
        self.groups = groups
        self._wanted = wanted
        # A client that reads too slowly loses the oldest.
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_TAILED_WAITING)

    def tell(self, group: int, now_ms: int, events: Iterable[Told]) -> None:
        """Keeps those of the events that are wanted until the next update."""
        for event in events:
            if self._wanted(event):
                self._waiting.append(
                    {
                        "logStreamName": event.stream,
                        "logGroupIdentifier": self.groups[group],
                        "message": event.message,
                        "timestamp": event.time_ms,
                        "ingestionTime": now_ms,
                    }
                )

    def update(self) -> dict[str, Any]:
        """Returns what has come since the last update; of very many events a part, evenly."""
        found = list(self._waiting)
        self._waiting.clear()
        is_sampled = len(found) > MAX_TAILED
        if is_sampled:
            found = [found[at * len(found) // MAX_TAILED] for at in range(MAX_TAILED)]
        return {"sessionMetadata": {"sampled": is_sampled}, "sessionResults": found}


class Tails:
    """The sessions of one server; ``closed`` is set when it ends."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self._sessions: dict[int, set[Session]] = {}

    @property
    def sessions(self) -> set[Session]:
        """Returns all who look on."""
        return {session for sessions in self._sessions.values() for session in sessions}

    def of(self, group: int) -> Iterable[Session]:
        """Returns who looks at the group."""
        return self._sessions.get(group, ())

    def tell(self, group: int, now_ms: int, events: list[Told]) -> None:
        """Tells the group's sessions what has been stored."""
        for session in self.of(group):
            session.tell(group, now_ms, events)

    def join(self, session: Session) -> None:
        """Begins to tell the session; AwsError ``LimitExceededException``."""
        if sum(one.place == session.place for one in self.sessions) >= MAX_LIVE_TAILS:
            raise too_many_sessions()
        for group in session.groups:
            self._sessions.setdefault(group, set()).add(session)

    def leave(self, session: Session) -> None:
        """Tells the session no more."""
        for group in session.groups:
            sessions = self._sessions.get(group, set())
            sessions.discard(session)
            if not sessions:
                self._sessions.pop(group, None)
