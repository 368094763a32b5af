"""Settings: where they come from, and what is refused and how."""

from pathlib import Path

import pytest

from penstock.config import SETTINGS, Config
from penstock.errors import StartError
from penstock.testing import LocalServer


def test_a_flag_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {"PENSTOCK_PORT": "5", "PENSTOCK_REGION": "eu-west-1", "HOME": "/"}
    found = Config.load({"port": 6, "region": None}, environ)
    assert (found.port, found.region, found.ledger_days) == (6, "eu-west-1", 14)


def test_the_defaults_of_the_table_are_those_that_are_used() -> None:
    assert {s.name: s.default for s in SETTINGS} == {s.name: getattr(Config(), s.name) for s in SETTINGS}


@pytest.mark.parametrize(
    ("flags", "variables", "complaint"),
    [
        ({"port": 70_000}, {}, "port is 70000; it must be from 0 to 65535"),
        ({"region": ""}, {}, "--region is empty"),
        ({"region": "us east"}, {}, "region is 'us east'"),
        ({"function_workers": 0}, {}, "function_workers is 0; it must be from 1"),
        ({"memory": True, "data": Path("x")}, {}, "--memory and --data exclude each other"),
        ({}, {"PENSTOCK_MEMORY": "1", "PENSTOCK_DATA": "x"}, "PENSTOCK_MEMORY and PENSTOCK_DATA exclude"),
        ({}, {"PENSTOCK_PORT": "many"}, "PENSTOCK_PORT is 'many'; it must be a whole number"),
        ({}, {"PENSTOCK_PORT": "²"}, "whole number"),
        ({}, {"PENSTOCK_PORT": ""}, "PENSTOCK_PORT is empty"),
        ({}, {"PENSTOCK_MEMORY": "flase"}, "PENSTOCK_MEMORY is 'flase'; it must be on or off"),
        ({}, {"PENSTOCK_PRT": "1"}, "there is no setting PENSTOCK_PRT; did you mean PENSTOCK_PORT?"),
        ({}, {"PENSTOCK_": "1"}, "there is no setting PENSTOCK_"),
    ],
)
def test_what_cannot_be_used_is_refused_by_the_name_it_was_given_by(
    flags: dict[str, object], variables: dict[str, str], complaint: str
) -> None:
    with pytest.raises(StartError, match=complaint.replace("?", r"\?")):
        Config.load(flags, variables)


def test_a_folder_in_the_environment_does_not_keep_the_flag_from_choosing_memory_nor_the_other_way_round() -> (
    None
):
    assert Config.load({"memory": True}, {"PENSTOCK_DATA": "x"}).memory
    assert not Config.load({"data": "x"}, {"PENSTOCK_MEMORY": "on"}).memory


def test_a_server_in_a_test_refuses_what_the_command_refuses() -> None:
    with pytest.raises(StartError, match="clock is 'nonsense'; it must be one of system, adjustable"):
        LocalServer(clock_kind="nonsense")


@pytest.mark.parametrize(
    "endpoint",
    ["localhost:4318", "ftp://x", "http://", "http://me:secret@x", "http://x:99999", "http://[x", "h\x00"],
)
def test_a_collector_that_is_no_url_is_refused_and_its_password_not_shown(endpoint: str) -> None:
    with pytest.raises(StartError, match="otlp_endpoint must be") as refused:
        Config(otlp_endpoint=endpoint)
    assert "secret" not in str(refused.value)
