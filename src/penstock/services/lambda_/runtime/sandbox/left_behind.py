"""What workers leave: their temporary folders, and processes that outlive them."""

import contextlib
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from penstock.services.lambda_.functions.owned_folder import OwnedFolder, dead_folders
from penstock.services.lambda_.runtime.sandbox.users import uids_in_use

_VAR_TMP = Path("/var/tmp")


def work_folder(data: Path) -> OwnedFolder:
    """Returns a new folder for unpacked code and workers' temporary folders. Blocking.

    A worker that runs as another user cannot pass the data directory, which belongs to the server alone: for it
    the folder is among the system's temporary ones.
    """
    return OwnedFolder.make(_shared_folder() if os.geteuid() == 0 else data)


def sweep(data: Path) -> None:
    """Removes the folders of servers that have ended without doing so, and ends what they left running. Blocking."""
    for inside in {data, _shared_folder()}:
        for folder in dead_folders(inside):
            end_left_behind(folder.path)
            folder.close()


def clean_up(root: OwnedFolder, temporary: Path) -> None:
    """Removes a worker's temporary folder, which lies in ``root``, and ends what it left running. Blocking.

    A process that made itself a daemon has left the group that was killed; the next worker with that user must
    not meet it.
    """
    end_left_behind(temporary)
    root.remove(temporary.name)


def end_left_behind(folder: Path) -> None:
    """Ends every process whose ``TMPDIR`` is ``folder`` or below it, as its worker's was. Blocking.

    Other servers on the machine use the same users, so nothing else tells whose a process is.
    """
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and _was_given(name, folder):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(name), signal.SIGKILL)


def end_all_of(uid: int) -> None:
    """Ends every process of a user that is a worker's alone, at one blow, so that none can start another. Blocking."""
    if uid in uids_in_use():
        subprocess.run(
            ["/bin/sh", "-c", "kill -9 -1"],
            user=uid,
            group=uid,
            extra_groups=[],
            env={},
            cwd="/",
            check=False,
        )


def _shared_folder() -> Path:
    """Returns where other users can reach what is unpacked.

    Rather not /tmp, in whose place each worker finds a folder of its own.
    """
    return _VAR_TMP if _VAR_TMP.is_dir() else Path(tempfile.gettempdir())


def _was_given(pid: str, folder: Path) -> bool:
    own = b"TMPDIR=" + os.fsencode(folder)
    try:
        environ = Path("/proc", pid, "environ").read_bytes()
    except OSError:
        return False  # it has gone, or is another user's
    return any(entry == own or entry.startswith(own + b"/") for entry in environ.split(b"\0"))
