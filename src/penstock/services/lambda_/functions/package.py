"""A deployment package: checked when it comes, kept as a file, unpacked when a worker first needs it."""

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from penstock.clock import Ids
from penstock.services.lambda_.functions.archive import (
    check_zip,
    compiled_parts,
    extract,
    overlay,
    unzipped_size,
)
from penstock.services.lambda_.functions.compiled import Compiled
from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.store import FileBodies


@dataclass(frozen=True, slots=True)
class Package:
    """A stored zip of ``size`` bytes: ``ref`` names it, ``sha256`` is base64 as in CodeSha256."""

    ref: str
    sha256: str
    size: int
    unzipped_bytes: int


class PackageStore:
    """Zips, durable under ``folder``, and what they contain, unpacked where workers can read it."""

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool) -> None:
        self.bodies = FileBodies(folder / "code", ids, fsync=fsync)
        self._unpacked: dict[str, asyncio.Task[Path]] = {}
        self._compiled: dict[str, Compiled] = {}
        self._root: OwnedFolder | None = None

    def sweep(self, known: set[str]) -> None:
        """Removes the zips that are not in ``known``. Blocking."""
        self.bodies.sweep(lambda refs: known & set(refs))

    def unpack_in(self, root: OwnedFolder) -> None:
        """Unpacks in ``root`` from now on."""
        self._root = root

    def add(self, data: bytes) -> Package:
        """Returns the package, durable; AwsError when it cannot be unpacked within AWS's limits. Blocking."""
        unzipped_bytes = check_zip(data)
        staged = self.bodies.stage()
        try:
            staged.write(data)
            staged.seal()
        except BaseException:
            staged.discard()
            raise
        return Package(
            staged.ref, base64.b64encode(hashlib.sha256(data).digest()).decode(), len(data), unzipped_bytes
        )

    async def discard(self, ref: str) -> None:
        """Removes the zip of a package that no function has any more."""
        self.forget(ref)
        await asyncio.to_thread(self.bodies.remove, [ref])

    def remove_unpacked(self, ref: str) -> None:
        """Removes the files of a package that no worker runs any more. Blocking."""
        if self._root:
            self._root.remove(ref)

    def read(self, ref: str) -> bytes:
        """Returns the zip. Blocking."""
        with self.bodies.open(ref) as file:
            return file.readall()

    def unzipped_bytes(self, ref: str) -> int:
        """Returns how many bytes the package's files have, as was checked when it came. Blocking."""
        with self.bodies.open(ref) as file:
            return unzipped_size(file)

    def compiled(self, ref: str) -> Compiled:
        """Returns what was compiled in the package. Blocking."""
        if ref not in self._compiled:
            with self.bodies.open(ref) as file:
                self._compiled[ref] = compiled_parts(file)
        return self._compiled[ref]

    def merge(self, folders: list[Path], name: str) -> Path:
        """Returns the new folder ``name`` with what is in all ``folders``, the later over the earlier. Blocking."""
        assert self._root is not None
        merged = self._root.path / name
        merged.mkdir()
        try:
            merged.chmod(0o755)
            for folder in folders:
                overlay(folder, merged)
        except BaseException:
            self._root.remove(name)
            raise
        return merged

    async def unpacked(self, ref: str) -> Path:
        """Returns the folder that holds the package's files."""
        task = self._unpacked.get(ref)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._unpacked[ref] = asyncio.create_task(asyncio.to_thread(self._unpack, ref))
        return await asyncio.shield(task)

    def forget(self, ref: str) -> None:
        """Drops what ``unpacked`` remembers."""
        self._unpacked.pop(ref, None)
        self._compiled.pop(ref, None)

    def _unpack(self, ref: str) -> Path:
        assert self._root is not None
        folder = self._root.path / ref
        folder.mkdir()
        try:
            folder.chmod(0o755)
            with self.bodies.open(ref) as file:
                extract(file, folder)
        except BaseException:
            self._root.remove(ref)  # else it would be in the way of the next try
            raise
        return folder
