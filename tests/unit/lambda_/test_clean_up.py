"""What a worker leaves running is ended; what others run under the same user is not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.clock import Ids
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.runtime.process import clean_up

USER = None if os.geteuid() else 60_706  # only root gives workers users of their own


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Two processes of one user, each with a temporary folder of its own."""
    started = {
        name: subprocess.Popen(["/bin/sleep", "60"], user=USER, cwd="/", env={"TMPDIR": str(tmp_path / name)})
        for name in ("own", "other")
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_the_end_of_a_worker_does_not_reach_another_server_with_the_same_user(
    sleepers: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    clean_up(tmp_path / "own")
    assert sleepers["own"].wait(10) == -9
    with pytest.raises(subprocess.TimeoutExpired):
        sleepers["other"].wait(0.2)


def test_what_functions_of_a_killed_server_left_running_ends_when_the_next_one_starts(tmp_path: Path) -> None:
    killed = PackageStore(tmp_path, Ids(), fsync=False)
    root = killed.open()
    left = subprocess.Popen(["/bin/sleep", "60"], user=USER, cwd="/", env={"TMPDIR": f"{root}/tmp-1"})
    try:
        PackageStore(tmp_path, Ids(), fsync=False).sweep(set())
        assert left.wait(10) == -9
        assert not root.exists()
    finally:
        left.kill()
        left.wait()
        killed.close()
