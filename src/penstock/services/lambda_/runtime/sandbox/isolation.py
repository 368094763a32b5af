"""What keeps functions apart on this machine, from each other and from the server."""

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
from enum import Enum
from functools import cache

from penstock.clock import Ids
from penstock.services.lambda_.runtime.sandbox.control_group import dead_groups
from penstock.services.lambda_.runtime.sandbox.hierarchy import Hierarchy, hierarchy_here
from penstock.services.lambda_.runtime.sandbox.probe import run_probe
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec

log = logging.getLogger(__name__)

_SOON_S = 1
_TRIED_MB = 128
_PROBE = "import os, sys\nsys.stdout.write(f'{os.getpid()} {len(os.listdir(\"/tmp\"))}')"

HOW_TO = (
    "Functions are not run: this machine gives no isolation, and the server requires it (--isolation require, which is "
    "the default when it listens on more than the loopback address). Start the server as root, or allow user "
    "namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or accept "
    "that functions can read and end whatever the server's user can (--isolation auto)."
)


TASK_FOLDER, RUNTIME_FOLDER, LAYERS_FOLDER = "/var/task", "/var/runtime", "/opt"
"""Where functions find their code, what runs it, and their layers: AWS's paths."""

LANGUAGE_FOLDER = "/var/lang"
"""Where AWS has interpreters."""


class Isolation(Enum):
    """From the strongest to none."""

    NAMESPACES = "namespaces"
    """A worker sees its own processes and files, and whatever it started ends with it."""

    USERS = "users"
    """A worker has a user of its own."""

    NONE = "none"


class Machine:
    """What keeps functions apart here. To try it starts a process, so the server's start does not wait for it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.isolation: Isolation | None = None
        """None until it has been tried."""
        self.shows_folders = False
        """Whether a function can find its code where AWS has it."""
        self.hierarchy: Hierarchy | None = None
        """Where workers get control groups; None: nowhere."""
        self._wanted = asyncio.Event()
        self._tried = asyncio.Event()

    async def try_soon(self) -> None:
        """Tries it when the first function wants to run, or a moment after the start, and says so in the log."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _SOON_S)
        isolation, self.shows_folders = await asyncio.to_thread(_look)
        self.hierarchy = await asyncio.to_thread(self._look_for_groups)
        self.isolation = isolation
        level = logging.WARNING if isolation is Isolation.NONE else logging.INFO
        groups = self.hierarchy or "none"
        log.log(level, "isolation of functions: %s, control groups: %s", isolation.value, groups)
        self._tried.set()

    def about(self) -> dict[str, str]:
        """Returns what health says of it: nothing before it has been tried."""
        if self.isolation is None:
            return {}
        return {"isolation": self.isolation.value, "control_groups": str(self.hierarchy or "none")}

    def _look_for_groups(self) -> Hierarchy | None:
        hierarchy = hierarchy_here()
        if hierarchy is None:
            return None
        for group in dead_groups(hierarchy.folder):
            group.close()
        try:
            hierarchy.make(self._ids.hex(16), _TRIED_MB).close()
        except OSError as error:
            log.warning("control groups cannot be made in %s: %s", hierarchy.folder, error)
            return None
        return hierarchy

    async def known(self) -> Isolation:
        """Returns it, once it has been tried."""
        self._wanted.set()
        await self._tried.wait()
        assert self.isolation is not None
        return self.isolation


def _look() -> tuple[Isolation, bool]:
    isolation = isolation_here()
    return isolation, isolation is Isolation.NAMESPACES and shows_folders_here()


def isolation_here() -> Isolation:
    """Returns the best that this machine allows this process. Blocking."""
    if shows_folders_here() or _has_namespaces(()):
        return Isolation.NAMESPACES
    return Isolation.USERS if os.geteuid() == 0 else Isolation.NONE


@cache
def shows_folders_here() -> bool:
    """Returns whether functions can find their code where AWS has it; tried once. Blocking."""
    return _has_namespaces((TASK_FOLDER, RUNTIME_FOLDER))


def _has_namespaces(folders: tuple[str, ...]) -> bool:
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="penstock-probe-") as own:
        spec = ProcessSpec(
            [sys.executable, "-I", "-S", "-c", _PROBE],
            {},
            "/",
            None,
            own,
            (sys.prefix, sys.base_prefix),
            shown=tuple((own, folder) for folder in folders),
            isolated=True,
        )
        return (run_probe(spec) or "").startswith("2 ")
