"""A server under load whose disk can be made again as a power cut would have left it at any of its calls."""

import asyncio
import copy
import itertools
from collections import Counter
from pathlib import Path

from tests.crash.crash_load import Load
from tests.crash.crash_server import ACCOUNT, LOST, Connection, KillableServer
from tests.crash.crash_site import Site, drain
from tests.faults.faulty import FaultyServer
from tests.faults.journal import Step
from tests.faults.power_cut import Chance, PowerCut

_QUEUE = "cut-sent"
_SENDERS = 2


class RecordedServer(FaultyServer):
    """A server with all that it writes; start it once."""

    @property
    def written(self) -> Path:
        """Returns the file that has every byte."""
        return self.folder.with_suffix(".written")

    def environment(self) -> dict[str, str]:
        """Returns the environment in which the shim keeps the bytes."""
        return {**super().environment(), "FAULTS_DATA": str(self.written)}


class CutSite:
    """One server's life from an empty folder on: objects with rules to a queue and a function, and messages."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.server = RecordedServer(folder / "data", *flags)
        self._site = Site(self.server)
        self._sent: dict[str, str] = {}
        self._serial = itertools.count()

    def begin(self) -> None:
        """Starts the server and makes the resources."""
        self.server.start()
        self._site.build()
        self.server.client("sqs").create_queue(QueueName=_QUEUE)

    def load(self, acknowledgements: int, seed: int) -> list[Step]:
        """Returns what the server did to its disk and answered until it was killed, or ended by itself."""
        asyncio.run(self._load(Load(self.server.endpoint, seed, acknowledgements, self.server.kill)))
        self.server.reap()
        return self.server.steps()

    def cut(self, steps: list[Step], chance: Chance, folder: Path) -> KillableServer:
        """Returns a server, not started yet, on the disk as the power cut left it after ``steps``: a new ``folder``."""
        disk = PowerCut(self.server.folder, self.server.written, chance)
        disk.follow(steps)
        disk.write_to(folder)
        return KillableServer(folder)

    def check(self, server: KillableServer, steps: list[Step]) -> int:
        """Returns how many writes were acknowledged within ``steps``; AssertionError when not all are on ``server``."""
        answered = {step.other for step in steps if step.what == "send"}
        return self._check_objects(server, answered) + asyncio.run(self._check_messages(server, answered))

    async def _load(self, load: Load) -> None:
        await asyncio.gather(
            load.run(self._site.groups, self._site.uploaded), *(self._send() for _ in range(_SENDERS))
        )

    async def _send(self) -> None:
        try:
            async with Connection(self.server.endpoint) as connection:
                while True:
                    name = f"message {next(self._serial)}"
                    self._sent[name] = ""
                    answer = await connection.ask_sqs("SendMessage", QueueUrl=_url(_QUEUE), MessageBody=name)
                    assert answer.status == 200, answer
                    self._sent[name] = answer.headers["x-amzn-requestid"]
        except LOST:
            return

    def _check_objects(self, server: KillableServer, answered: set[str]) -> int:
        site = copy.deepcopy(self._site, {id(self.server): server})
        writes = [write for key in site.keys for write in key.writes]
        for write in writes:
            write.acknowledged &= write.request in answered
            write.version = write.version if write.acknowledged else None
        site.check_files()
        asyncio.run(site.receive_events())
        asyncio.run(site.check_objects())
        asyncio.run(site.check_versions(0))
        return sum(write.acknowledged for write in writes)

    async def _check_messages(self, server: KillableServer, answered: set[str]) -> int:
        acknowledged = {name for name, request in self._sent.items() if request and request in answered}
        async with Connection(server.endpoint) as connection:
            found = Counter(await drain(connection, _QUEUE))
        assert acknowledged - found.keys() == set(), "acknowledged messages are missing"
        assert found.keys() - self._sent.keys() == set(), "messages came that nobody sent"
        assert [name for name, times in found.items() if times > 1] == []
        return len(acknowledged)


def _url(queue: str) -> str:
    return f"http://sqs/{ACCOUNT}/{queue}"
