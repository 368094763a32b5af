"""One server's parts, put together."""

import logging
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
from penstock.delivery import Delivery, Worker
from penstock.delivery import ledger as delivery_ledger
from penstock.errors import StartError
from penstock.identities import Identities
from penstock.server import Page, Request
from penstock.server.authenticate import Authenticator
from penstock.server.control import CONTROL_PREFIX, Control
from penstock.server.gateway import Gateway
from penstock.services.iam import Iam
from penstock.services.lambda_ import Lambda
from penstock.services.logs import Logs
from penstock.services.s3 import S3
from penstock.services.service import Parts, Service
from penstock.services.sqs import Sqs
from penstock.services.sts import Sts
from penstock.store import Bodies, DataLock, Room, SqliteStore, Store
from penstock.supervisor import Supervisor
from penstock.wire import WireResponse

log = logging.getLogger(__name__)

SERVICES: tuple[type[Service], ...] = (
    S3,
    Sqs,
    Lambda,
    Iam,
    Sts,
    Logs,
)
"""In the order of their start and of their end."""

DELIVERY_ROOM = Room("delivery", "penstock.delivery")


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
        rooms = [DELIVERY_ROOM, *(service.room for service in SERVICES if service.room)]
        self.store: Store = SqliteStore(
            self.folder / "penstock.db", rooms, durability=durability, clock=clock, ids=ids
        )
        self.supervisor = Supervisor(clock)
        self.gateway = Gateway(self.store, clock, ids, config.region, self.endpoint)
        self.delivery = Delivery(config.event_version)
        self.store.recorder = self.delivery.record
        self.worker = Worker(self.delivery, self.store, clock, ids)
        identities = Identities()
        parts = Parts(
            config=config,
            clock=clock,
            ids=ids,
            store=self.store,
            bodies=Bodies(self.folder / "bodies", ids, fsync=not config.memory),
            delivery=self.delivery,
            supervisor=self.supervisor,
            identities=identities,
            call=self.gateway,
            endpoint=self.endpoint,
            roots=tuple(self.roots),
        )
        self.services = [service(parts) for service in SERVICES]
        authenticator = Authenticator(identities, self.store, clock)
        self.gateway.serve(self.services, authenticator)
        pages: dict[str, Page] = {}
        for service in self.services:
            self.delivery.add_targets(service.targets())
            pages.update(service.pages())
        self._control = Control(self.health, commands_of(self), pages, authenticator, self.roots[0].account)

    def service(self, name: str) -> Service:
        """Returns the service with this name."""
        return next(service for service in self.services if service.name == name)

    async def handle(self, request: Request) -> WireResponse:
        """Returns the answer of the service that the request is for; ``/_penstock/`` is the server's own."""
        if request.path.startswith(CONTROL_PREFIX):
            return await self._control.handle(request)
        return await self.gateway.handle(request)

    async def start(self) -> None:
        """Returns when everything that a former process left has been taken up."""
        self.gateway.check_models()
        await self.store.read(self.delivery.open)
        for service in self.services:
            await service.start()
        self.worker.start(self.supervisor)
        self.supervisor.keep("ledger: prune", self._prune)
        self.state = "ready"

    async def drain(self) -> None:
        """Stops taking up work and returns when what runs has finished, or has had its time."""
        self.state = "draining"
        for ending in (*(service.drain for service in self.services), self.worker.drain):
            try:
                await ending()
            except Exception:  # whatever fails at its end, the others are to end well
                log.exception("%s", ending.__qualname__)
        await self.supervisor.close()

    async def close(self) -> None:
        """Closes the store and lets the data directory go; a temporary one is removed."""
        await self.supervisor.close()
        await self.store.close()
        self._lock.release()
        if self.config.memory:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def settle(self) -> None:
        """Returns when nothing is due or running any more, and looking at it has started nothing."""
        while True:
            commits = self.store.commits
            await self.worker.settled()
            for service in self.services:
                await service.settled()
            if self.store.commits == commits and not any(service.busy() for service in self.services):
                return

    def health(self) -> dict[str, Any]:
        """Returns what ``GET /_penstock/health`` answers: ``degraded`` when something does not run, and what."""
        problems = self.supervisor.problems()
        for service in self.services:
            problems.update(service.health())
        state = "degraded" if problems and self.state == "ready" else self.state
        return {
            "state": state,
            "version": __version__,
            "backlog": self.delivery.backlog,
            "problems": problems,
        }

    async def _prune(self) -> None:
        await delivery_ledger.keep_pruned(self.store, self.clock, self.config.ledger_days)
