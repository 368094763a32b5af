"""Which runtimes this machine has: what would run each, and what stands in the way of what lies there."""

import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from penstock.services.lambda_.functions.runtimes import OS_ONLY, PYTHONS
from penstock.services.lambda_.runtime.installed import installed
from penstock.services.lambda_.runtime.interpreter import look_for_interpreter
from penstock.services.lambda_.runtime.sandbox.isolation import shows_folders_here

_TIMEOUT_S = 20
_PACKAGES = "awslambdaric boto3"


@dataclass(frozen=True, slots=True)
class Found:
    """One runtime: the program that runs it and its version; ``own``: it is that version and no other.

    ``unused`` says of programs of that version why they do not run it, and what would help.
    """

    runtime: str
    path: str
    version: str
    own: bool
    unused: tuple[str, ...]

    def entry(self) -> dict[str, Any]:
        """Returns it as JSON has it."""
        return asdict(self)


def inventory() -> list[Found]:
    """Returns every runtime, tried as this user's server would. Blocking, for seconds."""
    shows_folders = shows_folders_here()
    own = [Found(runtime, "bootstrap", "the function's own", True, ()) for runtime in OS_ONLY]
    return [_found(runtime, shows_folders=shows_folders) for runtime in PYTHONS] + own


def _found(runtime: str, *, shows_folders: bool) -> Found:
    interpreter = look_for_interpreter(runtime, shows_folders=shows_folders)
    own = not interpreter.note
    path = interpreter.shown[0][0] if interpreter.shown else interpreter.path
    return Found(runtime, path, interpreter.version, own, () if own else _unused(runtime))


def _unused(runtime: str) -> tuple[str, ...]:
    found = tuple(f"{path}: {_why_not(path)}" for path in installed(runtime, os.environ, Path.home()))
    version = runtime.removeprefix("python")
    conda = f"conda create -n py{version} python={version}"
    get_it = f"not found: `uv python install {version}`, `pyenv install {version}` or `{conda}` brings it"
    return found or (f"{get_it}; then `{runtime} -m pip install {_PACKAGES}`",)


def _why_not(path: str) -> str:
    try:
        subprocess.run(
            [path, "-c", "import awslambdaric"], check=True, timeout=_TIMEOUT_S, capture_output=True, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return f"has no awslambdaric: `{path} -m pip install {_PACKAGES}`"
    return "the users that functions run as cannot run it: it lies in a private folder, and cannot be put elsewhere"
