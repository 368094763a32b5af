"""A worker's control group: bounds for all of its processes together, and an end for all of them at one blow.

Source: https://docs.kernel.org/admin-guide/cgroup-v2.html. A group is a folder; the kernel makes the files in it.
"""

import contextlib
import fcntl
import os
import select
from collections.abc import Collection, Iterator
from pathlib import Path

MEMORY, PIDS = "memory", "pids"
"""The controllers that bound a worker, where the machine lets us have them."""

PREFIX = "penstock-worker-"

_MARK, _TEXT = "user.penstock", b"worker"
_MARGIN_BYTES = (
    32 * 1024 * 1024
)  # for the two processes around the function's own, and what the kernel keeps of all
_MAX_PROCESSES = 1024 + 2  # as in Lambda, and those two
_END_MS = 5000
_MB = 1024 * 1024


class ControlGroup:
    """A marked and locked group; ``make`` or ``dead_groups`` returns it, ``close`` ends it."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, inside: Path, name: str, memory_mb: int, bounds: Collection[str]) -> "ControlGroup":
        """Returns a new group in ``inside`` with the ``bounds`` that there are; OSError when it cannot be. Blocking."""
        path = inside / f"{PREFIX}{name}"
        path.mkdir(mode=0o755)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        group = cls(path, lock)
        try:
            fcntl.flock(
                lock, fcntl.LOCK_EX
            )  # before the mark is there, without which nobody takes it for ours
            os.setxattr(path, _MARK, _TEXT)
            if MEMORY in bounds:
                group._bound(memory_mb * _MB + _MARGIN_BYTES)
            if PIDS in bounds:
                group._write("pids.max", _MAX_PROCESSES)
        except BaseException:
            group.close()
            raise
        return group

    def kill(self) -> None:
        """Ends all that is in the group, whatever it has become."""
        with contextlib.suppress(
            OSError
        ):  # an older kernel has no such file; the process's own end has to do
            self._write("cgroup.kill", 1)

    def ran_out_of_memory(self) -> bool:
        """Returns whether the kernel has ended what was in the group because it took more than it may."""
        return _fields(self.path / "memory.events").get("oom_kill", "0") != "0"

    def close(self) -> None:
        """Ends all that is in the group, and removes it.

        Blocking; what does not end within seconds is left to the next server's start.
        """
        self.kill()
        self._wait_until_empty()
        with contextlib.suppress(OSError):
            self.path.rmdir()
        os.close(self._lock)

    def _bound(self, max_bytes: int) -> None:
        self._write("memory.max", max_bytes)
        self._write("memory.oom.group", 1)  # a function half of whose processes are gone is of no use
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap
            self._write("memory.swap.max", 0)

    def _wait_until_empty(self) -> None:
        with contextlib.suppress(OSError), open(self.path / "cgroup.events") as events:
            changed = select.poll()
            changed.register(events, select.POLLPRI)
            while "populated 1" in events.read() and changed.poll(_END_MS):
                events.seek(0)

    def _write(self, name: str, value: int) -> None:
        handle = os.open(
            self.path / name, os.O_WRONLY
        )  # never made by us: the kernel has it or it is not there
        try:
            os.write(handle, b"%d" % value)
        finally:
            os.close(handle)


def dead_groups(inside: Path) -> Iterator[ControlGroup]:
    """Returns the groups in ``inside`` that are a worker's and whose server has ended, locked. Blocking."""
    for path in sorted(inside.glob(f"{PREFIX}*")):
        if group := _take(path):
            yield group


def _take(path: Path) -> ControlGroup | None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None  # it has gone
    try:
        if os.fstat(lock).st_uid == os.geteuid() and os.getxattr(lock, _MARK) == _TEXT:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return ControlGroup(path, lock)
    except OSError:
        pass  # its server lives, or it is not ours
    os.close(lock)
    return None


def _fields(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split(" ", 1) for line in lines if " " in line)
