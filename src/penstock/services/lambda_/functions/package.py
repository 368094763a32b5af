"""A deployment package: checked when it comes, kept as a file, unpacked when a worker first needs it."""

import asyncio
import base64
import fcntl
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from penstock.clock import Ids
from penstock.services.lambda_.functions.archive import check_zip, extract
from penstock.services.lambda_.runtime.process import end_left_behind
from penstock.store import Bodies

_VAR_TMP = Path("/var/tmp")
_WHERE = "unpacked"  # names the folder that holds unpacked code, so that the next start can remove it


@dataclass(frozen=True, slots=True)
class Package:
    """A stored zip: ``ref`` names it, ``sha256`` is base64 as in CodeSha256."""

    ref: str
    sha256: str
    size: int


class PackageStore:
    """Zips, durable under ``folder``, and what they contain, unpacked where workers can read it.

    A worker that runs as another user cannot pass the data directory, which belongs to the server alone: for it
    the code is unpacked in a temporary folder of the system's.
    """

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool) -> None:
        self._folder = folder
        self._bodies = Bodies(folder / "code", ids, fsync=fsync)
        self._unpacked: dict[str, asyncio.Task[Path]] = {}
        self._root: Path | None = None
        self._lock = -1

    def sweep(self, known: set[str]) -> None:
        """Removes the zips that are not in ``known``, and what a former process has unpacked or left running.

        Blocking.
        """
        self._bodies.sweep(lambda refs: known & set(refs))
        where = self._folder / _WHERE
        if where.exists():
            root = Path(where.read_text())
            end_left_behind(root)
            shutil.rmtree(root, ignore_errors=True)
            where.unlink()

    def open(self) -> Path:
        """Returns a new folder for this process, in which every worker has its own temporary folder. Blocking."""
        inside = self._folder if os.geteuid() else _shared_folder()
        self._root = Path(tempfile.mkdtemp(prefix="penstock-functions-", dir=inside))
        (self._folder / _WHERE).write_text(str(self._root))
        self._root.chmod(0o711)
        # What cleans up temporary folders by age leaves a locked one alone (tmpfiles.d(5)).
        self._lock = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        return self._root

    def close(self) -> None:
        """Removes what was unpacked. Blocking."""
        if self._root:
            os.close(self._lock)
            shutil.rmtree(self._root, ignore_errors=True)

    def add(self, data: bytes) -> Package:
        """Returns the package, durable; AwsError when it cannot be unpacked within AWS's limits. Blocking."""
        check_zip(data)
        staged = self._bodies.stage()
        staged.write(data)
        staged.seal()
        return Package(staged.ref, base64.b64encode(hashlib.sha256(data).digest()).decode(), len(data))

    def remove(self, ref: str) -> None:
        """Removes the zip of a package that no function has any more. Blocking."""
        self._bodies.remove([ref])

    def remove_unpacked(self, ref: str) -> None:
        """Removes the files of a package that no worker runs any more. Blocking."""
        if self._root:
            shutil.rmtree(self._root / ref, ignore_errors=True)

    def read(self, ref: str) -> bytes:
        """Returns the zip. Blocking."""
        return self._bodies.path(ref).read_bytes()

    async def unpacked(self, ref: str) -> Path:
        """Returns the folder that holds the package's files."""
        task = self._unpacked.get(ref)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._unpacked[ref] = asyncio.create_task(asyncio.to_thread(self._unpack, ref))
        return await asyncio.shield(task)

    def forget(self, ref: str) -> None:
        """Drops what ``unpacked`` remembers."""
        self._unpacked.pop(ref, None)

    def _unpack(self, ref: str) -> Path:
        assert self._root is not None
        folder = self._root / ref
        folder.mkdir()
        try:
            folder.chmod(0o755)
            extract(self._bodies.path(ref), folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # else it would be in the way of the next try
            raise
        return folder


def _shared_folder() -> Path | None:
    """Returns where other users can reach what is unpacked; None leaves it to the system.

    Rather not /tmp, in whose place each worker finds a folder of its own.
    """
    return _VAR_TMP if _VAR_TMP.is_dir() else None
