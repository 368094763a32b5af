"""Servers that are killed in place of a named call: what was acknowledged is there, and nothing half done is."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.crash_load import Load
from tests.crash.crash_server import NotStarted
from tests.crash.crash_site import Site
from tests.faults.faulty import FaultyServer
from tests.faults.points import POINTS

_ENOUGH = 20_000  # answers, by which the point must have been reached

pytestmark = [pytest.mark.crash, pytest.mark.embedded]


@pytest.fixture(scope="module")
def lasting_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The resources; they outlive every kill."""
    server = FaultyServer(tmp_path_factory.mktemp("points") / "data")
    server.start()
    site = Site(server)
    site.build()
    yield site
    if server.runs():
        server.kill9()


@pytest.fixture
def server(lasting_site: Site) -> FaultyServer:
    """A server that runs, whatever has become of it in the test before."""
    server = lasting_site.server
    assert isinstance(server, FaultyServer)
    if not server.runs():
        server.restart()
    return server


@pytest.mark.parametrize("point", POINTS)
def test_what_was_acknowledged_survives_a_kill_when(
    lasting_site: Site, server: FaultyServer, point: str
) -> None:
    site = lasting_site
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
