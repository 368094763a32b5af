"""A deployment package: checked when it comes, kept as a file, unpacked when a worker first needs it."""

import asyncio
import base64
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from penstock.clock import Ids
from penstock.services.lambda_ import limits
from penstock.services.lambda_.errors import invalid
from penstock.store import Bodies

_COPY_BYTES = 1024 * 1024
_VAR_TMP = Path("/var/tmp")
_WHERE = "unpacked"  # names the folder that holds unpacked code, so that the next start can remove it


@dataclass(frozen=True, slots=True)
class Package:
    """A stored zip: ``ref`` names it, ``sha256`` is base64 as in CodeSha256."""

    ref: str
    sha256: str
    size: int


class PackageStore:
    """Zips, durable under ``folder``, and what they contain, unpacked where workers can read it.

    A worker that runs as another user cannot pass the data directory, which belongs to the server alone: for it
    the code is unpacked in the system's temporary folder.
    """

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool) -> None:
        self._folder = folder
        self._bodies = Bodies(folder / "code", ids, fsync=fsync)
        self._unpacked: dict[str, asyncio.Task[Path]] = {}
        self._root: Path | None = None

    def sweep(self, known: set[str]) -> None:
        """Removes the zips that are not in ``known`` and what a former process has unpacked. Blocking."""
        self._bodies.sweep(lambda refs: known & set(refs))
        where = self._folder / _WHERE
        if where.exists():
            shutil.rmtree(where.read_text(), ignore_errors=True)
            where.unlink()

    def open(self) -> Path:
        """Returns a new folder for this process, in which every worker has its own temporary folder. Blocking."""
        # Other users must reach it, and it must not be in /tmp, in whose place each worker finds its own folder.
        inside = self._folder if os.geteuid() else _VAR_TMP if _VAR_TMP.is_dir() else None
        self._root = Path(tempfile.mkdtemp(prefix="penstock-functions-", dir=inside))
        (self._folder / _WHERE).write_text(str(self._root))
        self._root.chmod(0o711)
        return self._root

    def close(self) -> None:
        """Removes what was unpacked. Blocking."""
        if self._root:
            shutil.rmtree(self._root, ignore_errors=True)

    def add(self, data: bytes) -> Package:
        """Returns the package, durable; AwsError when it cannot be unpacked within AWS's limits. Blocking."""
        check_zip(data)
        staged = self._bodies.stage()
        staged.write(data)
        staged.seal()
        return Package(staged.ref, base64.b64encode(hashlib.sha256(data).digest()).decode(), len(data))

    def remove(self, ref: str) -> None:
        """Removes the zip of a package that no function has any more. Blocking."""
        self._bodies.remove([ref])

    def remove_unpacked(self, ref: str) -> None:
        """Removes the files of a package that no worker runs any more. Blocking."""
        if self._root:
            shutil.rmtree(self._root / ref, ignore_errors=True)

    def read(self, ref: str) -> bytes:
        """Returns the zip. Blocking."""
        return self._bodies.path(ref).read_bytes()

    async def unpacked(self, ref: str) -> Path:
        """Returns the folder that holds the package's files."""
        task = self._unpacked.get(ref)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = self._unpacked[ref] = asyncio.create_task(asyncio.to_thread(self._unpack, ref))
        return await asyncio.shield(task)

    def forget(self, ref: str) -> None:
        """Drops what ``unpacked`` remembers."""
        self._unpacked.pop(ref, None)

    def _unpack(self, ref: str) -> Path:
        assert self._root is not None
        folder = self._root / ref
        folder.mkdir()
        folder.chmod(0o755)
        with zipfile.ZipFile(self._bodies.path(ref)) as archive:
            for entry in archive.infolist():
                _extract(archive, entry, folder)
        return folder


def check_zip(data: bytes) -> None:
    """Raises AwsError when ``data`` is no zip, leaves its folder, or is too large when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not entries:
                raise invalid("Uploaded file must be a non-empty zip")
            _check_entries(entries)
            _check_contents(archive, entries)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        UnicodeDecodeError,
        OSError,
    ):
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > limits.MAX_UNZIPPED_FILES:
        raise invalid(f"The zip has more than {limits.MAX_UNZIPPED_FILES} entries")
    for entry in entries:
        if _is_unsafe(entry.filename):
            raise invalid(f"The zip has an entry outside of its own folder: {entry.filename}")


def _check_contents(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    # The sizes in the directory are claims; what counts is what comes out.
    if sum(entry.file_size for entry in entries) > limits.MAX_UNZIPPED_BYTES:
        raise _too_large()
    left = limits.MAX_UNZIPPED_BYTES
    for entry in entries:
        with archive.open(entry) as source:
            while chunk := source.read(_COPY_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise _too_large()


def _too_large() -> Exception:
    return invalid(f"Unzipped size must be smaller than {limits.MAX_UNZIPPED_BYTES} bytes")


def _is_unsafe(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(entry.filename)
    if entry.is_dir():
        _make_folders(target, folder)
        return
    _make_folders(target.parent, folder)
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        _link(archive.read(entry).decode(), target, folder)
        return
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out, archive.open(entry) as source:
        shutil.copyfileobj(source, out, _COPY_BYTES)
        os.fchmod(out.fileno(), 0o755 if mode & 0o111 else 0o644)


def _make_folders(folder: Path, root: Path) -> None:
    for part in reversed([folder, *folder.parents]):
        if root in part.parents:
            if part.is_symlink():
                raise invalid(f"The zip writes through a link: {part.relative_to(root)}")
            if not part.is_dir():
                part.mkdir()
                part.chmod(0o755)


def _link(destination: str, target: Path, root: Path) -> None:
    aim = os.path.normpath(os.path.join(target.parent, destination))
    if os.path.isabs(destination) or not (aim == str(root) or aim.startswith(f"{root}{os.sep}")):
        raise invalid(f"The zip has a link that leads outside of its own folder: {target.relative_to(root)}")
    target.unlink(missing_ok=True)
    os.symlink(destination, target)
