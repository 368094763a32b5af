"""A server whose disk fails on demand, and which dies at named points. Needs a C compiler, Linux and a dynamic libc."""

import asyncio
import errno
import os
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.crash.crash_server import LOST, Connection, KillableServer
from tests.faults.journal import Answer, Step, answers, steps

SHIM = Path(__file__).with_name("shim.c")


class FaultyServer(KillableServer):
    """``penstock up`` under the shim. Patterns are those of ``fnmatch``, for whole paths; ``*`` crosses folders."""

    def __init__(self, folder: Path, *flags: str) -> None:
        super().__init__(folder, *flags)
        self._control = folder.with_suffix(".control")
        self._log = folder.with_suffix(".steps")
        self._rules: list[str] = []
        self._step_s = 0

    def start(self) -> None:
        """Returns when the server answers; the rules in force are in force already."""
        self._log.unlink(missing_ok=True)
        super().start()

    def fail_fsync(self, pattern: str) -> None:
        """Lets every sync of a file or folder that matches fail with EIO."""
        self._order("fail", "fsync", pattern, errno.EIO)

    def fail_fsync_once(self, pattern: str) -> None:
        """Lets the next sync that matches fail with EIO, and those after it succeed."""
        self._order("once", "fsync", pattern, errno.EIO)

    def fail_reads(self, pattern: str) -> None:
        """Lets every read at a place in a file that matches fail with EIO."""
        self._order("fail", "read", pattern, errno.EIO)

    def pretend_fsync(self, pattern: str) -> None:
        """Lets every sync that matches do nothing and succeed, as a disk that lies."""
        self._order("lie", "fsync", pattern, 0)

    def fill_disk(self) -> None:
        """Lets whatever needs room fail with ENOSPC."""
        for operation in ("create", "mkdir", "write"):
            self.refuse_room(operation, "*")

    def refuse_room(self, operation: str, pattern: str) -> None:
        """Lets every such call fail with ENOSPC."""
        self._order("fail", operation, pattern, errno.ENOSPC)

    def step_clock(self, seconds: int) -> None:
        """Sets the time of day that the server reads: so far off the machine's. Holds over restarts."""
        self._step_s = seconds
        self._write()

    def die_at(self, operation: str, pattern: str, n: int = 1) -> None:
        """Kills the server in place of the ``n``-th such call from now on."""
        self._order("die", operation, pattern, n)

    def restore(self) -> None:
        """Lets the disk be well again."""
        self._rules.clear()
        self._write()

    def settle(self) -> None:
        """Returns when nothing is due or running any more; one of ``LOST`` when it has died before."""
        asyncio.run(self._settle())

    def finish_after_a_kill(self) -> None:
        """Returns when another process has done what is left, however few syncs this one lived to need."""
        with suppress(*LOST):
            self.settle()
        self.kill9()
        self.restart()
        self.settle()

    def kill9(self) -> None:
        """Ends the process in the middle of whatever it does and returns when it is gone."""
        self.kill()
        self.reap()

    def restart(self) -> None:
        """Starts a server that has ended, on the disk as it is, which is well again."""
        self.restore()
        self.start()

    def steps(self) -> list[Step]:
        """Returns what the present process has done so far."""
        return steps(self._log)

    def struck(self) -> bool:
        """Returns whether a fault has kept the present process from anything."""
        return any(" " in step.what for step in self.steps())

    def answers(self) -> list[Answer]:
        """Returns what the present process has answered so far, each with what was not durable then."""
        return answers(self.steps())

    def environment(self) -> dict[str, str]:
        """Returns the environment with the shim in it."""
        return {
            **super().environment(),
            "LD_PRELOAD": str(_built_shim()),
            "FAULTS_ROOT": str(self.folder),
            "FAULTS_LOG": str(self._log),
            "FAULTS_CONTROL": str(self._control),
        }

    async def _settle(self) -> None:
        async with Connection(self.endpoint) as connection:
            await connection.control("settle")

    def _order(self, verb: str, operation: str, pattern: str, number: int) -> None:
        # The shim reads words.
        self._rules.append(f"{verb} {operation} {pattern.replace(' ', '?')} {number}")
        self._write()

    def _write(self) -> None:
        whole = self._control.with_suffix(".new")
        rules = [*self._rules, f"step clock * {self._step_s}"]
        whole.write_text("".join(f"{rule}\n" for rule in rules))
        os.replace(whole, self._control)  # the shim reads all of it or nothing


@cache
def _built_shim() -> Path:
    built = Path(mkdtemp(prefix="penstock-shim-")) / "shim.so"
    command = ["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*command, "-o", built, SHIM, "-ldl", "-lpthread"], check=True)
    return built
