"""Bodies too large for a row: files that are durable before the transaction that names them.

A body is written under ``staging/``, fsynced, renamed to its place, and only then named by a row. A crash leaves
at most a file without a row; ``sweep`` removes those at start.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from penstock.clock import Ids
from penstock.store.folders import make_folder, sync_folder

_SWEEP_BATCH = 500


class Bodies:
    """A folder of immutable files, each named by a reference of 32 hexadecimal digits."""

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool) -> None:
        self._folder = folder
        self._staging = folder / "staging"
        self._ids = ids
        self._fsync = fsync
        if fsync:
            make_folder(self._staging)
        else:
            self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stage(self) -> "StagedBody":
        """Returns a new, empty body that no one can see yet. Blocking I/O: call it and its methods in a thread."""
        ref = self._ids.hex(32)
        return StagedBody(ref, self._staging / ref, self.path(ref), self._fsync)

    def path(self, ref: str) -> Path:
        """Returns where the sealed body ``ref`` lies."""
        return self._folder / ref[:2] / ref

    def remove(self, refs: Iterable[str]) -> None:
        """Unlinks bodies that no row names any more; readers that have one open keep it."""
        for ref in refs:
            self.path(ref).unlink(missing_ok=True)

    def sweep(self, known: Callable[[list[str]], set[str]]) -> int:
        """Removes every file that ``known`` does not return; returns how many. Call it before serving."""
        removed = 0
        for path in self._staging.iterdir():
            path.unlink()
            removed += 1
        batch: list[str] = []
        for ref in self._refs():
            batch.append(ref)
            if len(batch) == _SWEEP_BATCH:
                removed += self._sweep_batch(batch, known)
                batch = []
        return removed + self._sweep_batch(batch, known)

    def _sweep_batch(self, refs: list[str], known: Callable[[list[str]], set[str]]) -> int:
        orphans = set(refs) - known(refs) if refs else set()
        self.remove(orphans)
        return len(orphans)

    def _refs(self) -> Iterator[str]:
        for folder in self._folder.iterdir():
            if len(folder.name) == 2:
                yield from (path.name for path in list(folder.iterdir()))


class StagedBody:
    """A body being written; ends with ``seal`` or ``discard``."""

    def __init__(self, ref: str, staging: Path, final: Path, fsync: bool) -> None:
        self.ref = ref
        self._staging = staging
        self._final = final
        self._fsync = fsync
        self._file = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends all of ``data``."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def seal(self) -> None:
        """Promises that the body is on disk under its reference."""
        if self._fsync:
            os.fsync(self._file)
        os.close(self._file)
        if not self._final.parent.exists():
            self._final.parent.mkdir(exist_ok=True, mode=0o700)
            if self._fsync:
                sync_folder(self._final.parent.parent)
        os.rename(self._staging, self._final)
        if self._fsync:
            sync_folder(self._final.parent)

    def discard(self) -> None:
        """Forgets what was written."""
        os.close(self._file)
        self._staging.unlink(missing_ok=True)
