"""The shim's log: what a server did to its disk and what it answered, in order, and what was durable at each answer."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

# What no answer promises: it tells who runs now, or is made anew at each start.
_OF_THE_MOMENT = ("*/lock", "*/endpoint", "*-shm", "*/unpacked", "*/penstock-functions-*", "*/staging/*")


@dataclass(frozen=True)
class Step:
    """One call. ``what`` has the verb before it when a fault kept it from happening, as in ``lie fsync``."""

    what: str
    path: str
    other: str = ""


@dataclass(frozen=True)
class Answer:
    """An answer's first line, and what would have been lost had the power failed as its first byte was sent."""

    line: str
    unsynced: frozenset[str]


class Disk:
    """What a power cut would lose: the bytes of ``dirty`` files, and ``loose`` names that their folder may not have.

    Each with the number of the call that has left it so: a sync covers what was done before it began.
    """

    def __init__(self) -> None:
        self.dirty: dict[str, int] = {}
        self.loose: dict[str, int] = {}
        self._number = 0
        self._syncing: dict[str, int] = {}

    def take(self, step: Step) -> None:
        """Follows one call."""
        self._number += 1
        match step.what:
            case "create" | "mkdir":
                self.loose[step.path] = self._number
            case "write" | "truncate":
                self.dirty[step.path] = self._number
            case "rename" | "link":
                self._named(step)
            case "unlink":
                self.dirty.pop(step.path, None)
                self.loose.pop(step.path, None)
            case "syncing":
                self._syncing[step.other] = self._number
            case "fsync":
                self._synced(step.path, self._syncing.pop(step.other))

    def unsynced(self) -> frozenset[str]:
        """Returns what an answer would promise in vain."""
        return frozenset(
            path
            for path in self.dirty.keys() | self.loose.keys()
            if not any(fnmatch(path, own) for own in _OF_THE_MOMENT)
        )

    def _named(self, step: Step) -> None:
        if step.path in self.dirty:
            self.dirty[step.other] = self.dirty[step.path]
        self.loose[step.other] = self._number
        if step.what == "rename":
            self.dirty.pop(step.path, None)
            self.loose.pop(step.path, None)

    def _synced(self, path: str, begun: int) -> None:
        if self.dirty.get(path, begun) < begun:
            del self.dirty[path]
        for name, number in list(self.loose.items()):
            if number < begun and str(PurePosixPath(name).parent) == path:
                del self.loose[name]


def steps(log: Path) -> list[Step]:
    """Returns every whole line of the log."""
    lines = log.read_text(errors="replace").split("\n")[:-1] if log.exists() else []
    return [Step(*line.split("\t")) for line in lines]


def answers(found: list[Step]) -> list[Answer]:
    """Returns the answers in ``found``, which begins where the server did."""
    disk, told = Disk(), []
    for step in found:
        if step.what == "send":
            told.append(Answer(step.path, disk.unsynced()))
        else:
            disk.take(step)
    return told
