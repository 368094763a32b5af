"""A standby: both servers have the pipeline, and the switch leaves nothing behind that the old one can still give."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "standby"))
from standby import (  # type: ignore[import-not-found]
    BUCKET,
    PRIMARY,
    STANDBY,
    active,
    keys,
    set_up,
    switch,
)


@pytest.fixture
def servers() -> Iterator[dict[str, LocalServer]]:
    with LocalServer() as primary, LocalServer() as standby:
        for server in (primary, standby):
            set_up(server.client, PRIMARY)
        yield {PRIMARY: primary, STANDBY: standby}


def clients(servers: dict[str, LocalServer]) -> dict[str, Any]:
    return {name: server.client for name, server in servers.items()}


def test_the_switch_copies_what_the_standby_lacks_and_it_is_processed_there(
    servers: dict[str, LocalServer],
) -> None:
    servers[PRIMARY].client("s3").put_object(Bucket=BUCKET, Key="in/a", Body=b"12345")
    servers[PRIMARY].settle()
    assert switch(clients(servers)) == STANDBY
    servers[STANDBY].settle()
    assert keys(servers[STANDBY].client) == keys(servers[PRIMARY].client) == {"in/a", "out/a"}
    assert active(clients(servers)) == STANDBY
    assert switch(clients(servers)) == PRIMARY


def test_setting_up_again_changes_nothing(servers: dict[str, LocalServer]) -> None:
    set_up(servers[PRIMARY].client, PRIMARY)
    rules = servers[PRIMARY].client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    assert len(rules["LambdaFunctionConfigurations"]) == 1


def test_a_primary_that_is_gone_is_switched_away_from(servers: dict[str, LocalServer]) -> None:
    with LocalServer() as gone:
        set_up(gone.client, PRIMARY)
        dead = gone.client
        ask = {name: dead(name) for name in ("s3", "ssm")}  # clients that know where it was

    def former(name: str) -> Any:
        return ask[name]

    both = {PRIMARY: former, STANDBY: servers[STANDBY].client}
    assert switch(both) == STANDBY
    assert active({STANDBY: servers[STANDBY].client}) == STANDBY
