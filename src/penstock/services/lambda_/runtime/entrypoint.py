"""What an OS-only runtime begins with: the program ``bootstrap`` in the function's code, or in its layers.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
"""

from pathlib import Path
from typing import NamedTuple

from penstock.services.lambda_.runtime.sandbox.isolation import LAYERS_FOLDER, TASK_FOLDER

_NAME = "bootstrap"
_NONE = f"Couldn't find valid bootstrap(s): [{TASK_FOLDER}/{_NAME} {LAYERS_FOLDER}/{_NAME}]"


class Entrypoint(NamedTuple):
    """The program by AWS's path, and why it cannot be run, or ""."""

    path: str
    error: str


def find_entrypoint(code: Path, layers: Path | None) -> Entrypoint:
    """Returns the program in the folder ``code``, else in that of the layers. Blocking."""
    for folder, shown in ((code, TASK_FOLDER), (layers, LAYERS_FOLDER)):
        if folder is None or not (folder / _NAME).is_file():
            continue
        path = f"{shown}/{_NAME}"
        runs = (folder / _NAME).stat().st_mode & 0o111
        return Entrypoint(path, "" if runs else f"fork/exec {path}: permission denied")
    return Entrypoint(f"{TASK_FOLDER}/{_NAME}", _NONE)
