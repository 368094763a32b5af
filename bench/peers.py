"""The peers, each from PyPI in a virtual environment of its own below ``.bench/``."""

import subprocess
import sys
import venv
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / ".bench"
VERSIONS = {"moto": "moto[server]==5.2.5", "ministack": "ministack==1.5.33"}


class PeerMissing(Exception):
    """The peer could not be installed; the message says why."""


def program(peer: str, name: str) -> str:
    """Returns the path of the peer's program ``name``, installing the peer first when it is not there."""
    folder = HOME / peer
    installed = folder / f".{VERSIONS[peer]}"
    if not installed.exists():
        _install(folder, VERSIONS[peer])
        installed.touch()
    return str(folder / "bin" / name)


def _install(folder: Path, requirement: str) -> None:
    venv.create(folder, with_pip=True, clear=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement]
    print(f"installing {requirement} into {folder}", file=sys.stderr)
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise PeerMissing(f"pip install {requirement} failed: {run.stderr.strip().splitlines()[-1:]}")
