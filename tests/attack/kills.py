"""Scenarios: SIGKILL at random moments under load, and in place of named calls."""

import asyncio
import random
from pathlib import Path

from tests.attack.book import Book
from tests.attack.outcome import Outcome
from tests.crash.crash_load import Load
from tests.crash.crash_server import KillableServer
from tests.crash.crash_site import Site
from tests.faults.faulty import FaultyServer
from tests.faults.points import POINTS

_ENOUGH = 20_000


def random_kills(folder: Path, rounds: int, seed: int) -> Outcome:
    """Kills a server that writes objects of every kind and messages, at moments drawn from ``seed``."""
    outcome = Outcome("SIGKILL at random under load")
    server = KillableServer(folder / "kills", "--clock", "adjustable")
    lane = _Lane(server, seed)
    lane.begin()
    for _ in range(rounds):
        lane.round(outcome, lane.chance.randint(30, 250))
    server.stop()
    return outcome


def named_points(folder: Path, rounds: int, seed: int) -> Outcome:
    """Kills a server in place of each named call in turn, which may be any of the next."""
    outcome = Outcome("SIGKILL at named points")
    server = FaultyServer(folder / "points", "--clock", "adjustable")
    lane = _Lane(server, seed)
    lane.begin()
    for number in range(rounds):
        operation, pattern, n = list(POINTS.values())[number % len(POINTS)]
        server.die_at(operation, pattern, random.Random(seed + number).randint(1, n))
        lane.round(outcome, _ENOUGH)
    server.kill9()
    return outcome


class _Lane:
    """One server under load, killed again and again."""

    def __init__(self, server: KillableServer, seed: int) -> None:
        self._server = server
        self._site = Site(server)
        self._book = Book(server, seed)
        self.chance = random.Random(seed)

    def begin(self) -> None:
        """Starts the server and makes the resources."""
        self._server.start()
        self._site.build()
        self._book.build()

    def round(self, outcome: Outcome, answers: int) -> None:
        """Loads until the server is dead, at the latest after ``answers``; starts it again and checks everything."""
        before = self._count()
        asyncio.run(self._load(answers))
        self._server.reap()
        if isinstance(self._server, FaultyServer):
            self._server.restore()
        self._server.start()
        outcome.restarts_s.append(self._server.start_s)
        outcome.rounds += 1
        outcome.acknowledged += self._count() - before
        self._check(outcome)

    async def _load(self, answers: int) -> None:
        load = Load(self._server.endpoint, self.chance.randrange(1 << 30), answers, self._server.kill)
        await asyncio.gather(load.run(self._site.groups, self._site.uploaded), self._book.load(_ENOUGH))

    def _check(self, outcome: Outcome) -> None:
        repeats = sum(key.repeats for key in self._site.keys)
        try:
            self._site.check_files()
            asyncio.run(self._site.receive_events())
            asyncio.run(self._site.check_objects())
            asyncio.run(self._site.check_versions(self.chance.randrange(1 << 30)))
            self._site.check_no_worker_survives()
        except AssertionError as failure:  # which of them is in its words
            outcome.missing += 1
            outcome.failures.append(str(failure))
        outcome.duplicates += sum(key.repeats for key in self._site.keys) - repeats
        outcome.add(asyncio.run(self._book.check()))

    def _count(self) -> int:
        return sum(write.acknowledged for key in self._site.keys for write in key.writes)
