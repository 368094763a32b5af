"""The server's time, kept in the data directory for the next start."""

from pathlib import Path
from threading import Lock

import orjson

from penstock.clock import Kept, Move
from penstock.errors import StartError
from penstock.store.files import replace_file

_VERSION = 1


class TimeFile:
    """The file ``time`` in a data directory. Both methods block; ``save`` may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "time"
        self._lock = Lock()
        self._saved_ms = 0

    def load(self) -> Kept | None:
        """Returns what was saved last, or None; StartError when the file holds something else."""
        try:
            document = orjson.loads(self._path.read_bytes())
            if document.pop("version") != _VERSION:
                raise ValueError("another version")
            moves = tuple(Move(**move) for move in document.pop("moves"))
            return Kept(**document, moves=moves)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StartError(
                f"{self._path} holds no time ({error}); restore it, or remove it to go by the machine's clock"
            ) from None

    def save(self, kept: Kept) -> None:
        """Promises that ``kept``, or something later, is on disk."""
        document = {**kept._asdict(), "moves": [move._asdict() for move in kept.moves], "version": _VERSION}
        with self._lock:
            if kept.server_ms >= self._saved_ms:
                replace_file(self._path, orjson.dumps(document))
                self._saved_ms = kept.server_ms
