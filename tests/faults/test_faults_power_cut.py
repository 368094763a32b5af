"""Power cuts: whatever was acknowledged is on a disk that has kept what was synced, and of the rest anything.

A server's life is recorded, with every byte that it writes. Then its disk is made again as of some call of it, without,
or with a part of, what no sync had covered; and a server is started there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.crash_server import NotStarted
from tests.faults.cut_site import CutSite
from tests.faults.journal import Step
from tests.faults.power_cut import Chance, Nothing, PowerCut

_ENOUGH = 20_000  # answers, by which the server must have died
_DATABASE = "*/penstock.db"

pytestmark = [pytest.mark.crash, pytest.mark.embedded]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[CutSite]:
    """A server with everything that the load needs."""
    site = CutSite(tmp_path)
    site.begin()
    yield site
    if site.server.runs():
        site.server.kill9()


def check(site: CutSite, steps: list[Step], chance: Chance, folder: Path) -> int:
    server = site.cut(steps, chance, folder)
    server.start()
    try:
        return site.check(server, steps)
    finally:
        server.kill()
        server.reap()


def test_what_was_acknowledged_is_there_after_a_power_cut_within_and_after_a_checkpoint(
    site: CutSite, tmp_path: Path
) -> None:
    site.server.die_at("fsync", _DATABASE, 2)
    steps = site.load(_ENOUGH, seed=1)
    written = [
        n for n, step in enumerate(steps) if step.what == "write" and step.path.endswith("/penstock.db")
    ]
    cuts = {"half written": written[-len(written) // 3], "written and not synced": len(steps)}
    for number, (name, cut) in enumerate(cuts.items()):
        assert check(site, steps[:cut], Chance(number), tmp_path / name) > 0
    assert check(site, steps, Nothing(), tmp_path / "all that is not synced is lost") > 0


def test_a_checkpoint_whose_sync_fails_leaves_everything_in_the_log(site: CutSite, tmp_path: Path) -> None:
    site.server.fail_fsync_once(_DATABASE)
    site.server.die_at("fsync", _DATABASE, 1)  # if it has not ended by itself
    steps = site.load(_ENOUGH, seed=2)
    assert any(step.what == "once fsync" for step in steps)
    assert check(site, steps, Nothing(), tmp_path / "cut") > 0


def test_the_check_sees_a_log_that_is_not_synced(site: CutSite, tmp_path: Path) -> None:
    site.server.pretend_fsync("*/penstock.db-wal")
    steps = site.load(50, seed=3)
    with pytest.raises((AssertionError, NotStarted)):
        check(site, steps, Nothing(), tmp_path / "cut")


def test_the_check_sees_names_that_are_not_synced(site: CutSite, tmp_path: Path) -> None:
    site.server.pretend_fsync("*/bodies/??")
    steps = site.load(100, seed=4)
    with pytest.raises((AssertionError, NotStarted)):
        check(site, steps, Nothing(), tmp_path / "cut")


def follow(folder: Path, *steps: Step, data: bytes = b"") -> Path:
    """Returns the folder as a power cut leaves it that takes everything which is not certain."""
    (folder / "written").write_bytes(data)
    disk = PowerCut(Path("/data"), folder / "written", Nothing())
    disk.follow([Step("mkdir", "/data"), Step("syncing", "/", "1"), Step("fsync", "/", "1"), *steps])
    disk.write_to(folder / "data")
    return folder / "data"


def test_a_sync_covers_what_was_written_before_it_began(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        Step("create", "/data/file"),
        Step("syncing", "/data", "1"),
        Step("fsync", "/data", "1"),
        Step("write", "/data/file", "0:3:0"),
        Step("syncing", "/data/file", "1"),
        Step("write", "/data/file", "3:3:3"),
        Step("fsync", "/data/file", "1"),
        data=b"onetwo",
    )
    assert (found / "file").read_bytes() == b"one"


def test_a_file_whose_folder_does_not_know_it_is_lost_with_all_its_bytes(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        Step("create", "/data/file"),
        Step("write", "/data/file", "0:3:0"),
        Step("syncing", "/data/file", "1"),
        Step("fsync", "/data/file", "1"),
        data=b"one",
    )
    assert list(found.iterdir()) == []


def test_no_later_sync_brings_back_what_one_has_failed_to_write(tmp_path: Path) -> None:
    found = follow(
        tmp_path,
        Step("create", "/data/file"),
        Step("syncing", "/data", "1"),
        Step("fsync", "/data", "1"),
        Step("write", "/data/file", "0:3:0"),
        Step("once fsync", "/data/file"),
        Step("write", "/data/file", "3:3:3"),
        Step("syncing", "/data/file", "1"),
        Step("fsync", "/data/file", "1"),
        data=b"onetwo",
    )
    assert (found / "file").read_bytes() == b"\0\0\0two"
