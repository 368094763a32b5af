"""Where a mapping's readers stand in a stream: rows, so that a restart goes on where they were."""

from dataclasses import dataclass, replace
from typing import Any

from penstock.services.dynamodb.streams.changes import oldest_sequence
from penstock.services.dynamodb.streams.stream import get_stream
from penstock.services.dynamodb.streams.window import Window
from penstock.store import Tx, queries

Q = queries(__package__)

_FIRST_REST_MS = 1000
_LONGEST_REST_MS = 60_000


@dataclass(frozen=True, slots=True)
class Position:
    """The next change of a reader, by its sequence number.

    After a failure its batch, which ends before ``until`` when that is set, has been tried ``tries`` times, and is
    tried again at ``due_ms``. ``window`` is the tumbling window that has begun, if there are such.
    """

    sequence: int
    until: int | None = None
    tries: int = 0
    due_ms: int = 0
    window: Window | None = None

    def behind(self, sequence: int, window: Window | None) -> "Position":
        """Returns the position behind what has been processed, or given up; ``window`` is the one that goes on."""
        return Position(sequence, window=window)

    def again(self, sequence: int, until: int, now_ms: int) -> "Position":
        """Returns the position before a batch that has failed once more, as long as it is to rest."""
        tries = self.tries + 1 if sequence == self.sequence else 1
        rest_ms = min(_LONGEST_REST_MS, _FIRST_REST_MS << min(tries - 1, 10))
        return Position(sequence, until, tries, now_ms + rest_ms, self.window)

    def halved(self, sequence: int, middle: int) -> "Position":
        """Returns the position before the first part of a batch that has failed: a split is no try."""
        return replace(self, sequence=sequence, until=middle, due_ms=0)


def read_position(tx: Tx, mapping: str, part: int, parts: int, begin: dict[str, Any]) -> Position:
    """Returns where a mapping's reader of that part stands.

    When none has read yet, or there were more or fewer parts, all begin anew: where the mapping says
    (``begin`` is its ``StreamArn`` and ``StartingPosition``), or where the hindmost of the former stood.
    """
    rows = tx.all(Q.find_readers, mapping)
    if [row[0] for row in rows] != list(range(parts)):
        stream = get_stream(tx, begin["StreamArn"])
        starts = [row[1] for row in rows]
        if not starts:
            latest = begin["StartingPosition"] == "LATEST"
            starts = [stream.sequence + 1 if latest else oldest_sequence(tx, stream)]
        tx.run(Q.delete_readers, mapping)
        for number in range(parts):
            tx.run(Q.add_reader, mapping, number, stream.id, min(starts))
        rows = tx.all(Q.find_readers, mapping)
    _, sequence, until, tries, due_ms, start_s, state = rows[part]
    window = None if start_s is None else Window(start_s, state)
    return Position(sequence, until, tries, due_ms, window)


def keep_position(tx: Tx, mapping: str, part: int, position: Position) -> None:
    """Writes down where a reader stands."""
    window = position.window
    tx.run(
        Q.put_reader,
        position.sequence,
        position.until,
        position.tries,
        position.due_ms,
        window.start_s if window else None,
        window.state if window else "{}",
        mapping,
        part,
    )
