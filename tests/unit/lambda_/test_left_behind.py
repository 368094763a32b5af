"""What a worker leaves running is ended; what others run under the same user is not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.services.lambda_.runtime.sandbox.left_behind import clean_up, sweep

USER = None if os.geteuid() else 60_706  # only root gives workers users of their own

Sleepers = dict[str, subprocess.Popen[bytes]]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[OwnedFolder]:
    folder = OwnedFolder.make(tmp_path)
    yield folder
    if folder.path.exists():
        folder.close()


@pytest.fixture
def sleepers(root: OwnedFolder) -> Iterator[Sleepers]:
    """Two processes of one user, each with a temporary folder of its own."""
    started = {
        name: subprocess.Popen(
            ["/bin/sleep", "60"], user=USER, cwd="/", env={"TMPDIR": f"{root.path}/{name}"}
        )
        for name in ("own", "other")
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_the_end_of_a_worker_does_not_reach_another_server_with_the_same_user(
    sleepers: Sleepers, root: OwnedFolder
) -> None:
    clean_up(root, root.path / "own")
    assert sleepers["own"].wait(10) == -9
    with pytest.raises(subprocess.TimeoutExpired):
        sleepers["other"].wait(0.2)


def test_what_functions_of_a_killed_server_left_running_ends_when_the_next_one_starts(
    sleepers: Sleepers, root: OwnedFolder, tmp_path: Path
) -> None:
    os.close(root._lock)

    sweep(tmp_path)

    assert sleepers["own"].wait(10) == -9
    assert not root.path.exists()


def test_functions_of_a_server_that_runs_are_left_alone(
    sleepers: Sleepers, root: OwnedFolder, tmp_path: Path
) -> None:
    sweep(tmp_path)

    with pytest.raises(subprocess.TimeoutExpired):
        sleepers["own"].wait(0.2)
    assert root.path.exists()
