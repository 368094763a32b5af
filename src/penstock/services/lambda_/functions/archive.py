"""A zip with a function's code: looked through before it is kept, and unpacked into a folder."""

import io
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from penstock.services.lambda_ import limits
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.compiled import Compiled, compiled_in

_COPY_BYTES = 1024 * 1024
_MAX_NAME_BYTES = 255  # of a file system; what is longer could not be unpacked
_MAX_PATH_BYTES = 1024
_MAX_DEPTH = 64
_MAX_LINKS = 40  # that Linux follows in one path
_MAX_LINK_STEPS = 500_000
_ENTRY_MARK = b"PK\x01\x02"
# What these come out as is bounded piece by piece; bzip2's and LZMA's decoders give gigabytes for a kilobyte at once.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # encrypted, or compressed in a way that is not known
    ValueError,
    LookupError,
    OverflowError,
    OSError,
)


def check_zip(data: bytes) -> int:
    """Returns how many bytes ``data`` is when it is unpacked.

    AwsError when it is no zip, cannot be unpacked, leaves its folder, or is too large then.
    """
    # Before the directory is read, which would take more memory than the zip itself.
    _check_count(data.count(_ENTRY_MARK))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if not entries:
                raise invalid("Uploaded file must be a non-empty zip")
            _check_entries(entries)
            unpacked_bytes = _check_contents(archive, entries)
            _check_links(_links(archive, entries))
            return unpacked_bytes
    except _BROKEN:
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None


def extract(file: io.RawIOBase, folder: Path) -> None:
    """Unpacks the zip in ``file``, which ``check_zip`` has passed, into ``folder``. Blocking."""
    with io.BufferedReader(file) as buffered, zipfile.ZipFile(buffered) as archive:
        for entry in archive.infolist():
            _extract(archive, entry, folder)


def unzipped_size(file: io.RawIOBase) -> int:
    """Returns the sum of what the zip in ``file``, which ``check_zip`` has passed, says of its files. Blocking."""
    with io.BufferedReader(file) as buffered, zipfile.ZipFile(buffered) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def compiled_parts(file: io.RawIOBase) -> Compiled:
    """Returns what was compiled in the zip in ``file``, which ``check_zip`` has passed. Blocking."""
    with io.BufferedReader(file) as buffered, zipfile.ZipFile(buffered) as archive:
        return compiled_in(archive)


def overlay(source: Path, folder: Path) -> None:
    """Puts what is in ``source`` into ``folder``, in the place of what has its name. Blocking.

    No link is followed: what leads nowhere else in one zip may do so together with another's.
    """
    for entry in os.scandir(source):
        target = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if target.is_symlink() or not target.is_dir():
                target.unlink(missing_ok=True)
                target.mkdir()
                target.chmod(0o755)
            overlay(Path(entry.path), target)
            continue
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        os.link(entry.path, target, follow_symlinks=False)


def _check_count(count: int) -> None:
    if count > limits.MAX_UNZIPPED_FILES:
        raise invalid(f"The zip has more than {limits.MAX_UNZIPPED_FILES} entries")


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    kinds: dict[PurePosixPath, str] = {PurePosixPath(): "folder"}
    for entry in entries:
        if entry.compress_type not in _COMPRESSIONS:
            raise zipfile.BadZipFile
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


def _check_contents(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> int:
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
    return limits.MAX_UNZIPPED_BYTES - left


def _too_large() -> Exception:
    return invalid(f"Unzipped size must be smaller than {limits.MAX_UNZIPPED_BYTES} bytes")


def _links(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict[PurePosixPath, str]:
    """Returns where the links lead; AwsError when one is none that could be made."""
    links: dict[PurePosixPath, str] = {}
    for entry in entries:
        path = PurePosixPath(entry.filename)
        links.pop(path, None)  # whatever comes later by that name takes its place
        if _kind(entry) != "link":
            continue
        with archive.open(entry) as source:
            aim = source.read(_MAX_PATH_BYTES + 1)
        if not aim or b"\0" in aim or len(aim) > _MAX_PATH_BYTES:
            raise invalid(f"The zip has a link that leads nowhere: {path}")
        links[path] = os.fsdecode(aim)
    return links


def _check_links(links: dict[PurePosixPath, str]) -> None:
    steps = iter(range(_MAX_LINK_STEPS))
    for path, aim in links.items():
        if _leaves(path.parent, aim, links, steps):
            raise invalid(f"The zip has a link that leads outside of its own folder: {path}")


def _leaves(at: PurePosixPath, aim: str, links: dict[PurePosixPath, str], steps: Iterator[int]) -> bool:
    """Returns whether ``aim`` leads out of the folder by itself, or through other links, as Linux follows them."""
    ahead = [aim]
    followed = 1
    while ahead:
        if next(steps, None) is None:
            raise invalid("The zip has too many links that lead through each other")
        first, slash, rest = ahead.pop().partition("/")
        if slash and not first:
            return True  # it begins at the root
        if rest := rest.lstrip("/"):
            ahead.append(rest)
        if first == "..":
            if at == PurePosixPath():
                return True
            at = at.parent
        elif (next_aim := links.get(at / first)) is None:
            at /= first
        elif followed < _MAX_LINKS:
            followed += 1
            ahead.append(next_aim)
        else:
            return False  # round and round: it leads nowhere
    return False


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
