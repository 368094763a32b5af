"""Where a function finds its files: at AWS's paths, or where they really lie when nothing can be put there.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from dataclasses import dataclass
from pathlib import Path

from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.services.lambda_.runtime.isolation import RUNTIME_FOLDER, TASK_FOLDER

BOOTSTRAP = "bootstrap.py"
"""What a worker's interpreter runs, in the runtime's folder."""

_RUNTIME = "runtime"


@dataclass(frozen=True, slots=True)
class Layout:
    """The function's code, what runs it, and its temporary folder, as the function's process names them.

    ``shown`` are the folders that are to be put elsewhere for that.
    """

    task: str
    runtime: str
    temporary: str
    shown: tuple[tuple[str, str], ...] = ()

    def path(self, named: str) -> str:
        """Returns the path of what a function's owner names by AWS's path."""
        below = named.removeprefix(f"{TASK_FOLDER}/")
        return named if below == named else f"{self.task}/{below}"


def layout_of(root: Path, code: Path, temporary: Path, *, shows_folders: bool) -> Layout:
    """Returns the layout of a worker whose files are in ``root``; ``shows_folders``: they can be put elsewhere."""
    runtime = str(root / _RUNTIME)
    if not shows_folders:
        return Layout(str(code), runtime, str(temporary))
    shown = ((str(code), TASK_FOLDER), (runtime, RUNTIME_FOLDER))
    return Layout(TASK_FOLDER, RUNTIME_FOLDER, str(temporary), shown)


def make_runtime(root: OwnedFolder) -> None:
    """Puts what workers run where their users can read it. Blocking."""
    folder = root.path / _RUNTIME
    folder.mkdir()
    folder.chmod(0o755)
    file = folder / BOOTSTRAP
    file.write_bytes(Path(__file__).with_name(BOOTSTRAP).read_bytes())
    file.chmod(0o644)
