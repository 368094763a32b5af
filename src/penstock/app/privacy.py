"""A data directory is its owner's alone, also one that was copied, or made by hand, so that others can read it."""

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

_OURS = re.compile(
    r"penstock\.db(-wal|-shm|-journal)?|bodies|functions|mail|quarantine|tls|lock|"
    r"\.?(credentials\.json|database|endpoint|time|key|key\.id)(\.new)?"
)
_OTHERS = 0o077


def tighten(folder: Path) -> None:
    """Takes from everybody else what they may do in the data directory ``folder``, and says so once. Blocking.

    What is not Penstock's stays as it is, and so does the folder itself when such a thing lies in it.
    """
    entries = list(folder.iterdir())
    ours = [path for path in entries if _OURS.fullmatch(path.name)]
    tops = [folder, *ours] if len(ours) == len(entries) else ours
    if not any(_is_open(path) for path in tops):
        return
    for path in [*tops, *_below(ours)]:
        if _is_open(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
    log.warning("others could read the data directory %s; now only its owner can", folder)


def _is_open(path: Path) -> bool:
    mode = path.lstat().st_mode
    return not stat.S_ISLNK(mode) and bool(mode & _OTHERS)


def _below(tops: list[Path]) -> Iterator[Path]:
    for top in tops:
        for parent, folders, files in os.walk(top):
            yield from (Path(parent, name) for name in (*folders, *files))
