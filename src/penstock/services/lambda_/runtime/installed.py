"""Where Pythons lie on this machine: on the path, and where pyenv, uv and conda put theirs.

Sources: https://github.com/pyenv/pyenv#locating-pyenv-provided-python-installations,
https://docs.astral.sh/uv/reference/storage/#python-versions,
https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

_SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin")
_CONDAS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda")
_SHIMS = "shims"  # pyenv's scripts, which choose one of the interpreters that are found anyway
_DIGITS = re.compile(r"\d+")


def installed(runtime: str, environ: Mapping[str, str], home: Path) -> Iterator[str]:
    """Yields where ``runtime`` ("python3.12") is: on the path first, then of each tool the newest first.

    A program that is found twice, by links or by names, is told each time: what it can import may differ.
    """
    path = environ.get("PATH", os.defpath).split(os.pathsep)
    found = [shutil.which(runtime, path=folder) for folder in (*path, *_SYSTEM_FOLDERS) if folder]
    others = [
        str(each / "bin" / runtime) for folder in _folders(environ, home) for each in _newest_first(folder)
    ]
    for candidate in dict.fromkeys(each for each in (*found, *others) if each):
        if Path(candidate).parent.name != _SHIMS and os.access(candidate, os.X_OK):
            yield candidate


def _folders(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yields folders in which each folder may be one of an interpreter."""
    yield Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
    yield Path(environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    for root in (*(home / name for name in _CONDAS), Path("/opt/conda")):
        yield root / "envs"
    yield from (home, Path("/opt"))  # for conda's base, which has no environment of its own


def _newest_first(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [folder / name for name in sorted(names, key=_version, reverse=True)]


def _version(name: str) -> tuple[list[int], str]:
    return [int(number) for number in _DIGITS.findall(name)[:8]], name
