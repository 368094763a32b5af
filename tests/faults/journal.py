"""The shim's log: what a server did to its disk and what it answered, in order, and what was durable at each answer."""

from dataclasses import dataclass, field
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


@dataclass
class Disk:
    """What a power cut would lose: the bytes of ``dirty`` files, and ``loose`` names that their folder may not have."""

    dirty: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)

    def take(self, step: Step) -> None:
        """Follows one call."""
        match step.what:
            case "create" | "mkdir":
                self.loose.add(step.path)
            case "write":
                self.dirty.add(step.path)
            case "rename" | "link":
                self._named(step)
            case "unlink":
                self.dirty.discard(step.path)
                self.loose.discard(step.path)
            case "fsync":
                self.dirty.discard(step.path)
                self.loose = {path for path in self.loose if str(PurePosixPath(path).parent) != step.path}

    def unsynced(self) -> frozenset[str]:
        """Returns what an answer would promise in vain."""
        return frozenset(
            path for path in self.dirty | self.loose if not any(fnmatch(path, own) for own in _OF_THE_MOMENT)
        )

    def _named(self, step: Step) -> None:
        if step.path in self.dirty:
            self.dirty.add(step.other)
        self.loose.add(step.other)
        if step.what == "rename":
            self.dirty.discard(step.path)
            self.loose.discard(step.path)


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
