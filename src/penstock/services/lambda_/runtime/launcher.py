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

_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18


def main() -> None:
    """Reads what ``ProcessSpec.encode`` wrote, and becomes it."""
    spec = json.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.umask(0o022)
    _limit()
    if spec["temporary"] is not None:
        try:
            _own_tmp(spec["temporary"], spec["keep"])
        except OSError as error:
            os.write(1, f"/tmp is not the function's own: {error}\n".encode())
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


def _own_tmp(folder: str, keep: list[str]) -> None:
    """Puts ``folder`` in the place of /tmp, for this process alone; ``keep`` are folders in /tmp that it needs.

    Raises OSError, and leaves /tmp what it was, where the machine allows no mount namespaces.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _unshare(libc)
    _mount(libc, "none", "/", _MS_REC | _MS_PRIVATE)
    for path in keep:
        inside = folder + path.removeprefix("/tmp")
        os.makedirs(inside, mode=0o755, exist_ok=True)
        _mount(libc, path, inside, _MS_BIND | _MS_REC)
    _mount(libc, folder, "/tmp", _MS_BIND | _MS_REC)


def _unshare(libc: ctypes.CDLL) -> None:
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if uid else 0)) != 0:
        raise OSError(ctypes.get_errno(), "this machine allows no mount namespaces")
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)


def _mount(libc: ctypes.CDLL, source: str, target: str, flags: int) -> None:
    if libc.mount(os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None) != 0:
        raise OSError(ctypes.get_errno(), f"cannot mount {source} at {target}")


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
