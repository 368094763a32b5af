"""Runs every scenario, several at once, and prints the table: ``python -m tests.attack --kills 1000``.

Ends with status 1 when anything was missing, or was not as it should be otherwise.
"""

import argparse
import sys
import tempfile
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.attack.bad_handlers import HANDLERS
from tests.attack.clock_steps import STEPS_S, clock_steps
from tests.attack.disk import STAGES, SYNCS, failed_syncs, full_disk, unreadable_database
from tests.attack.handlers import bad_handlers
from tests.attack.kills import named_points, random_kills
from tests.attack.outcome import Outcome, table
from tests.attack.power_cuts import power_cuts
from tests.faults.points import POINTS

Scenario = Callable[[Path, int, int], Outcome]

_KILLS_IN_ONE = 25  # the check of a round walks through all versions written before
_POWER_CUTS = 24


@dataclass(frozen=True)
class Job:
    """Some rounds of a scenario on a server of their own."""

    scenario: Scenario
    rounds: int
    seed: int


def jobs(kills: int, rounds: int) -> list[Job]:
    """Returns ``kills`` random kills, and of everything else ``rounds`` times what there is of it."""
    shares = [min(_KILLS_IN_ONE, kills - first) for first in range(0, kills, _KILLS_IN_ONE)]
    found = [Job(random_kills, share, 1000 + number) for number, share in enumerate(shares)]
    for seed in range(rounds):
        found += [
            Job(named_points, len(POINTS), seed),
            Job(power_cuts, _POWER_CUTS, seed),
            Job(failed_syncs, len(SYNCS), seed),
            Job(full_disk, len(STAGES), seed),
            Job(unreadable_database, 2, seed),
            Job(clock_steps, 2 * len(STEPS_S), seed),
            Job(bad_handlers, len(HANDLERS), seed),
        ]
    return found


def run(job: Job) -> Outcome:
    """Returns what the job found; what ends it early is among the failures."""
    with tempfile.TemporaryDirectory(prefix="penstock-attack-", ignore_cleanup_errors=True) as folder:
        try:
            return job.scenario(Path(folder), job.rounds, job.seed)
        except Exception:  # noqa: BLE001 - a scenario that ends early must not take the others' figures with it
            name = f"{job.scenario.__name__}, seed {job.seed}, ended early"
            return Outcome(name, failures=[traceback.format_exc()])


def main() -> int:
    """Prints the table, then whatever was not as it should be; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="random kills")
    parser.add_argument("--rounds", type=int, default=10, help="how often each other scenario is run through")
    parser.add_argument("--servers", type=int, default=2, help="servers at a time")
    chosen = parser.parse_args()
    found: dict[str, Outcome] = {}
    work = jobs(chosen.kills, chosen.rounds)
    with ProcessPoolExecutor(chosen.servers) as pool:
        running = [pool.submit(run, job) for job in work]
        for number, done in enumerate(as_completed(running), 1):
            outcome = done.result()
            found.setdefault(outcome.scenario, Outcome(outcome.scenario)).add(outcome)
            print(f"{number} of {len(work)}: {outcome.scenario}", file=sys.stderr)
    print(table(list(found.values())))
    failures = [
        f"{outcome.scenario}: {failure}" for outcome in found.values() for failure in outcome.failures
    ]
    print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
