"""A disk as a power cut may leave it, made from a recording of what a server has done to it.

What was synced is there. Of the rest anything may be: each write whole, in part, or not at all, whatever came before or
after it; each new, changed or removed name, or not. After a sync that has failed, what it was to cover is as uncertain,
and no later sync makes it certain: the system counts those bytes as written.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.faults.journal import Step

_SECTOR = 512
_NOT_KEPT = ("-shm", " (deleted)")  # rebuilt by SQLite after a power cut; has no name any more


@dataclass(frozen=True)
class Change:
    """Bytes written at a place in a file, or its new length when ``data`` is None."""

    number: int
    offset: int
    data: bytes | None


@dataclass
class File:
    """What the disk has for certain, and the changes since, in their order."""

    certain: bytearray = field(default_factory=bytearray)
    waiting: list[Change] = field(default_factory=list)

    def sync(self, before: int) -> None:
        """Makes certain what was done before the call of this number."""
        for change in self.waiting:
            if change.number < before:
                apply(self.certain, change)
        self.waiting = [change for change in self.waiting if change.number >= before]


Names = dict[str, File | None]
"""What is called so; None for a folder."""


@dataclass
class Naming:
    """A call that gives or takes names; ``file`` is what it names."""

    number: int
    step: Step
    file: File | None
    certain: bool = False

    def folders(self) -> set[str]:
        """Returns the folders that have to be synced for it."""
        return {str(PurePosixPath(name).parent) for name in (self.step.path, self.step.other) if name}

    def apply(self, names: Names) -> None:
        """Changes ``names`` so."""
        path, other = self.step.path, self.step.other
        match self.step.what:
            case "create" | "mkdir":
                names[path] = self.file
            case "unlink":
                names.pop(path, None)
            case "link":
                names[other] = self.file
            case "rename":
                for name in [name for name in names if name == path or name.startswith(f"{path}/")]:
                    names[other + name.removeprefix(path)] = names.pop(name)
                names[other] = self.file


class Chance:
    """What becomes of each uncertain thing: drawn from ``seed``."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._luck = self._random.choice((0.1, 0.5, 0.9))

    def keeps(self) -> bool:
        """Returns whether the disk has it."""
        return self._random.random() < self._luck

    def part(self, change: Change) -> list[Change]:
        """Returns what the disk has of a change."""
        if change.data is None or self._random.random() < 0.7:
            return [change] if self.keeps() else []
        starts = range(0, len(change.data), _SECTOR)
        return [
            Change(change.number, change.offset + start, change.data[start : start + _SECTOR])
            for start in starts
            if self.keeps()
        ]


class Nothing(Chance):
    """The disk has nothing that is not certain."""

    def __init__(self) -> None:
        super().__init__(0)

    def keeps(self) -> bool:
        return False


class PowerCut:
    """The disk below ``root``, which did not exist before the first step, as it is when the power fails."""

    def __init__(self, root: Path, data: Path, chance: Chance) -> None:
        self._root = str(root)
        self._data = data.read_bytes()
        self._chance = chance
        self._number = 0
        self._names: Names = {}
        self._namings: list[Naming] = []
        self._uncertain: list[Naming] = []
        self._syncing: dict[str, int] = {}

    def follow(self, steps: Iterable[Step]) -> None:
        """Takes calls in their order, up to the power cut."""
        for step in steps:
            self._number += 1
            if not step.path.endswith(_NOT_KEPT):
                self._take(step)

    def write_to(self, folder: Path) -> None:
        """Makes ``folder`` what is found when the power is back."""
        names: Names = {}
        for naming in self._namings:
            if naming.certain or self._chance.keeps():
                naming.apply(names)
        for path, file in sorted(names.items()):
            if all(str(parent) in names for parent in PurePosixPath(path).parents if self._holds(parent)):
                self._write(folder / PurePosixPath(path).relative_to(self._root), file)

    def _take(self, step: Step) -> None:
        match step.what:
            case "create":
                self._name(step, File())
            case "mkdir" | "unlink":
                self._name(step, None)
            case "rename" | "link":
                self._name(step, self._names[step.path])
            case "write":
                offset, size, place = map(int, step.other.split(":"))
                self._change(step.path, offset, self._data[place : place + size])
            case "truncate":
                self._change(step.path, int(step.other), None)
            case "syncing":
                self._syncing[step.other] = self._number
            case "fsync":
                self._sync(step.path, self._syncing.pop(step.other))
            case "fail fsync" | "once fsync":
                self._forget(step.path)

    def _name(self, step: Step, file: File | None) -> None:
        naming = Naming(self._number, step, file)
        naming.apply(self._names)
        self._namings.append(naming)
        self._uncertain.append(naming)

    def _change(self, path: str, offset: int, data: bytes | None) -> None:
        file = self._names[path]
        assert file is not None
        file.waiting.append(Change(self._number, offset, data))

    def _sync(self, path: str, begun: int) -> None:
        if file := self._names.get(path):
            file.sync(begun)
        for naming in self._uncertain:
            naming.certain = naming.number < begun and path in naming.folders()
        self._uncertain = [naming for naming in self._uncertain if not naming.certain]

    def _forget(self, path: str) -> None:
        if file := self._names.get(path):
            self._keep_some(file.certain, file.waiting)
            file.waiting = []

    def _write(self, path: Path, file: File | None) -> None:
        if file is None:
            path.mkdir()
            return
        content = bytearray(file.certain)
        self._keep_some(content, file.waiting)
        path.write_bytes(content)

    def _keep_some(self, content: bytearray, changes: Iterable[Change]) -> None:
        for change in changes:
            for part in self._chance.part(change):
                apply(content, part)

    def _holds(self, folder: PurePosixPath) -> bool:
        return folder.is_relative_to(self._root)


def apply(content: bytearray, change: Change) -> None:
    """Changes ``content`` as the file was changed; what lies between its end and a write behind it is zeros."""
    end = change.offset + len(change.data or b"")
    content.extend(bytes(max(0, end - len(content))))
    if change.data is None:
        del content[end:]
    else:
        content[change.offset : end] = change.data
