"""Where this server may make control groups: a part of the machine's hierarchy that was delegated to it.

Sources: https://docs.kernel.org/admin-guide/cgroup-v2.html, https://systemd.io/CGROUP_DELEGATION/. Everything else
belongs to somebody, to systemd as a rule, even where root could write.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from penstock.services.lambda_.runtime.sandbox.control_group import MEMORY, PIDS, ControlGroup

OWN = "penstock-server"
"""The group that the server goes into, because one that has groups with bounds may have no processes itself."""

_DELEGATED = ("user.delegate", "trusted.delegate")  # what systemd writes on a group that it has handed over


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """``folder`` is where workers' groups are made, which then have ``bounds``; ``mounts``: where groups are seen."""

    folder: Path
    bounds: frozenset[str]
    mounts: tuple[str, ...]

    def make(self, name: str, memory_mb: int) -> ControlGroup:
        """Returns a new group, whose name nobody else may have; OSError when it cannot be made. Blocking."""
        return ControlGroup.make(self.folder, name, memory_mb, self.bounds)

    def __str__(self) -> str:
        return ", ".join(sorted(self.bounds)) or "no bounds"


def hierarchy_here(process: Path = Path("/proc/self")) -> Hierarchy | None:
    """Returns it, with the controllers that it needs switched on; None when nothing was delegated. Blocking.

    The server itself is moved into a group beside those of the workers when it must be, and nobody else is in its own.
    """
    try:
        mounts = _mounts(process)
        found = _home(process, mounts)
    except OSError:
        return None  # no such thing on this machine
    if found is None:
        return None
    home, top = found
    folder = home.parent if home.name == OWN and home != top else home
    if not _is_ours(folder, top):
        return None
    _switch_on(folder)
    bounds = _words(folder / "cgroup.subtree_control") & {MEMORY, PIDS}
    return Hierarchy(folder, frozenset(bounds), tuple(str(point) for point, _ in mounts))


def _mounts(process: Path) -> list[tuple[Path, str]]:
    """Returns where version 2 of the hierarchy is mounted, and from which group on."""
    found = []
    for line in (process / "mountinfo").read_text().splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            root, point = fields.split(" ")[3:5]
            found.append((Path(_unescaped(point)), _unescaped(root)))
    return found


def _home(process: Path, mounts: list[tuple[Path, str]]) -> tuple[Path, Path] | None:
    """Returns the folder of the group that the process is in, and the top of the hierarchy as it sees it."""
    for line in (process / "cgroup").read_text().splitlines():
        if not line.startswith("0::/") or line.startswith("0::/.."):
            continue
        for point, root in mounts:
            with contextlib.suppress(ValueError):
                return point / Path(line[3:]).relative_to(root), point
    return None


def _is_ours(folder: Path, top: Path) -> bool:
    needed = (folder, folder / "cgroup.procs", folder / "cgroup.subtree_control")
    return all(os.access(path, os.W_OK) for path in needed) and (folder == top or _is_delegated(folder))


def _is_delegated(folder: Path) -> bool:
    for name in _DELEGATED:
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False


def _switch_on(folder: Path) -> None:
    wanted = {MEMORY, PIDS} & _words(folder / "cgroup.controllers")
    if wanted <= _words(folder / "cgroup.subtree_control"):
        return
    text = " ".join(f"+{name}" for name in sorted(wanted))
    with contextlib.suppress(OSError):
        try:
            _write(folder / "cgroup.subtree_control", text)
        except OSError:
            if _words(folder / "cgroup.procs") != {str(os.getpid())}:
                raise  # others are in the group, who are not ours to move
            own = folder / OWN
            own.mkdir(exist_ok=True)
            _write(own / "cgroup.procs", str(os.getpid()))
            _write(folder / "cgroup.subtree_control", text)


def _words(path: Path) -> set[str]:
    try:
        return set(path.read_text().split())
    except OSError:
        return set()


def _write(path: Path, text: str) -> None:
    with open(path, "r+") as file:
        file.write(text)


def _unescaped(text: str) -> str:
    """Returns what mountinfo tells with octal digits in the place of spaces and the like."""
    return os.fsdecode(os.fsencode(text).decode("unicode_escape").encode("latin-1"))
