"""Small files of the data directory that must be whole after a crash."""

import os
from pathlib import Path

from penstock.store.folders import sync_folder


def replace_file(path: Path, data: bytes) -> None:
    """Promises that ``path`` durably holds ``data``, for its owner alone. Blocking.

    Whoever reads meanwhile, or after a crash, meets the old content or the new, whole.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)  # a crash left it; it may have another mode
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    sync_folder(path.parent)
