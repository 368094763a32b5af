"""Where a function finds its files: at AWS's paths, or where they really lie when nothing can be put there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.services.lambda_.runtime.interpreter import Interpreter
from penstock.services.lambda_.runtime.sandbox.isolation import LAYERS_FOLDER, RUNTIME_FOLDER, TASK_FOLDER

BOOTSTRAP = "bootstrap.py"
"""What a worker's interpreter runs, in the runtime's folder."""

_RUNTIME = "runtime"


@dataclass(frozen=True, slots=True)
class Layout:
    """The function's code, what runs it, its temporary folder and its layers, as the function's process names them.

    ``shown`` are the folders that are to be put elsewhere for that.
    """

    task: str
    runtime: str
    temporary: str
    opt: str = LAYERS_FOLDER
    shown: tuple[tuple[str, str], ...] = ()

    def path(self, named: str) -> str:
        """Returns the path of what a function's owner names by AWS's path."""
        for folder, own in ((TASK_FOLDER, self.task), (LAYERS_FOLDER, self.opt)):
            if named.startswith(f"{folder}/"):
                return own + named.removeprefix(folder)
        return named


def layout_of(root: Path, code: Path, temporary: Path, *, shows_folders: bool) -> Layout:
    """Returns the layout of a worker whose files are in ``root``; ``shows_folders``: they can be put elsewhere."""
    runtime = str(root / _RUNTIME)
    if not shows_folders:
        return Layout(str(code), runtime, str(temporary))
    shown = ((str(code), TASK_FOLDER), (runtime, RUNTIME_FOLDER))
    return Layout(TASK_FOLDER, RUNTIME_FOLDER, str(temporary), shown=shown)


def with_layers(layout: Layout, layers: Path, interpreter: Interpreter) -> Layout:
    """Returns the layout with ``layers`` at AWS's path, or at their own where that cannot be."""
    in_the_way = any(folder.startswith(f"{LAYERS_FOLDER}/") for folder in interpreter.folders)
    if not layout.shown or in_the_way or not os.path.isdir(LAYERS_FOLDER):
        return replace(layout, opt=str(layers))
    return replace(layout, shown=(*layout.shown, (str(layers), LAYERS_FOLDER)))


def make_runtime(root: OwnedFolder) -> None:
    """Puts what workers run where their users can read it. Blocking."""
    folder = root.path / _RUNTIME
    folder.mkdir()
    folder.chmod(0o755)
    file = folder / BOOTSTRAP
    file.write_bytes(Path(__file__).with_name(BOOTSTRAP).read_bytes())
    file.chmod(0o644)
