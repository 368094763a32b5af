"""Small files of the data directory that must be whole after a crash."""

import os
from pathlib import Path


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
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Promises that what was made, renamed or removed in ``folder`` stays so. Blocking."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
