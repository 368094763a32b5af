"""Which Python runs ``python3.x``: that one when it is on the machine and has AWS's client, else the server's."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from penstock.services.lambda_.runtime.installed import installed
from penstock.services.lambda_.runtime.sandbox.isolation import LANGUAGE_FOLDER
from penstock.services.lambda_.runtime.sandbox.probe import run_probe
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec
from penstock.services.lambda_.runtime.sandbox.users import take_user

_SERVER = f"python3.{sys.version_info.minor}"
_PROBE = "import awslambdaric, platform, runtime_client, sys\nsys.stdout.write(platform.python_version())"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that was seen to work. ``packages`` is where it must look for AWS's client, or "".

    ``unprivileged`` says that a user without rights can run it. ``note`` is for the function's log, or "". ``shown``
    is what has to be put elsewhere for that: a folder, and where.
    """

    path: str
    packages: str
    version: str
    unprivileged: bool
    note: str
    shown: tuple[tuple[str, str], ...] = ()
    language: str = "python"

    @property
    def label(self) -> str:
        """Returns what the function's log calls it."""
        return f"{self.language}:{self.version}"

    @property
    def folders(self) -> list[str]:
        """Returns where its files are."""
        if not self.path:
            return []
        paths = {self.path, os.path.realpath(self.path)}
        return [*(os.path.dirname(os.path.dirname(path)) for path in paths), *filter(None, [self.packages])]


def os_only(runtime: str) -> Interpreter:
    """Returns what stands for an interpreter where functions bring their own: nothing but who may run it."""
    return Interpreter("", "", runtime.removeprefix("provided."), os.geteuid() == 0, "", language="provided")


def look_for_interpreter(runtime: str, *, shows_folders: bool) -> Interpreter:
    """Returns the interpreter for ``runtime``, tried as a worker's user where there are such. Blocking.

    ``shows_folders``: one that such a user cannot reach can be put where it can.
    """
    if os.geteuid() != 0:
        return find_interpreter(runtime, None)
    user = take_user()
    try:
        return find_interpreter(runtime, user.uid, shows_folders=shows_folders)
    finally:
        user.release()


def find_interpreter(runtime: str, uid: int | None, *, shows_folders: bool = False) -> Interpreter:
    """Returns the interpreter for ``runtime`` ("python3.12"), tried as the user ``uid``. Blocking.

    Raises TimeoutError when one of them does not answer.
    """
    for found in working(runtime, uid, shows_folders=shows_folders):
        return found
    note = f"{runtime} with awslambdaric is not on this machine, {_SERVER} runs the function"
    for found in working(_SERVER, uid, shows_folders=shows_folders):
        return Interpreter(found.path, found.packages, found.version, found.unprivileged, note, found.shown)
    note = "no interpreter can be run by an unprivileged user, so the function runs as the server's user"
    return Interpreter(sys.executable, "", sys.version.split()[0], False, note)


def working(runtime: str, uid: int | None, *, shows_folders: bool) -> Iterator[Interpreter]:
    """Yields those that work, tried one after the other: first as they lie there, then put where ``uid`` can reach."""
    candidates = _candidates(runtime)
    for path, packages in candidates:
        if version := _version(ProcessSpec([path, "-c", _PROBE], _env(packages), "/", uid)):
            yield Interpreter(path, packages, version, uid is not None, "")
    if uid is None or not shows_folders:
        return
    for path, packages in candidates:
        if found := _moved(path, packages, uid):
            yield found


def _moved(path: str, packages: str, uid: int) -> Interpreter | None:
    """Returns the interpreter as it works at AWS's path, where nobody's private folder is in the way."""
    real = os.path.realpath(path)
    home = os.path.dirname(os.path.dirname(real))
    if home in ("/", "/usr", "/usr/local"):
        return None
    moved = f"{LANGUAGE_FOLDER}/bin/{os.path.basename(real)}"
    shown = ((home, LANGUAGE_FOLDER),)
    spec = ProcessSpec([moved, "-c", _PROBE], _env(packages), "/", uid, shown=shown, isolated=True)
    version = _version(spec)
    return Interpreter(moved, packages, version, True, "", shown) if version else None


def _candidates(runtime: str) -> list[tuple[str, str]]:
    found = [(sys.executable, "")] if runtime == _SERVER else []
    # Interpreters of the server's own version can use its packages: the client has a compiled part.
    packages = sysconfig.get_path("platlib") if runtime == _SERVER else ""
    others = installed(runtime, os.environ, Path.home())
    return [*found, *((path, packages) for path in others if (path, packages) not in found)]


def _env(packages: str) -> dict[str, str]:
    env = {"LD_LIBRARY_PATH": f"{LANGUAGE_FOLDER}/lib"}
    return {**env, "PYTHONPATH": packages} if packages else env


def _version(spec: ProcessSpec) -> str:
    return (run_probe(spec) or "").strip()
