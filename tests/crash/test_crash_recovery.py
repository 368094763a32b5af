"""A 200 means durable: servers are killed at random moments under load, and whatever they acknowledged is there.

Twenty rounds on one data directory. The moment of each kill is drawn from the round's number: so many acknowledged
answers, and up to eight milliseconds more. ``pytest tests/crash -k round_07`` repeats one.
"""

import asyncio
import random
from collections.abc import Iterator

import pytest

from tests.crash.crash_load import Load
from tests.crash.crash_server import KillableServer, NotStarted
from tests.crash.crash_site import Site

ROUNDS = [(number, random.Random(number).randint(100, 450)) for number in range(1, 21)]

pytestmark = pytest.mark.crash


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The resources on a server that runs; they outlive every kill."""
    site = Site(KillableServer(tmp_path_factory.mktemp("crash") / "data"))
    site.server.start()
    site.build()
    yield site
    site.server.stop()


@pytest.mark.parametrize(
    "number, acknowledgements",
    ROUNDS,
    ids=[f"round_{number:02}_killed_after_{count}_answers" for number, count in ROUNDS],
)
def test_what_was_acknowledged_survives_a_kill(site: Site, number: int, acknowledgements: int) -> None:
    load = Load(site.server.endpoint, number, acknowledgements, site.server.kill)
    asyncio.run(load.run(site.groups, site.uploaded))
    site.server.reap()
    site.server.start()
    site.check_files()
    asyncio.run(site.receive_events())
    asyncio.run(site.check_objects())
    asyncio.run(site.check_versions(number))
    site.check_no_worker_survives()


def test_a_stop_in_good_order_exits_0_and_loses_nothing(site: Site) -> None:
    assert site.server.stop() == 0
    site.server.start()
    site.check_files()
    asyncio.run(site.receive_events())
    asyncio.run(site.check_objects())


def test_a_second_server_on_the_same_data_is_refused(site: Site) -> None:
    with pytest.raises(NotStarted, match="in use by another Penstock"):
        KillableServer(site.server.folder).start()
