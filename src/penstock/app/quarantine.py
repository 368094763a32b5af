"""Large bodies that lie in a data directory without a database: each start would remove them, for no row names them.

That the database is gone, or was forgotten in a copy, is no reason to lose the rest.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from penstock.store import make_folder
from penstock.store.folders import sync_folder

log = logging.getLogger(__name__)

_FOLDER = "quarantine"


def set_apart(folder: Path, database: Path, places: Iterable[str], name: str) -> None:
    """Moves the bodies in ``places`` to ``quarantine/<name>`` when there is no ``database`` to name them. Blocking.

    Call it before the database is made: a start that is cut off in between finds the same again.
    """
    if database.exists() and database.stat().st_size:
        return
    for place in places:
        if _has_files(folder / place):
            target = folder / _FOLDER / name / place
            make_folder(target.parent)
            (folder / place).rename(target)
            sync_folder(target.parent)
            sync_folder((folder / place).parent)
            log.error("no database names what is in %s; it was moved to %s", folder / place, target)


def problems(folder: Path) -> dict[str, str]:
    """Returns what is to be said of the data directory as long as something lies in ``quarantine``. Blocking."""
    if not _has_files(folder / _FOLDER):
        return {}
    text = (
        f"{folder / _FOLDER} holds bodies that no database named: put them back with theirs, or delete them"
    )
    return {_FOLDER: text}


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))
