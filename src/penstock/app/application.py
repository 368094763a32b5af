"""One server's parts, put together."""

import asyncio
import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock import __version__
from penstock.app.accounts import root_credentials
from penstock.app.commands import commands_of
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.delivery import Delivery, LeasedTarget, StoredTarget, Worker
from penstock.delivery import ledger as delivery_ledger
from penstock.errors import StartError
from penstock.server import Parts, Service
from penstock.server.asgi import AsgiApp
from penstock.server.authenticate import Authenticator
from penstock.server.control import Control
from penstock.server.gateway import Gateway
from penstock.services.iam import Iam
from penstock.services.lambda_ import Lambda
from penstock.services.logs import Logs
from penstock.services.s3 import S3
from penstock.services.sqs import Sqs
from penstock.services.sts import Sts
from penstock.store import Bodies, DataLock, Room, SqliteStore

DELIVERY_ROOM = Room("delivery", "penstock.delivery")

_DAY_MS = 86_400_000
_PRUNE_EVERY_S = 3600


class App:
    """Everything behind the socket. ``endpoint`` is the base URL that functions use to come back."""

    def __init__(
        self, config: Config, endpoint: str, *, clock: Clock | None = None, ids: Ids | None = None
    ) -> None:
        self.clock = clock or Clock()
        self.ids = ids or Ids()
        self.endpoint = endpoint
        self.state = "starting"
        try:
            self.roots = root_credentials(config.accounts, config.data_dir(), self.ids)
            self.folder = Path(tempfile.mkdtemp(prefix="penstock-")) if config.memory else config.data_dir()
            self.config = replace(config, data=self.folder)
            self._lock = DataLock(self.folder)
            self._compose()
        except OSError as error:
            raise StartError(
                f"cannot use the data directory {config.data_dir()}: {error.strerror}"
            ) from error

    def _compose(self) -> None:
        config, clock, ids = self.config, self.clock, self.ids
        durability = "off" if config.memory else config.durability
        rooms = [DELIVERY_ROOM, S3.room, Sqs.room, Lambda.room, Iam.room, Logs.room]
        self.store = SqliteStore(
            self.folder / "penstock.db", rooms, durability=durability, clock=clock, ids=ids
        )
        bodies = Bodies(self.folder / "bodies", ids, fsync=not config.memory)
        self.gateway = Gateway(self.store, clock, ids, config.region, self.endpoint)
        parts = Parts(config, clock, ids, self.store, bodies, self.gateway, self.endpoint)
        stored: dict[str, StoredTarget] = {}
        leased: dict[str, LeasedTarget] = {}
        self.delivery = Delivery(stored, leased, config.event_version)
        self.store.recorder = self.delivery.record
        self.worker = Worker(self.delivery, self.store, clock, ids)
        self.iam = Iam(parts, self.roots)
        self.sqs = Sqs(parts)
        self.s3 = S3(parts, self.delivery)
        self.lambda_ = Lambda(parts, self.delivery)
        self.logs = Logs(parts)
        stored["sqs"] = self.sqs.target
        leased["lambda"] = self.lambda_.target
        services: list[Service] = [
            self.s3,
            self.sqs,
            self.lambda_,
            self.iam,
            Sts(parts, self.iam),
            self.logs,
        ]
        authenticator = Authenticator(self.iam, self.store, clock)
        self.gateway.serve(services, authenticator)
        control = Control(self.health, commands_of(self), self.lambda_, authenticator, self.roots[0].account)
        self.asgi = AsgiApp(self.gateway.handle, control.handle)

    async def start(self) -> None:
        """Returns when everything that a former process left has been taken up."""
        self.gateway.check_models()
        await self.store.read(self.delivery.open)
        await self.s3.start()
        await self.sqs.start()
        await self.logs.start()
        await self.lambda_.start()
        self.worker.start()
        self._pruning = asyncio.create_task(self._prune())
        self.state = "ready"

    async def drain(self) -> None:
        """Stops taking up work and returns when what runs has finished, or has had its time."""
        self.state = "draining"
        self._pruning.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pruning
        await self.sqs.close()
        await self.lambda_.close()
        await self.logs.close()
        await self.worker.close()
        await self.s3.close()

    async def close(self) -> None:
        """Closes the store and lets the data directory go; a temporary one is removed."""
        await self.store.close()
        self._lock.release()
        if self.config.memory:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def settle(self) -> None:
        """Returns when nothing is due or running any more, and looking at it has started nothing."""
        while True:
            commits = self.store.commits
            await self.worker.settled()
            await self.lambda_.settled()
            if self.store.commits == commits and not self.lambda_.busy():
                return

    def health(self) -> dict[str, Any]:
        """Returns what ``GET /_penstock/health`` answers."""
        return {"state": self.state, "version": __version__, "backlog": self.delivery.backlog}

    async def _prune(self) -> None:
        while True:
            before_ms = self.clock.now_ms() - self.config.ledger_days * _DAY_MS
            while await self.store.write(delivery_ledger.prune, before_ms):
                pass
            await self.clock.sleep(_PRUNE_EVERY_S)
