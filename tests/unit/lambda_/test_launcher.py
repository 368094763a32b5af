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
from tests.kit.functions import running

from penstock.services.lambda_.runtime.sandbox.isolation import Isolation, isolation_here
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec, start_launcher

PARENT = """
import os, sys
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec, start_launcher
spec = ProcessSpec([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"], {}, "/", None)
read, write = os.pipe()
child = start_launcher(spec, write)
os.read(read, 2)
print(child.pid, flush=True)
sys.stdin.read()
"""


KEEP = (sys.prefix, sys.base_prefix)

isolated = pytest.mark.skipif(
    isolation_here() is not Isolation.NAMESPACES, reason="this machine allows no namespaces"
)


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


@isolated
def test_a_child_finds_its_folder_as_tmp_and_in_it_what_it_needs_of_the_machine_s() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as needed, tempfile.TemporaryDirectory(dir="/tmp") as own:
        Path(needed, "file").write_text("here")
        argv = ["/bin/sh", "-c", f"cat {needed}/file; echo; ls /tmp; touch /tmp/new"]

        text = output_of(ProcessSpec(argv, {}, "/", None, own, (needed,), isolated=True))

        assert text.split() == ["here", Path(needed).name]
        assert Path(own, "new").exists()
        assert not Path("/tmp/new").exists()


@isolated
def test_what_a_child_starts_ends_with_it_whatever_it_has_become(tmp_path: Path) -> None:
    code = """
import os, subprocess, sys
subprocess.Popen(["/bin/sleep", "6543.21"], start_new_session=True, env={}, stdout=subprocess.DEVNULL)
print(os.getpid(), sorted(int(name) for name in os.listdir("/proc") if name.isdigit())[:2])
"""

    text = output_of(
        ProcessSpec([sys.executable, "-c", code], {}, "/", None, str(tmp_path), KEEP, isolated=True)
    )

    assert text == "2 [1, 2]"
    assert not running("6543.21")


@isolated
@pytest.mark.parametrize(
    "ending", ["sys.exit(3)", "os.kill(os.getpid(), 9)", "os.abort()", "os.kill(os.getpid(), 15)"]
)
def test_an_isolated_child_ends_as_it_would_without(tmp_path: Path, ending: str) -> None:
    argv = [sys.executable, "-c", f"import os, sys; {ending}"]
    codes = []
    for spec in (
        ProcessSpec(argv, {}, "/", None),
        ProcessSpec(argv, {}, "/", None, str(tmp_path), KEEP, isolated=True),
    ):
        read, write = os.pipe()
        codes.append(start_launcher(spec, write).wait())
        os.close(read)
        os.close(write)

    assert codes[0] == codes[1] != 0


@isolated
def test_an_isolated_child_does_not_see_what_is_hidden_but_what_it_is_to_keep_of_it(tmp_path: Path) -> None:
    own, data = tmp_path / "own", tmp_path / "data"
    for folder in (own, data / "code", data / "other"):
        folder.mkdir(parents=True)
    (data / "code" / "app.py").write_text("x")
    (data / "credentials.json").write_text("secret")
    keep = (*KEEP, str(data / "code"))
    argv = ["/bin/sh", "-c", f"ls {data} {data}/code /var/tmp /dev/shm"]

    text = output_of(ProcessSpec(argv, {}, "/", None, str(own), keep, (str(data),), isolated=True))

    assert sorted(text.split()) == sorted(
        ["/dev/shm:", "/var/tmp:", f"{data}:", "code", f"{data}/code:", "app.py"]
    )


@isolated
def test_an_isolated_child_finds_hidden_files_empty(tmp_path: Path) -> None:
    with tempfile.NamedTemporaryFile(dir=Path.home()) as key:  # not in a folder that has been covered
        Path(key.name).write_text("secret")
        argv = ["/bin/sh", "-c", f"cat {key.name}; echo end"]

        text = output_of(ProcessSpec(argv, {}, "/", None, str(tmp_path), KEEP, (key.name,), isolated=True))

        assert text == "end"


@isolated
def test_an_isolated_child_cannot_become_more_than_it_is(tmp_path: Path) -> None:
    code = "print(open('/proc/self/status').read())"

    text = output_of(
        ProcessSpec([sys.executable, "-c", code], {}, "/", None, str(tmp_path), KEEP, isolated=True)
    )

    assert "CapEff:\t0000000000000000" in text
    assert "NoNewPrivs:\t1" in text


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


@isolated
@pytest.mark.parametrize("target", ["/var/task", "/mnt/task"])
def test_an_isolated_child_finds_a_folder_where_the_machine_has_none_and_cannot_write_there(
    tmp_path: Path, target: str
) -> None:
    code, own = tmp_path / "code", tmp_path / "own"
    for folder in (code, own):
        folder.mkdir()
    (code / "app.py").write_text("x = 1")
    beside = sorted(os.listdir(os.path.dirname(target)))
    asks = f"""
import os
print(os.listdir({target!r}), sorted(os.listdir(os.path.dirname({target!r}))), os.getcwd())
for path in ("{target}/new", "{target}/app.py", os.path.dirname({target!r}) + "/new"):
    try:
        print(open(path, "a"))
    except OSError:
        pass
"""
    argv = [sys.executable, "-c", asks]
    shown = ((str(code), target),)

    text = output_of(ProcessSpec(argv, {}, target, None, str(own), KEEP, shown=shown, isolated=True))

    assert text == f"['app.py'] {sorted([*beside, 'task'])} {target}"
    assert not Path(target).exists()


@isolated
def test_what_is_shown_elsewhere_need_not_be_kept_where_it_is(tmp_path: Path) -> None:
    data, own = tmp_path / "data", tmp_path / "own"
    (data / "code").mkdir(parents=True)
    own.mkdir()
    (data / "code" / "app.py").write_text("x = 1")
    asks = f"import os; print(os.listdir('/var/task'), os.path.exists({str(data)!r} + '/code'))"
    shown = ((str(data / "code"), "/var/task"),)

    text = output_of(
        ProcessSpec(
            [sys.executable, "-c", asks],
            {},
            "/",
            None,
            str(own),
            KEEP,
            (str(data),),
            shown=shown,
            isolated=True,
        )
    )

    assert text == "['app.py'] False"


def test_a_program_that_is_not_there_is_named() -> None:
    read, write = os.pipe()
    popen = start_launcher(ProcessSpec(["/nowhere/program"], {}, "/", None), write)
    os.close(write)
    with os.fdopen(read) as output:
        assert output.read() == "cannot run /nowhere/program: No such file or directory\n"
    assert popen.wait() == 1
