"""How a folder of backups is laid out.

``bodies/`` and ``functions/code/`` hold bodies under the names that they have in a data directory. They never change,
so that all backups share them and each copies only what is new. Each backup besides is a folder of its own, named for
its time, whose ``manifest.json`` is written last: a folder without one is a backup that was cut off.
"""

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from penstock.clock import Ids
from penstock.errors import BodyDamaged, StartError
from penstock.store import FileBodies, make_folder
from penstock.store.files import replace_file, replaced
from penstock.store.folders import sync_folder

MANIFEST = "manifest.json"

_FORMAT = 1
_NAME = "%Y%m%dT%H%M%S"
_PATTERN = re.compile(r"\d{8}T\d{6}\.\d{3}Z")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup that was finished: its folder, when the database was as it is there, and the digests of its files.

    ``lost`` are the bodies that the server itself had not got whole.
    """

    folder: Path
    made_ms: int
    files: Mapping[str, str]
    lost: frozenset[str]

    @property
    def made(self) -> str:
        """Returns the time as people write it."""
        return datetime.fromtimestamp(self.made_ms / 1000, UTC).isoformat(timespec="milliseconds")

    def check_files(self) -> None:
        """Returns when every file beside the bodies is what was written; else raises BodyDamaged. Blocking."""
        for name, digest in self.files.items():
            check_file(self.folder / name, digest)


def name_of(made_ms: int) -> str:
    """Returns the name of the folder of a backup."""
    return f"{datetime.fromtimestamp(made_ms / 1000, UTC):{_NAME}}.{made_ms % 1000:03}Z"


def write_manifest(folder: Path, made_ms: int, lost: Iterable[str]) -> None:
    """Promises that the backup in ``folder``, whose files are all there, counts as one from now on. Blocking."""
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    manifest = {
        "format": _FORMAT,
        "made_ms": made_ms,
        "files": {name: digest_of(folder / name) for name in names},
        "lost": list(lost),
    }
    replace_file(folder / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    sync_folder(folder.parent)


def backups_in(dest: Path) -> list[Backup]:
    """Returns the finished backups, oldest first; StartError when there are none. Blocking."""
    found = sorted(path for path in dest.glob("*Z") if _PATTERN.fullmatch(path.name)) if dest.is_dir() else []
    backups = [_read(path) for path in found if (path / MANIFEST).exists()]
    if not backups:
        raise StartError(f"there is no backup in {dest}")
    return backups


def bodies_of(folder: Path, place: str) -> FileBodies:
    """Returns the bodies that a folder of backups, or a data directory, keeps in ``place``."""
    return FileBodies(folder / place, Ids(), fsync=True)


def copy_files(source: Path, target: Path, names: Iterable[str]) -> None:
    """Promises that the files, and what is in the folders, of these names are durably in ``target``. Blocking."""
    for name in names:
        for path in _files_at(source / name):
            copy = target / path.relative_to(source)
            make_folder(copy.parent)
            with suppress(FileNotFoundError):  # the server has just replaced it by another
                copy_file(path, copy)


def copy_file(source: Path, target: Path) -> None:
    """Promises that ``target``, for its owner alone, durably holds what ``source`` does. Blocking."""
    with source.open("rb") as read, replaced(target) as written:
        shutil.copyfileobj(read, written, _PIECE)


def check_file(path: Path, digest: str) -> None:
    """Returns when the file has this digest; else raises BodyDamaged. Blocking."""
    try:
        found = digest_of(path)
    except OSError as error:
        raise BodyDamaged(f"{path}: {error.strerror}") from None
    if found != digest:
        raise BodyDamaged(f"{path} is not what was written")


def digest_of(path: Path) -> str:
    """Returns the SHA-256 of a file in hexadecimal. Blocking."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_at(path: Path) -> Iterator[Path]:
    yield from (inner for inner in (path, *path.rglob("*")) if inner.is_file())


def _read(folder: Path) -> Backup:
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        if manifest["format"] != _FORMAT:
            raise StartError(f"{folder} was made by a newer Penstock; restore it with that one")
        return Backup(folder, manifest["made_ms"], manifest["files"], frozenset(manifest["lost"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartError(f"{folder / MANIFEST} cannot be read: {error}") from None
