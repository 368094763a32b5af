"""A few rounds of the scenarios of ``make attack``: nothing acknowledged is missing, and all is well afterwards."""

from pathlib import Path

import pytest

from tests.attack.clock_steps import clock_steps
from tests.attack.disk import failed_syncs, unreadable_database
from tests.attack.handlers import run_handlers
from tests.attack.kills import random_kills
from tests.attack.outcome import Outcome, table
from tests.attack.power_cuts import power_cuts

SHORT = {random_kills: 1, power_cuts: 1, failed_syncs: 1, unreadable_database: 1, clock_steps: 1}
QUICK = ("calls sys.exit", "segfaults by ctypes", "returns 7 MB", "deletes its own code")

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("scenario", SHORT, ids=lambda scenario: scenario.__name__)
def test_nothing_acknowledged_is_missing_after(scenario: object, tmp_path: Path) -> None:
    outcome = scenario(tmp_path, SHORT[scenario], 1)  # type: ignore[operator, index]
    assert outcome.failures == []
    assert (outcome.rounds, outcome.missing) == (SHORT[scenario], 0)  # type: ignore[index]
    assert outcome.acknowledged > 0


def test_a_bad_handler_hurts_neither_the_next_invocation_nor_the_server(tmp_path: Path) -> None:
    outcome = run_handlers(tmp_path, QUICK)
    assert outcome.failures == []
    assert outcome.rounds == len(QUICK)


def test_the_table_has_a_row_for_each_scenario() -> None:
    found = Outcome("one", rounds=1, acknowledged=1200, restarts_s=[0.5, 2.0, 1.0])
    assert table([found]).splitlines()[-1] == "| one | 1 | 1,200 | 0 | 0 | 1.0, 2.0 |"
