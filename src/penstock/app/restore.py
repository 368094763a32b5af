"""A data directory from a backup, and whether a folder of backups is whole. No server takes part."""

from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.app.application import SERVICES
from penstock.app.backup_folder import Backup, backups_in, bodies_of, copy_file
from penstock.errors import BodyDamaged, StartError
from penstock.services.service import Refs
from penstock.store import DATABASE, make_folder
from penstock.store.sqlite.snapshot import check_snapshot, read_snapshot

Report = Callable[[str, int, int], object]
"""Is told what is being done, how far, and of how much."""


def verify(dest: Path, report: Report) -> tuple[list[Backup], list[str]]:
    """Returns the backups in ``dest``, and what is damaged: files, databases, bodies that one of them names. Blocking.

    StartError when there is none.
    """
    backups, damage = backups_in(dest), []
    named: dict[str, set[str]] = {place: set() for place in _places()}
    for number, backup in enumerate(backups):
        report("databases", number, len(backups))
        try:
            backup.check_files()
            check_snapshot(backup.folder / DATABASE)
            for place, refs in _named(backup).items():
                named[place] |= refs
        except BodyDamaged as found:
            damage.append(str(found))
    total, done = sum(len(refs) for refs in named.values()), 0
    for place, refs in named.items():
        bodies = bodies_of(dest, place)
        for ref in sorted(refs):
            try:
                with bodies.open(ref) as body:
                    body.verify()
            except BodyDamaged as found:
                damage.append(str(found))
            done += 1
            report("bodies", done, total)
    return backups, damage


def restore(dest: Path, data: Path, at_ms: int | None, report: Report) -> Backup:
    """Returns the backup that ``data`` is now a data directory from: the last one, or the last one until ``at_ms``.

    Bodies that were lost when it was made are left out; whoever reads them is told.
    Blocking. StartError when there is none, when ``data`` is not empty, or when the backup is damaged. The database
    comes last, so that no server takes a directory for whole that is not.
    """
    backup = _chosen(dest, at_ms)
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise StartError(f"{data} is not empty; restore into a new folder")
    try:
        report("database", 0, 1)
        backup.check_files()
        check_snapshot(backup.folder / DATABASE)
        make_folder(data)
        _restore_bodies(dest, data, backup, report)
        for name in backup.files:
            if name != DATABASE:
                make_folder((data / name).parent)
                copy_file(backup.folder / name, data / name)
        copy_file(backup.folder / DATABASE, data / DATABASE)
    except BodyDamaged as damage:
        raise StartError(
            f"the backup of {backup.made} is damaged: {damage}; an older one may be whole: --at"
        ) from None
    except OSError as error:
        raise StartError(f"cannot restore into {data}: {error}") from None
    return backup


def _restore_bodies(dest: Path, data: Path, backup: Backup, report: Report) -> None:
    named = _named(backup)
    total, done = sum(len(refs) for refs in named.values()), 0
    for place, refs in named.items():
        source, target = bodies_of(dest, place), bodies_of(data, place)
        for ref in sorted(refs):
            if ref not in backup.lost:
                target.take(ref, source)
            done += 1
            report("bodies", done, total)


def _chosen(dest: Path, at_ms: int | None) -> Backup:
    backups = backups_in(dest)
    until = [backup for backup in backups if at_ms is None or backup.made_ms <= at_ms]
    if not until:
        raise StartError(f"the first backup in {dest} is of {backups[0].made}")
    return until[-1]


def _places() -> Mapping[str, Refs]:
    return {place: refs for service in SERVICES for place, refs in service.bodies.items()}


def _named(backup: Backup) -> dict[str, set[str]]:
    path = backup.folder / DATABASE
    return {place: set(read_snapshot(path, refs)) for place, refs in _places().items()}
