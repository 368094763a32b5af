"""Small files of the data directory that must be whole after a crash."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from penstock.store.folders import sync_folder


def replace_file(path: Path, data: bytes) -> None:
    """Promises that ``path`` durably holds ``data``, as ``replaced`` does. Blocking."""
    with replaced(path) as file:
        file.write(data)


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Yields a new file; promises that ``path`` durably holds what was written to it, for its owner alone. Blocking.

    Whoever reads meanwhile, or after a crash, meets the old content or the new, whole; when the block fails, the old.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)  # a crash left it; it may have another mode
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
    sync_folder(path.parent)
