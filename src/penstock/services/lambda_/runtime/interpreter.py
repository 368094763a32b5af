"""Which Python runs ``python3.x``: that one when it is on the machine and has AWS's client, else the server's."""

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass

from penstock.services.lambda_.runtime.probe import run_probe
from penstock.services.lambda_.runtime.process import ProcessSpec
from penstock.services.lambda_.runtime.users import take_user

_SERVER = f"python3.{sys.version_info.minor}"
_PROBE = "import awslambdaric, platform, runtime_client, sys\nsys.stdout.write(platform.python_version())"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that was seen to work. ``packages`` is where it must look for AWS's client, or "".

    ``unprivileged`` says that a user without rights can run it. ``note`` is for the function's log, or "".
    """

    path: str
    packages: str
    version: str
    unprivileged: bool
    note: str

    @property
    def folders(self) -> list[str]:
        """Returns where its files are."""
        paths = {self.path, os.path.realpath(self.path)}
        return [*(os.path.dirname(os.path.dirname(path)) for path in paths), *filter(None, [self.packages])]


def look_for_interpreter(runtime: str) -> Interpreter:
    """Returns the interpreter for ``runtime``, tried as a worker's user where there are such. Blocking."""
    if os.geteuid() != 0:
        return find_interpreter(runtime, None)
    user = take_user()
    try:
        return find_interpreter(runtime, user.uid)
    finally:
        user.release()


def find_interpreter(runtime: str, uid: int | None) -> Interpreter:
    """Returns the interpreter for ``runtime`` ("python3.12"), tried as the user ``uid``. Blocking.

    Raises TimeoutError when one of them does not answer.
    """
    wanted = _candidates(runtime)
    for path, packages in wanted:
        if version := _version(path, packages, uid):
            return Interpreter(path, packages, version, uid is not None, "")
    for path, packages in _candidates(_SERVER):
        if version := _version(path, packages, uid):
            note = f"{runtime} with awslambdaric is not on this machine, {_SERVER} runs the function"
            return Interpreter(path, packages, version, uid is not None, note)
    note = "no interpreter can be run by an unprivileged user, so the function runs as the server's user"
    return Interpreter(sys.executable, "", sys.version.split()[0], False, note)


def _candidates(runtime: str) -> list[tuple[str, str]]:
    found = [(sys.executable, "")] if runtime == _SERVER else []
    # Interpreters of the server's own version can use its packages: the client has a compiled part.
    packages = sysconfig.get_path("platlib") if runtime == _SERVER else ""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/bin" + os.pathsep + "/usr/local/bin"
    for folder in dict.fromkeys(path.split(os.pathsep)):
        if folder and (other := shutil.which(runtime, path=folder)) and (other, packages) not in found:
            found.append((other, packages))
    return found


def _version(path: str, packages: str, uid: int | None) -> str:
    env = {"PYTHONPATH": packages} if packages else {}
    return (run_probe(ProcessSpec([path, "-c", _PROBE], env, "/", uid)) or "").strip()
