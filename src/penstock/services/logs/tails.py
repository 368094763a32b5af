"""Who looks on while log events come: Live Tail's sessions, in memory.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.services.logs.errors import too_many_sessions
from penstock.services.logs.group import Place
from penstock.services.logs.limits import MAX_LIVE_TAILS, MAX_TAILED, MAX_TAILED_WAITING


class Session:
    """One who looks on: at ``groups`` (ids, with how they are called), at events ``wanted`` by stream and message."""

    def __init__(self, place: Place, groups: Mapping[int, str], wanted: Callable[[str, str], bool]) -> None:
        self.place = place
        self.groups = groups
        self._wanted = wanted
        # A client that reads too slowly loses the oldest.
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_TAILED_WAITING)

    def wants(self, stream: str, message: str) -> bool:
        """Returns whether it is to be told of an event of that stream."""
        return self._wanted(stream, message)

    def tell(self, group: int, stream: str, now_ms: int, events: Iterable[Mapping[str, Any]]) -> None:
        """Keeps the events, which it wants, until the next update."""
        for event in events:
            self._waiting.append(
                {
                    "logStreamName": stream,
                    "logGroupIdentifier": self.groups[group],
                    "message": event["message"],
                    "timestamp": event["timestamp"],
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
