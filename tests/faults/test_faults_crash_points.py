"""Servers that are killed in place of a named call: what was acknowledged is there, and nothing half done is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.crash_load import Load
from tests.crash.crash_server import NotStarted
from tests.crash.crash_site import Site
from tests.faults.faulty import FaultyServer

_ENOUGH = 20_000  # answers, by which the point must have been reached

POINTS = {
    "commit_begins_to_write": ("write", "*/penstock.db-wal", 400),
    "commit_is_written_but_not_synced": ("fsync", "*/penstock.db-wal", 40),
    "commit_is_durable_but_not_answered": ("send", "HTTP/1.1 200*", 150),
    "checkpoint_begins": ("write", "*/penstock.db", 1),
    "checkpoint_is_half_written": ("write", "*/penstock.db", 25),
    "checkpoint_is_not_synced": ("fsync", "*/penstock.db", 1),
    "body_is_being_written": ("write", "*/bodies/staging/*", 15),
    "body_is_not_synced": ("fsync", "*/bodies/staging/*", 10),
    "body_has_no_name": ("rename", "*/bodies/staging/*", 10),
    "body_has_a_name_and_no_row": ("fsync", "*/bodies/??", 10),
    "body_has_no_row_any_more": ("unlink", "*/bodies/*", 5),
}

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    """A server that runs whenever a test begins."""
    server = FaultyServer(tmp_path_factory.mktemp("points") / "data")
    server.start()
    yield server
    server.kill9()


@pytest.fixture(scope="module")
def site(server: FaultyServer) -> Site:
    """The resources; they outlive every kill."""
    site = Site(server)
    site.build()
    return site


@pytest.mark.parametrize("point", POINTS)
def test_what_was_acknowledged_survives_a_kill_when(site: Site, server: FaultyServer, point: str) -> None:
    seed = list(POINTS).index(point) + 100
    server.die_at(*POINTS[point])
    asyncio.run(Load(server.endpoint, seed, _ENOUGH, server.kill).run(site.groups, site.uploaded))
    server.reap()
    assert server.steps()[-1].what.startswith("die "), "the point was never reached"

    server.restart()

    site.check_files()
    asyncio.run(site.receive_events())
    asyncio.run(site.check_objects())
    asyncio.run(site.check_versions(seed))


@pytest.mark.parametrize("n", [2, 4, 6])
def test_a_server_killed_in_its_first_start_starts_the_second_time(tmp_path: Path, n: int) -> None:
    server = FaultyServer(tmp_path / "data")
    server.die_at("fsync", "*/penstock.db*", n)
    with pytest.raises(NotStarted):
        server.start()
    server.restart()
    server.client("s3").create_bucket(Bucket="bucket")
    server.kill9()
