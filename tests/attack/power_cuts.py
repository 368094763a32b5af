"""Scenario: the power fails at any moment, and the disk has what was synced, and of the rest anything."""

import random
import shutil
from pathlib import Path

from tests.attack.outcome import Outcome
from tests.crash.crash_server import NotStarted
from tests.faults.cut_site import CutSite
from tests.faults.journal import Step
from tests.faults.power_cut import Chance

_CUTS_OF_A_LIFE = 8
_ANSWERS = (100, 3000)


def power_cuts(folder: Path, rounds: int, seed: int) -> Outcome:
    """Records servers under load, every third with a checkpoint whose sync fails, and cuts each at several moments."""
    outcome = Outcome("power cuts")
    chance = random.Random(seed)
    for life, first in enumerate(range(0, rounds, _CUTS_OF_A_LIFE)):
        place = folder / f"life{life}"
        place.mkdir()
        site = CutSite(place)
        site.begin()
        begun = len(site.server.steps())
        if life % 3 == 2:
            site.server.fail_fsync_once("*/penstock.db")
        steps = site.load(chance.randint(*_ANSWERS), chance.randrange(1 << 30))
        for number in range(min(_CUTS_OF_A_LIFE, rounds - first)):
            cut = steps[: chance.randint(begun, len(steps))]
            _check(site, cut, chance.randrange(1 << 30), place / f"cut{number}", outcome)
        shutil.rmtree(place)
    return outcome


def _check(site: CutSite, steps: list[Step], seed: int, folder: Path, outcome: Outcome) -> None:
    outcome.rounds += 1
    server = site.cut(steps, Chance(seed), folder)
    try:
        server.start()
        outcome.restarts_s.append(server.start_s)
        outcome.acknowledged += site.check(server, steps)
    except (AssertionError, NotStarted) as failure:  # which of them is in its words
        outcome.missing += 1
        outcome.failures.append(f"after {len(steps)} calls, seed {seed}: {failure}")
    finally:
        if server.runs():
            server.kill()
            server.reap()
    shutil.rmtree(folder)
