"""One child process: started through the launcher, read line by line, its end noticed without a thread."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from penstock.services.lambda_.runtime.sandbox.pieces import pieces

LAUNCHER = Path(__file__).with_name("launcher.py")

LINE_JOINT = "\x1e\x1d"
"""What stands between the lines of one entry in what a process writes (``bootstrap.py`` writes so)."""

_READ_BYTES = 65_536
_READS_AT_ONCE = 2  # a function that writes without end must not hold the event loop
_READS_TO_THE_END = 16  # as much as a pipe can hold
_MAX_LINE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to become. ``uid`` None keeps the server's user.

    When it is ``isolated``, which fails where the machine does not allow it, it sees no processes but its own, finds
    the folder ``temporary`` as /tmp, and nothing in /var/tmp, /dev/shm and the ``hidden`` folders and files but what
    it is to ``keep`` of them. It finds the first of each pair in ``shown``, a folder, at the second, and cannot write
    there; that the second is there is not needed, but the folder that it lies in is. ``group`` is the folder of its
    control group.
    """

    argv: list[str]
    env: dict[str, str]
    cwd: str
    uid: int | None
    temporary: str | None = None
    keep: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    shown: tuple[tuple[str, str], ...] = ()
    isolated: bool = False
    max_file_bytes: int | None = None
    group: str | None = None

    def encode(self, report: int | None) -> bytes:
        """Returns what the launcher reads; it writes the isolated process's number to ``report``."""
        return orjson.dumps({**asdict(self), "parent": os.getpid(), "report": report})


class ChildProcess:
    """A process group of its own; ``on_line`` gets what it writes, ``on_exit`` its return code (negative: signal)."""

    def __init__(
        self, spec: ProcessSpec, on_line: Callable[[str], None], on_exit: Callable[[int], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_line = on_line
        self._on_exit = on_exit
        self._partial = b""
        self._isolated = spec.isolated
        self._out, write = os.pipe()
        self._report, say = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._report, False)
        try:
            self._popen = start_launcher(spec, write, say)
        except BaseException:
            os.close(self._out)
            os.close(self._report)
            raise
        finally:
            os.close(write)
            os.close(say)
        self.pid = self._function_pid = self._popen.pid
        self.running = True
        self._loop.add_reader(self._out, self._drain)
        try:
            self._watch()
        except BaseException:
            self.kill()
            self._popen.wait()
            self._close_output()
            raise

    def function_pid(self) -> int:
        """Returns the number of the process that runs the function, which is another's child when it is isolated."""
        if self._report >= 0:
            with contextlib.suppress(BlockingIOError):
                text = os.read(self._report, 32)
                self._function_pid = int(text or self.pid)
                self._close_report()
        return self._function_pid

    def drain_whole(self) -> None:
        """Takes in everything written so far, with a last line that has no end yet."""
        self._drain(_READS_TO_THE_END)
        if self._partial:
            self._take(b"\n")

    def hold(self, held: bool) -> None:
        """Lets the process wait when it writes more than a pipe can hold, until called with False."""
        if self._out < 0:
            return
        if held:
            self._loop.remove_reader(self._out)
        else:
            self._loop.add_reader(self._out, self._drain)

    def kill(self) -> None:
        """Ends the process and everything it started."""
        if self.running and self._isolated:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)  # to the launcher, which sees to it that all have gone
        elif self.running:
            self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def _drain(self, reads: int = _READS_AT_ONCE) -> None:
        for _ in range(reads):
            if self._out < 0:
                return
            try:
                chunk = os.read(self._out, _READ_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                self._close_output()
                return
            self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        *long, self._partial = pieces(self._partial, _MAX_LINE_BYTES)
        lines += long
        for line in lines:
            self._on_line(line.decode("utf-8", "replace").replace(LINE_JOINT, "\n"))

    def _watch(self) -> None:
        if hasattr(os, "pidfd_open"):
            handle = os.pidfd_open(self.pid)
            self._loop.add_reader(handle, self._exited, handle)
        else:
            threading.Thread(target=self._wait, name=f"function-{self.pid}", daemon=True).start()

    def _wait(self) -> None:
        self._popen.wait()
        with contextlib.suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(self._exited, -1)

    def _exited(self, handle: int) -> None:
        if handle >= 0:
            self._loop.remove_reader(handle)
            os.close(handle)
        self._kill_group()  # what it left behind; before the wait, after which its number may be another's
        code = self._popen.wait()
        self.running = False
        self.drain_whole()
        self._close_output()
        self._on_exit(code)

    def _close_report(self) -> None:
        if self._report >= 0:
            os.close(self._report)
            self._report = -1

    def _close_output(self) -> None:
        self._close_report()
        if self._out >= 0:
            self._loop.remove_reader(self._out)
            os.close(self._out)
            self._out = -1


def start_launcher(spec: ProcessSpec, output: int, report: int | None = None) -> subprocess.Popen[bytes]:
    """Returns the started process; it writes to the file descriptor ``output``, and who it is to ``report``.

    It must be started from a thread that lives as long as the server: the process dies with that thread.
    """
    popen = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER)],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        cwd="/",
        env={},
        start_new_session=True,
        pass_fds=() if report is None else (report,),
    )
    assert popen.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # its end is noticed anyway
        popen.stdin.write(spec.encode(report))
        popen.stdin.close()
    return popen
