"""Users of the machine for workers: each has one of its own, which nobody else has as long as anything runs with it."""

import errno
import fcntl
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_UIDS = range(60_706, 61_184)
"""systemd leaves these unused (https://systemd.io/UIDS-GIDS/)."""

_FOLDERS = (Path("/run/penstock-users"), Path("/var/tmp/penstock-users"))


@dataclass(frozen=True, slots=True)
class User:
    """A user that this server alone uses, until ``release``."""

    uid: int
    lock: int

    def release(self) -> None:
        """Lets others have it, as soon as no process runs with it any more."""
        os.close(self.lock)


def take_user() -> User:
    """Returns a user with which nothing runs; OSError when there is none, or this process is not root's. Blocking."""
    folder = _lock_folder()
    running = uids_in_use()
    for uid in _UIDS:
        if uid in running:
            continue
        lock = os.open(folder / str(uid), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        if uid not in uids_in_use():  # again: its last owner may have started something before it let go
            return User(uid, lock)
        os.close(lock)
    raise OSError(errno.EAGAIN, "no user is free for the function's process")


def uids_in_use() -> set[int]:
    """Returns the real users of every process that can be seen."""
    found: set[int] = set()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit():
            with suppress(OSError):  # it has gone
                status = Path("/proc", name, "status").read_bytes()
                found.update(int(uid) for uid in status.partition(b"\nUid:")[2].split(None, 4)[:4])
    return found


def _lock_folder() -> Path:
    for folder in _FOLDERS:
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() == 0:
                return folder
    raise OSError(errno.EACCES, "there is no folder to note which users are taken")
