"""Control groups by their files: those of a kernel where it has delegated any, else plain ones in their place."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.kit.control_groups import FILES, PlainFiles

from penstock.clock import Ids
from penstock.services.lambda_.runtime.sandbox import hierarchy as hierarchies
from penstock.services.lambda_.runtime.sandbox.control_group import PREFIX, ControlGroup, dead_groups
from penstock.services.lambda_.runtime.sandbox.hierarchy import OWN, Hierarchy, hierarchy_here
from penstock.services.lambda_.runtime.sandbox.process import ProcessSpec, start_launcher

HERE = hierarchy_here()
delegated = pytest.mark.skipif(HERE is None, reason="no part of the hierarchy of control groups is ours")


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlainFiles:
    return PlainFiles(tmp_path / "the groups", monkeypatch)


def text(path: Path) -> str:
    return path.read_text()


def test_a_group_bounds_memory_and_processes_of_all_that_is_in_it(plain: PlainFiles) -> None:
    group = ControlGroup.make(plain.top, "one", 128, {"memory", "pids"})

    assert text(group.path / "memory.max") == str((128 + 32) << 20)
    assert text(group.path / "memory.swap.max").startswith("0")
    assert text(group.path / "memory.oom.group").startswith("1")
    assert text(group.path / "pids.max") == "1026"
    assert not group.ran_out_of_memory()
    (group.path / "memory.events").write_text("oom 3\noom_kill 1\n")
    assert group.ran_out_of_memory()

    group.close()
    assert not group.path.exists()


def test_a_group_without_controllers_has_no_bounds_and_an_end(plain: PlainFiles) -> None:
    group = ControlGroup.make(plain.top, "one", 128, ())

    assert text(group.path / "memory.max") == "max\n"
    group.kill()
    assert text(group.path / "cgroup.kill") == "1"


def test_a_group_whose_bounds_cannot_be_set_is_not_left_behind(
    plain: PlainFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FILES, "pids.max.gone", FILES["pids.max"])
    monkeypatch.delitem(FILES, "pids.max")
    with pytest.raises(FileNotFoundError):
        ControlGroup.make(plain.top, "one", 128, {"memory", "pids"})

    assert list(plain.top.glob(f"{PREFIX}*")) == []


def test_only_groups_with_our_mark_whose_server_has_ended_are_swept(plain: PlainFiles) -> None:
    lives = ControlGroup.make(plain.top, "lives", 128, ())
    dead = ControlGroup.make(plain.top, "dead", 128, ())
    os.close(dead._lock)
    stranger = plain.top / f"{PREFIX}of-somebody-else"
    stranger.mkdir()
    (plain.top / f"{PREFIX}link").symlink_to(dead.path)

    found = list(dead_groups(plain.top))
    assert [group.path for group in found] == [dead.path]
    for group in found:
        group.close()

    assert lives.path.exists() and stranger.exists() and not dead.path.exists()


def test_a_worker_goes_into_its_group_before_all_else(plain: PlainFiles) -> None:
    group = ControlGroup.make(plain.top, "one", 128, ())
    read, write = os.pipe()
    popen = start_launcher(ProcessSpec(["/bin/true"], {}, "/", None, group=str(group.path)), write)
    os.close(write)
    os.close(read)

    assert popen.wait() == 0
    assert text(group.path / "cgroup.procs") == "0", "which stands for the one that writes"


def test_a_worker_that_cannot_go_into_its_group_does_not_run(tmp_path: Path) -> None:
    read, write = os.pipe()
    popen = start_launcher(ProcessSpec(["/bin/echo", "ran"], {}, "/", None, group=str(tmp_path)), write)
    os.close(write)
    with os.fdopen(read) as output:
        assert "ran" not in output.read().split()
    assert popen.wait() != 0


def test_the_top_of_the_hierarchy_is_ours_where_nobody_else_manages_it(plain: PlainFiles) -> None:
    here = hierarchy_here(plain.process("/"))

    assert here == Hierarchy(plain.top, frozenset(), (str(plain.top),)), (
        "a plain file takes no controllers in"
    )
    assert text(plain.top / "cgroup.subtree_control") == "+memory +pids"


def test_a_group_that_others_manage_is_not_ours_though_it_could_be_written(plain: PlainFiles) -> None:
    (plain.top / "user.slice").mkdir()

    assert hierarchy_here(plain.process("/user.slice")) is None
    assert text(plain.top / "user.slice" / "cgroup.subtree_control") == ""


def test_a_delegated_group_is_ours_with_what_its_manager_has_switched_on(plain: PlainFiles) -> None:
    unit = plain.top / "penstock.service"
    unit.mkdir()
    os.setxattr(unit, "user.delegate", b"1")
    (unit / "cgroup.subtree_control").write_text("cpu memory pids\n")

    here = hierarchy_here(plain.process("/penstock.service"))
    assert here == Hierarchy(unit, frozenset({"memory", "pids"}), (str(plain.top),))
    assert str(here) == "memory, pids"
    (unit / OWN).mkdir()
    assert hierarchy_here(plain.process(f"/penstock.service/{OWN}")) == here


class Busy:
    """Refuses, as the kernel does, controllers for a group that has processes itself."""

    def __init__(self, group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._group = group
        self._write: Callable[[Path, str], None] = hierarchies._write
        monkeypatch.setattr(hierarchies, "_write", self.write)

    def write(self, path: Path, text: str) -> None:
        if path.name == "cgroup.subtree_control" and (self._group / "cgroup.procs").read_text():
            raise OSError("busy")
        self._write(path, text)
        if path.name == "cgroup.procs":
            (self._group / "cgroup.procs").write_text("")


@pytest.mark.parametrize("others", ["", "1\n"])
def test_the_server_moves_itself_and_nobody_else(
    plain: PlainFiles, monkeypatch: pytest.MonkeyPatch, others: str
) -> None:
    (plain.top / "cgroup.procs").write_text(f"{others}{os.getpid()}\n")
    Busy(plain.top, monkeypatch)

    hierarchy_here(plain.process("/"))

    moved = plain.top / OWN / "cgroup.procs"
    assert (text(moved) if moved.exists() else "") == ("" if others else str(os.getpid()))
    assert text(plain.top / "cgroup.subtree_control") == ("" if others else "+memory +pids")


@pytest.mark.parametrize("group", ["/../outside", "relative", "/below/elsewhere"])
def test_a_process_outside_of_what_is_mounted_has_no_groups(plain: PlainFiles, group: str) -> None:
    assert hierarchy_here(plain.process(group, root="/below/here")) is None


def test_a_machine_without_such_files_has_no_groups(tmp_path: Path) -> None:
    assert hierarchy_here(tmp_path) is None


@pytest.fixture
def inside() -> Iterator[Path]:
    """A group of this machine's, in which no server sweeps."""
    assert HERE is not None
    folder = HERE.folder / f"penstock-test-{Ids().hex(16)}"
    folder.mkdir()
    yield folder
    folder.rmdir()


@delegated
def test_the_end_of_a_group_is_the_end_of_all_that_is_in_it(inside: Path) -> None:
    group = ControlGroup.make(inside, "one", 128, ())
    script = f"echo 0 > {group.path}/cgroup.procs; setsid sleep 60 & echo up; exec sleep 60"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE) as popen:
        assert popen.stdout is not None and popen.stdout.readline() == b"up\n"
        group.close()
        assert popen.wait() == -9
        assert popen.stdout.read() == b"", "nobody has it open any more"

    assert not group.path.exists()


@delegated
def test_what_a_killed_server_left_in_a_group_ends_with_the_sweep(inside: Path) -> None:
    group = ControlGroup.make(inside, "one", 128, ())
    with subprocess.Popen(["/bin/sleep", "60"]) as left:
        (group.path / "cgroup.procs").write_text(str(left.pid))
        assert list(dead_groups(inside)) == []
        os.close(group._lock)

        (dead,) = dead_groups(inside)
        dead.close()

        assert left.wait() == -9
    assert not group.path.exists()
