"""What a worker leaves running is ended; what others run under the same user is not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from penstock.services.lambda_.process import clean_up

UID = 60_706

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives workers users of their own")


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Two processes of one user, each with a temporary folder of its own."""
    started = {
        name: subprocess.Popen(["/bin/sleep", "60"], user=UID, cwd="/", env={"TMPDIR": str(tmp_path / name)})
        for name in ("own", "other")
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_the_end_of_a_worker_does_not_reach_another_server_with_the_same_user(
    sleepers: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    clean_up(tmp_path / "own", UID)
    assert sleepers["own"].wait(10) == -9
    with pytest.raises(subprocess.TimeoutExpired):
        sleepers["other"].wait(0.2)
