"""A hierarchy of control groups made of plain files, for machines whose kernel delegates none."""

import os
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "cgroup.controllers": "cpu memory pids\n",
    "cgroup.subtree_control": "",
    "cgroup.procs": "",
    "cgroup.events": "populated 0\nfrozen 0\n",
    "cgroup.kill": "",
    "memory.max": "max\n",
    "memory.swap.max": "max\n",
    "memory.oom.group": "0\n",
    "memory.events": "oom 0\noom_kill 0\n",
    "pids.max": "max\n",
}


class PlainFiles:
    """Does in ``top`` what the kernel does in its hierarchy: a new folder has files, and goes with them."""

    def __init__(self, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.top = top
        self._mkdir, self._rmdir = os.mkdir, os.rmdir
        monkeypatch.setattr(os, "mkdir", self.mkdir)
        monkeypatch.setattr(os, "rmdir", self.rmdir)
        os.mkdir(top)

    def mkdir(self, path: Any, *args: Any, **kwargs: Any) -> None:
        self._mkdir(path, *args, **kwargs)
        if Path(path).is_relative_to(self.top):
            for name, text in FILES.items():
                Path(path, name).write_text(text)

    def rmdir(self, path: Any, **kwargs: Any) -> None:
        if Path(path).is_relative_to(self.top):
            for name in FILES:
                Path(path, name).unlink()
        self._rmdir(path, **kwargs)

    def process(self, group: str, *, root: str = "/") -> Path:
        """Returns a folder as /proc/self of a process in ``group``."""
        proc = self.top.parent / "proc"
        proc.mkdir(exist_ok=True)
        (proc / "cgroup").write_text(f"4:memory:/elsewhere\n0::{group}\n")
        (proc / "mountinfo").write_text(
            "30 23 0:26 / /sys/fs/cgroup ro,nosuid shared:4 - tmpfs tmpfs ro,mode=755\n"
            f"41 31 0:38 {root} {str(self.top).replace(' ', chr(92) + '040')} rw,relatime - cgroup2 cgroup2 rw\n"
        )
        return proc
