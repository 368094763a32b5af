"""Bodies as files: written under ``staging/``, fsynced, renamed to their place."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from io import FileIO, RawIOBase
from pathlib import Path

from penstock.clock import Ids
from penstock.store.folders import make_folder, sync_folder

_SWEEP_BATCH = 500
_REF = re.compile(r"[0-9a-f]{32}")  # what has another name is not ours to remove


class FileBodies:
    """A ``BodyStore`` in a folder; without ``fsync`` nothing outlives the machine."""

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool) -> None:
        self._folder = folder
        self._staging = folder / "staging"
        self._ids = ids
        self._fsync = fsync
        self._lasting: set[Path] = set()
        if fsync:
            make_folder(self._staging)
        else:
            self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stage(self) -> "StagedFile":
        """Returns a new, empty body that no one can see yet."""
        ref = self._ids.hex(32)
        return StagedFile(ref, self._staging / ref, self)

    def open(self, ref: str) -> RawIOBase:
        """Returns the sealed body ``ref``."""
        return FileIO(self._path(ref))

    def remove(self, refs: Iterable[str]) -> None:
        """Unlinks bodies that no row names any more; readers that have one open keep it."""
        for ref in refs:
            self._path(ref).unlink(missing_ok=True)

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
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def seal(self) -> None:
        """Promises that the body is on disk under its reference."""
        self._bodies.sync(self._file)
        os.close(self._file)
        self._bodies.keep(self._path, self.ref)

    def discard(self) -> None:
        """Forgets what was written."""
        os.close(self._file)
        self._path.unlink(missing_ok=True)
