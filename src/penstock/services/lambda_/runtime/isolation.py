"""What keeps functions apart on this machine, from each other and from the server."""

import os
import subprocess
import sys
import tempfile
from enum import Enum

from penstock.services.lambda_.runtime.process import ProcessSpec, start_launcher

_PROBE = "import os, sys\nsys.stdout.write(f'{os.getpid()} {len(os.listdir(\"/tmp\"))}')"
_PROBE_TIMEOUT_S = 20

HOW_TO = (
    "Functions are not run: this machine gives no isolation, and the server requires it (--isolation require, which is "
    "the default when it listens on more than the loopback address). Start the server as root, or allow user "
    "namespaces (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), or accept "
    "that functions can read and end whatever the server's user can (--isolation auto)."
)


class Isolation(Enum):
    """From the strongest to none."""

    NAMESPACES = "namespaces"
    """A worker sees its own processes and files, and whatever it started ends with it."""

    USERS = "users"
    """A worker has a user of its own."""

    NONE = "none"


def isolation_here() -> Isolation:
    """Returns the best that this machine allows this process. Blocking."""
    if _has_namespaces():
        return Isolation.NAMESPACES
    return Isolation.USERS if os.geteuid() == 0 else Isolation.NONE


def _has_namespaces() -> bool:
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
            isolated=True,
        )
        read, write = os.pipe()
        try:
            popen = start_launcher(spec, write)
        finally:
            os.close(write)
        with os.fdopen(read, "rb") as output:
            try:
                code = popen.wait(_PROBE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()
                raise TimeoutError(f"{sys.executable} did not start within {_PROBE_TIMEOUT_S} s") from None
            return code == 0 and output.read().startswith(b"2 ")
