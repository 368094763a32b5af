"""What the server has in its memory and environment is for nobody to read, not even for processes of its own user."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.commands import PENSTOCK, environment

NOBODY = 65534
# Root's interpreter may lie where others cannot read: nobody may read everything then, and nothing else that root may.
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # fmt: skip


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of whoever the server is to run as: nobody, when the tests are root's."""
    with tempfile.TemporaryDirectory(prefix="penstock-unreadable-", ignore_cleanup_errors=True) as made:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        yield Path(made)


def as_user(*command: str) -> list[str]:
    return [*AS_NOBODY, *command] if os.geteuid() == 0 else [*command]


def owners_while(folder: Path, *command: str) -> set[int]:
    """Returns whose the files of a process are, as Linux shows them, once it has printed a line."""
    with subprocess.Popen(
        as_user(*command), stdout=subprocess.PIPE, text=True, cwd=folder, env=environment(HOME=str(folder))
    ) as process:
        assert process.stdout
        assert process.stdout.readline()
        owners = {Path(f"/proc/{process.pid}/{name}").stat().st_uid for name in ("environ", "mem", "maps")}
        process.terminate()
    return owners


def test_processes_of_the_servers_user_cannot_read_it(folder: Path) -> None:
    if subprocess.run(as_user(sys.executable, "-c", ""), check=False, capture_output=True).returncode:
        pytest.skip("nobody cannot run this interpreter here")
    waiting = "import time; print('ready', flush=True); time.sleep(60)"
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
    assert owners_while(folder, sys.executable, "-c", waiting) == {user}
    # Linux gives the files of a process that is not dumpable to root.
    assert owners_while(folder, *PENSTOCK, "up", "--port", "0", "--data", str(folder / "data")) == {0}
