"""Bodies as files: written under ``staging/``, fsynced, renamed to their place.

A reference of 33 digits says that its file ends with checksums, so that one that has lost them is known to be damaged.
Those of 32 digits come from earlier releases, whose files had none.
"""

import errno
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from penstock.clock import Ids
from penstock.errors import NoRoom
from penstock.store.bodies.blocks import Summing
from penstock.store.bodies.checked_file import CheckedFile, ending_of
from penstock.store.disk import Disk
from penstock.store.folders import make_folder, sync_folder

_SWEEP_BATCH = 500
_COPY_BYTES = 1024 * 1024
_WITH_BLOCKS = "1"  # ends a reference
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_REF = re.compile(r"[0-9a-f]{32}1?")  # what has another name is not ours to remove


class FileBodies:
    """A ``BodyStore`` in a folder; without ``fsync`` nothing outlives the machine.

    Bodies raise NoRoom when the disk is full; with ``disk`` also when that says so, before it is.
    """

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool, disk: Disk | None = None) -> None:
        self.disk = disk
        self._folder = folder
        self._staging = folder / "staging"
        self._ids = ids
        self._fsync = fsync
        self._lasting: set[Path] = set()
        self._completing = threading.Lock()  # two endings would be none
        self._holding = threading.Lock()
        self._holds = 0
        self._held: list[str] = []
        if fsync:
            make_folder(self._staging)
        else:
            self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stage(self) -> "StagedFile":
        """Returns a new, empty body that no one can see yet."""
        ref = self._ids.hex(32) + _WITH_BLOCKS
        return StagedFile(ref, self._staging / ref, self)

    def open(self, ref: str) -> CheckedFile:
        """Returns the sealed body ``ref``; BodyDamaged."""
        return CheckedFile(self._path(ref), required=len(ref) == 33)

    def complete(self, ref: str) -> None:
        """Gives a file of an earlier release its checksums; who has it open reads it as before."""
        with self._completing:
            with self.open(ref) as body:
                if body.blocks is not None:
                    return
                ending = ending_of(body)
            with self._path(ref).open("ab") as file:
                file.write(ending)
                file.flush()
                self.sync(file.fileno())

    def remove(self, refs: Iterable[str]) -> None:
        """Unlinks bodies that no row names any more, or will when they are ``held``; who has one open keeps it."""
        with self._holding:
            if self._holds:
                self._held.extend(refs)
                return
        for ref in refs:
            self._path(ref).unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps every body to the end of the block, also those that are removed meanwhile."""
        with self._holding:
            self._holds += 1
        try:
            yield
        finally:
            with self._holding:
                self._holds -= 1
                gone, self._held = ([], self._held) if self._holds else (self._held, [])
            self.remove(gone)

    def take(self, ref: str, source: "FileBodies") -> bool:
        """Promises that ``ref`` is here as ``source`` has it; returns whether it had to be copied. BodyDamaged."""
        if self._path(ref).exists():
            return False
        path = self._staging / ref
        path.unlink(missing_ok=True)  # a copy that was cut off
        copy = StagedFile(ref, path, self)
        try:
            with source.open(ref) as body:
                while data := body.read(_COPY_BYTES):
                    copy.write(data)
            copy.seal()
        except BaseException:
            copy.discard()
            raise
        return True

    def sweep(self, known: Callable[[list[str]], set[str]]) -> int:
        """Removes every body that ``known`` does not return, and all that are not sealed; returns how many."""
        staged = [path for path in self._staging.iterdir() if _REF.fullmatch(path.name)]
        for path in staged:
            path.unlink()
        removed = len(staged)
        batch: list[str] = []
        for ref in self._refs():
            batch.append(ref)
            if len(batch) == _SWEEP_BATCH:
                removed += self._sweep_batch(batch, known)
                batch = []
        return removed + self._sweep_batch(batch, known)

    def keep(self, staged: Path, ref: str) -> None:
        """Gives a staged file, whose bytes are on disk, its name; promises that the name is too."""
        path = self._path(ref)
        if path.parent not in self._lasting:
            # That it is there does not say so: another thread, or a process that died, may just have made it.
            path.parent.mkdir(exist_ok=True, mode=0o700)
            self._sync(self._folder)
            self._lasting.add(path.parent)
        os.rename(staged, path)
        self._sync(path.parent)

    def sync(self, file: int) -> None:
        """Promises that what was written to the open ``file`` is on disk."""
        if self._fsync:
            os.fsync(file)

    def _sync(self, folder: Path) -> None:
        if self._fsync:
            sync_folder(folder)

    def _path(self, ref: str) -> Path:
        return self._folder / ref[:2] / ref

    def _sweep_batch(self, refs: list[str], known: Callable[[list[str]], set[str]]) -> int:
        orphans = set(refs) - known(refs) if refs else set()
        self.remove(orphans)
        return len(orphans)

    def _refs(self) -> Iterator[str]:
        for folder in self._folder.iterdir():
            if len(folder.name) == 2:
                names = [path.name for path in folder.iterdir()]
                yield from (name for name in names if _REF.fullmatch(name) and name.startswith(folder.name))


class StagedFile:
    """A ``StagedBody``."""

    def __init__(self, ref: str, path: Path, bodies: FileBodies) -> None:
        self.ref = ref
        self._path = path
        self._bodies = bodies
        self._summing = Summing()
        self._file = -1
        with _room():
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends all of ``data``."""
        if self._bodies.disk and self._bodies.disk.full:
            raise NoRoom("less room is left than disk_floor")
        view = memoryview(data)
        self._summing.update(view)
        self._append(view)

    def seal(self) -> None:
        """Promises that the body is on disk under its reference."""
        self._append(memoryview(self._summing.ending()))
        with _room():
            self._bodies.sync(self._file)
            self._close()
            self._bodies.keep(self._path, self.ref)

    def discard(self) -> None:
        """Forgets what was written, whatever has become of it."""
        self._close()
        self._path.unlink(missing_ok=True)
        self._bodies.remove([self.ref])

    def _append(self, view: memoryview) -> None:
        with _room():
            while view:
                view = view[os.write(self._file, view) :]

    def _close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


@contextmanager
def _room() -> Iterator[None]:
    """Raises NoRoom where the system says that there is none."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoom(f"a body found no room: {error.strerror}") from error
        raise
