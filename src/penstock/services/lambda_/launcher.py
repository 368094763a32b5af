"""Becomes a function's process: reads what to become from standard input, gives up every privilege, and execs.

It runs isolated (``python -I -S``) with an empty environment, because the function's own environment
(``PYTHONPATH``, ``LD_LIBRARY_PATH``) must not steer an interpreter that is still privileged. It imports
nothing of Penstock, so that it starts fast.
"""

import ctypes  # now: after the change of user the interpreter's own files may be out of reach
import json
import os
import resource
import sys


def main() -> None:
    """Reads ``{"argv", "env", "cwd", "uid"}`` and becomes it; ``uid`` None keeps the user."""
    spec = json.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.umask(0o022)
    _limit()
    if spec["uid"] is not None:
        os.setgroups([])
        os.setresgid(spec["uid"], spec["uid"], spec["uid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    _die_with_parent(spec["parent"])
    os.chdir(spec["cwd"])
    os.execve(spec["argv"][0], spec["argv"], spec["env"])


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = 1024 if hard == resource.RLIM_INFINITY else min(1024, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _die_with_parent(parent: int) -> None:
    # After the change of user, which would clear the setting. Elsewhere than on Linux a worker ends when its
    # next call to the Runtime API finds no server.
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    pr_set_pdeathsig, pr_set_no_new_privs, sigkill = 1, 38, 9
    libc.prctl(pr_set_pdeathsig, sigkill, 0, 0, 0)
    libc.prctl(pr_set_no_new_privs, 1, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)  # the server went away before the setting was made


if __name__ == "__main__":
    main()
