"""Names that outlive a power cut: a file is on disk when its folder knows it, and so is a folder."""

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Promises that the folder is there, its owner's alone, and that it and the parents it needed are on disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Promises that the names in the folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
