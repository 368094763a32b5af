"""Folders that are removed with all they hold, which is why each must be provably ours, and dead.

A folder is ours when its own mark lies in it and it belongs to this user, and dead when nobody holds its lock: what
made it holds that until it ends, however it ends. What is written down elsewhere about a folder proves nothing: it
may be cut short by a power cut, or have been copied together with the data directory of a server that still runs.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "penstock-functions-"

_MARK = ".penstock-owned"
_TEXT = b"Made by Penstock, which removes this folder when the process that made it has ended: "


class OwnedFolder:
    """A locked folder; ``make`` or ``dead_folders`` returns it, ``close`` removes it. All of it is blocking."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, inside: Path) -> "OwnedFolder":
        """Returns a new folder in ``inside``; other users can reach what lies in it, but not list it."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=inside)).absolute()
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        # Before the mark is there, without which nobody takes the folder for ours. What cleans up temporary folders
        # by age leaves a locked one alone, too (tmpfiles.d(5)).
        fcntl.flock(lock, fcntl.LOCK_EX)
        handle = os.open(path / _MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(_TEXT + b"%d\n" % os.getpid())
        path.chmod(0o711)
        return cls(path, lock)

    def remove(self, name: str) -> None:
        """Removes the entry ``name``, a folder, with all it holds; ValueError when it is no entry of this folder's."""
        if name in ("", ".", "..", _MARK) or "/" in name or "\0" in name:
            raise ValueError(f"{name!r} is no entry of {self.path}")
        shutil.rmtree(self.path / name, ignore_errors=True)

    def close(self) -> None:
        """Removes the folder with all it holds, the mark last: what is left by a crash has it and is found again."""
        for entry in os.scandir(self.path):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != _MARK:
                os.unlink(entry.path)
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def dead_folders(inside: Path) -> Iterator[OwnedFolder]:
    """Returns the folders in ``inside`` that are ours and whose maker has ended, locked."""
    for path in sorted(inside.absolute().glob(f"{PREFIX}*")):
        if folder := _take(path):
            yield folder


def _take(path: Path) -> OwnedFolder | None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None  # another user's, or none any more, or a link
    try:
        if _is_ours(lock):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return OwnedFolder(path, lock)
    except OSError:
        pass  # somebody lives in it
    os.close(lock)
    return None


def _is_ours(folder: int) -> bool:
    if os.fstat(folder).st_uid != os.geteuid():
        return False
    mark = os.open(_MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        found = os.fstat(mark)
        regular = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
        return regular and os.read(mark, len(_TEXT)) == _TEXT
    finally:
        os.close(mark)
