"""Becomes a function's process: reads what to become from standard input, gives up every privilege, and execs.

It runs isolated (``python -I -S``) with an empty environment, because the function's own environment
(``PYTHONPATH``, ``LD_LIBRARY_PATH``) must not steer an interpreter that is still privileged. It imports
nothing of Penstock, so that it starts fast.

With namespaces there are three processes: the launcher stays outside and ends as the function ends; the first process
of the new namespace, with whose end everything in it ends, whatever it has become; and the function. The launcher is
told to end by SIGTERM, and has ended when all of them have.
"""

import contextlib
import ctypes  # now: after the change of user the interpreter's own files may be out of reach
import json
import os
import resource
import signal
import stat
import sys
from typing import Any

_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1 << 1, 1 << 2, 1 << 3
_MS_RDONLY, _MS_REMOUNT, _MS_RELATIME = 1 << 0, 1 << 5, 1 << 21
_ST_RELATIME = 1 << 12
# What a mount has and a user's namespace may not take from it; statvfs(3) and mount(2) have the same numbers for them.
_LOCKED = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | 1 << 10 | 1 << 11
_MS_BIND, _MS_REC, _MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITIES = 64
_CAPABILITY_VERSION_3 = 0x20080522

_MAX_FILES = 1024  # as in Lambda, like the next
_MAX_PROCESSES = 1024
_ROOM = "mode=1777,size=64m"  # for what is written elsewhere than in /tmp

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Reads what ``ProcessSpec.encode`` wrote, and becomes it."""
    spec = json.loads(sys.stdin.buffer.read())
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.umask(0o022)
    _die_with_parent()
    if os.getppid() != spec["parent"]:
        sys.exit(1)  # the server went away before the setting was made
    if spec["group"] is not None:
        _enter(spec["group"])
    own_user = spec["uid"] is not None
    if spec["isolated"]:
        own_user = own_user or os.getuid() != 0  # a namespace of users counts its own processes
        _isolate(spec)
    if spec["report"] is not None:
        os.close(spec["report"])
    _limit(own_user, spec["max_file_bytes"])
    _give_up_rights(spec["uid"])
    if not spec["isolated"]:
        _die_with_parent()  # again: the change of user has cleared it
    os.chdir(spec["cwd"])
    try:
        os.execve(spec["argv"][0], spec["argv"], spec["env"])
    except OSError as error:
        sys.exit(f"cannot run {spec['argv'][0]}: {error.strerror}")


def _enter(group: str) -> None:
    """Goes into the control group, and with it all that it starts."""
    with open(f"{group}/cgroup.procs", "r+") as file:
        file.write("0")


def _isolate(spec: dict[str, Any]) -> None:
    """Returns in the function's process only; OSError when the machine does not allow it."""
    _unshare()
    _mount("none", "/", _MS_REC | _MS_PRIVATE)
    shown = [(os.open(source, os.O_PATH), target) for source, target in spec["shown"]]
    _make_room([target for _, target in shown])
    for path in dict.fromkeys(map(os.path.realpath, ("/dev/shm", "/var/tmp", *spec["hidden"]))):
        _cover(path, None, spec["keep"])
    _cover("/tmp", spec["temporary"], spec["keep"])
    for handle, target in shown:
        _mount(f"/proc/self/fd/{handle}", target, _MS_BIND | _MS_REC)
        _make_read_only(target)
        os.close(handle)
    first = _start_first(spec["uid"])
    signal.signal(signal.SIGTERM, lambda *_: os.kill(first, signal.SIGKILL))
    function = os.fork()
    if function == 0:
        return
    if spec["report"] is not None:
        with contextlib.suppress(OSError):  # the server has gone
            os.write(spec["report"], b"%d" % function)
    _, status = os.waitpid(function, 0)
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)  # which returns when nothing is left of the namespace
    _end_as(os.waitstatus_to_exitcode(status))


def _unshare() -> None:
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWNS | _CLONE_NEWIPC | _CLONE_NEWPID | (_CLONE_NEWUSER if uid else 0)
    _check(_libc.unshare(flags), "this machine allows no namespaces")
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        _die_with_parent()  # again: the rights in the new namespace have cleared it


def _make_room(targets: list[str]) -> None:
    """Makes the folders ``targets`` where the machine has none, in this namespace only."""
    for parent in dict.fromkeys(map(os.path.dirname, targets)):
        missing = [path for path in targets if os.path.dirname(path) == parent and not os.path.isdir(path)]
        if missing:
            _rebuild(parent)
            for path in missing:
                os.mkdir(path, 0o755)
            _make_read_only(parent)


def _rebuild(folder: str) -> None:
    """Puts a new folder in the place of ``folder`` in which everything is that was in it."""
    held = [
        (name, os.open(os.path.join(folder, name), os.O_PATH | os.O_NOFOLLOW)) for name in os.listdir(folder)
    ]
    _mount("tmpfs", folder, _MS_NOSUID | _MS_NODEV, "tmpfs", "mode=755,size=1m")
    for name, handle in held:
        path, source = os.path.join(folder, name), f"/proc/self/fd/{handle}"
        if stat.S_ISLNK(os.fstat(handle).st_mode):
            os.symlink(os.readlink("", dir_fd=handle), path)
        else:
            if stat.S_ISDIR(os.fstat(handle).st_mode):
                os.mkdir(path)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            _mount(source, path, _MS_BIND | _MS_REC)
        os.close(handle)


def _make_read_only(path: str) -> None:
    has = os.statvfs(path).f_flag
    flags = has & _LOCKED | (_MS_RELATIME if has & _ST_RELATIME else 0)
    _mount("none", path, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | flags)


def _cover(path: str, folder: str | None, keep: list[str]) -> None:
    """Puts ``folder``, or an empty one, in the place of ``path``; those of ``keep`` that lie below stay.

    A file is emptied.
    """
    if os.path.isfile(path):
        _mount(os.devnull, path, _MS_BIND)
    if not os.path.isdir(path):
        return
    kept = [name for name in map(os.path.realpath, keep) if name.startswith(path + "/")]
    held = [(name, os.open(name, os.O_PATH)) for name in kept if os.path.isdir(name)]
    if folder is None:
        _mount("tmpfs", path, _MS_NOSUID | _MS_NODEV, "tmpfs", _ROOM)
    else:
        _mount(folder, path, _MS_BIND | _MS_REC)
    for name, handle in held:
        os.makedirs(name, mode=0o755, exist_ok=True)
        _mount(f"/proc/self/fd/{handle}", name, _MS_BIND | _MS_REC)
        os.close(handle)


def _start_first(uid: int | None) -> int:
    """Returns the namespace's first process, once it has made /proc the namespace's own."""
    ready, say_ready = os.pipe()
    go, say_go = os.pipe()
    first = os.fork()
    if first == 0:
        _be_first(uid, say_ready, go, say_go)
    os.close(say_ready)
    if os.read(ready, 1) != b".":
        raise OSError("the namespace has no /proc of its own")
    os.write(say_go, b".")
    for handle in (ready, go, say_go):
        os.close(handle)
    return first


def _be_first(uid: int | None, say_ready: int, go: int, say_go: int) -> None:
    """Takes in what becomes of the processes that nobody waits for, and never returns."""
    try:
        _mount("proc", "/proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "proc")
        _give_up_rights(uid)
        _die_with_parent()
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        os.write(say_ready, b".")
        os.close(say_go)
        if os.read(go, 1) != b".":
            os._exit(1)  # the launcher went away before its end could be noticed
        os.closerange(0, _MAX_FILES)
        while True:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            signal.sigwait({signal.SIGCHLD})
    finally:
        os._exit(1)


def _limit(own_user: bool, max_file_bytes: int | None) -> None:
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _MAX_FILES)
    if own_user:  # else the processes of everybody with that user would count
        _lower(resource.RLIMIT_NPROC, _MAX_PROCESSES)
    if max_file_bytes is not None:
        _lower(resource.RLIMIT_FSIZE, max_file_bytes)


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (value, value))


def _give_up_rights(uid: int | None) -> None:
    if sys.platform == "linux":
        for capability in range(_CAPABILITIES):
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if sys.platform == "linux":
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        _check(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capabilities cannot be given up")
        _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _die_with_parent() -> None:
    # Elsewhere than on Linux a worker ends when its next call to the Runtime API finds no server.
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _mount(source: str, target: str, flags: int, kind: str | None = None, options: str | None = None) -> None:
    arguments = [os.fsencode(text) if text is not None else None for text in (source, target, kind, options)]
    source_, target_, kind_, options_ = arguments
    result = _libc.mount(source_, target_, kind_, ctypes.c_ulong(flags), options_)
    _check(result, f"cannot mount {source} at {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def _end_as(code: int) -> None:
    """Ends as a process with this return code has ended; negative is a signal's number."""
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
