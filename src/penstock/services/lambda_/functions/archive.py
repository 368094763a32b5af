"""A zip with a function's code: looked through before it is kept, and unpacked into a folder."""

import io
import lzma
import os
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from penstock.services.lambda_ import limits
from penstock.services.lambda_.errors import invalid

_COPY_BYTES = 1024 * 1024
_MAX_NAME_BYTES = 255  # of a file system; what is longer could not be unpacked
_MAX_PATH_BYTES = 1024
_MAX_DEPTH = 64
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # encrypted, or compressed in a way that is not known
    ValueError,
    LookupError,
    OverflowError,
    OSError,
)


def check_zip(data: bytes) -> None:
    """Raises AwsError when ``data`` is no zip, cannot be unpacked, leaves its folder, or is too large then."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not entries:
                raise invalid("Uploaded file must be a non-empty zip")
            _check_entries(entries)
            _check_contents(archive, entries)
            for entry in entries:
                if _kind(entry) == "link":
                    _check_link(archive.read(entry), PurePosixPath(entry.filename))
    except _BROKEN:
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None


def extract(path: Path, folder: Path) -> None:
    """Unpacks the zip at ``path``, which ``check_zip`` has passed, into ``folder``. Blocking."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            _extract(archive, entry, folder)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > limits.MAX_UNZIPPED_FILES:
        raise invalid(f"The zip has more than {limits.MAX_UNZIPPED_FILES} entries")
    kinds: dict[PurePosixPath, str] = {PurePosixPath(): "folder"}
    for entry in entries:
        _check_name(entry.filename)
        _enter(kinds, PurePosixPath(entry.filename), _kind(entry))


def _check_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if not name or path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]:
        raise invalid(f"The zip has an entry outside of its own folder: {name}")
    longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    if longest > _MAX_NAME_BYTES or len(os.fsencode(name)) > _MAX_PATH_BYTES or len(path.parts) > _MAX_DEPTH:
        raise invalid(f"The zip has an entry whose name is too long: {name[:_MAX_NAME_BYTES]}")


def _kind(entry: zipfile.ZipInfo) -> str:
    if entry.is_dir():
        return "folder"
    return "link" if stat.S_ISLNK(entry.external_attr >> 16) else "file"


def _enter(kinds: dict[PurePosixPath, str], path: PurePosixPath, kind: str) -> None:
    """Files and links of one name replace each other; a folder is nothing else, nor anything else a folder."""
    for parent in path.parents:
        if kinds.setdefault(parent, "folder") != "folder":
            raise invalid(f"The zip has an entry below another that is no folder: {path}")
    if "folder" in (kind, kinds.get(path, kind)) and kinds.get(path, kind) != kind:
        raise invalid(f"The zip has both a folder and another entry of the name {path}")
    kinds[path] = kind


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


def _check_link(aim: bytes, path: PurePosixPath) -> None:
    destination = os.fsdecode(aim)
    whole = os.path.normpath(path.parent / destination)
    if not aim or b"\0" in aim or len(aim) > _MAX_PATH_BYTES:
        raise invalid(f"The zip has a link that leads nowhere: {path}")
    if os.path.isabs(destination) or whole == ".." or whole.startswith("../"):
        raise invalid(f"The zip has a link that leads outside of its own folder: {path}")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / PurePosixPath(entry.filename)
    kind = _kind(entry)
    _make_folders(target if kind == "folder" else target.parent, folder)
    if kind == "folder":
        return
    target.unlink(missing_ok=True)
    if kind == "link":
        os.symlink(archive.read(entry), os.fsencode(target))
        return
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out, archive.open(entry) as source:
        shutil.copyfileobj(source, out, _COPY_BYTES)
        os.fchmod(out.fileno(), 0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)


def _make_folders(folder: Path, root: Path) -> None:
    for part in reversed([folder, *folder.parents]):
        if root in part.parents and not part.is_dir():
            part.mkdir()
            part.chmod(0o755)
