"""What a child process is and is not given, and that it dies with its parent."""

import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from tests.kit.functions import may_mount

from penstock.services.lambda_.runtime.process import ProcessSpec, start_launcher

PARENT = """
import os, sys
from penstock.services.lambda_.runtime.process import ProcessSpec, start_launcher
spec = ProcessSpec([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"], {}, "/", None)
read, write = os.pipe()
child = start_launcher(spec, write)
os.read(read, 2)
print(child.pid, flush=True)
sys.stdin.read()
"""


def launch(code: str, env: dict[str, str], cwd: str = "/", uid: int | None = None, **options: Any) -> str:
    return output_of(ProcessSpec([python(uid), "-c", code], env, cwd, uid, **options))


def output_of(spec: ProcessSpec) -> str:
    read, write = os.pipe()
    popen = start_launcher(spec, write)
    os.close(write)
    with os.fdopen(read) as output:
        text = output.read()
    assert popen.wait() == 0, text
    return text.strip()


def python(uid: int | None) -> str:
    return sys.executable if uid is None else "/usr/bin/python3"


def test_a_child_has_the_environment_and_folder_it_was_given_and_nothing_to_read(tmp_path: Path) -> None:
    code = "import os, sys; print(dict(os.environ), os.getcwd(), sys.stdin.read() == '', os.getpid() == os.getsid(0))"

    text = launch(code, {"A": "b", "LC_ALL": "C.UTF-8"}, str(tmp_path))

    assert text == f"{{'A': 'b', 'LC_ALL': 'C.UTF-8'}} {tmp_path} True True"


@pytest.mark.skipif(not may_mount(), reason="this machine allows no mount namespaces")
def test_a_child_finds_its_folder_as_tmp_and_in_it_what_it_needs_of_the_machine_s() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as needed, tempfile.TemporaryDirectory(dir="/tmp") as own:
        Path(needed, "file").write_text("here")
        argv = ["/bin/sh", "-c", f"cat {needed}/file; echo; ls /tmp; touch /tmp/new"]

        text = output_of(ProcessSpec(argv, {}, "/", None, own, (needed,)))

        assert text.split() == ["here", Path(needed).name]
        assert Path(own, "new").exists()
        assert not Path("/tmp/new").exists()


def test_a_child_that_may_not_have_a_tmp_of_its_own_says_so_and_runs() -> None:
    lines = launch("print('ran')", {}, temporary="/no/such/folder").splitlines()
    assert lines[0].startswith("/tmp is not the function's own") and lines[-1] == "ran"


@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/usr/bin/python3").exists(), reason="only root can give up its rights"
)
def test_a_child_of_root_has_no_rights_left() -> None:
    code = (
        "import os; print(os.getresuid(), os.getresgid(), os.getgroups(), open('/proc/self/status').read())"
    )

    text = launch(code, {}, uid=60_706)

    assert text.startswith("(60706, 60706, 60706) (60706, 60706, 60706) []")
    assert "CapEff:\t0000000000000000" in text
    assert "NoNewPrivs:\t1" in text


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux ends a child with its parent")
def test_a_child_dies_with_its_parent_however_that_ends() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)

    ended, _, _ = select.select([child], [], [], 10)
    os.close(child)

    assert ended
