"""One process per data directory."""

import fcntl
import os
from pathlib import Path

from penstock.errors import StartError
from penstock.store.folders import make_folder


class DataLock:
    """Holds the data directory until ``release`` or the end of the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        path = folder / "lock"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StartError(
                f"the data directory {folder} is in use by another Penstock (process {holder or 'unknown'}); "
                "stop it, or start with another --data"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Lets another process take the directory."""
        os.close(self._file)
