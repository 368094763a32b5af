"""One server's parts, put together."""

import asyncio
import logging
import re
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from penstock import __version__
from penstock.app import quarantine
from penstock.app.accounts import root_credentials
from penstock.app.backup import Backups
from penstock.app.backup_folder import name_of
from penstock.app.commands import commands_of
from penstock.app.key_file import sealing_key
from penstock.app.lag import LoopLag
from penstock.app.privacy import tighten
from penstock.app.runtime_listener import runtime_alone
from penstock.app.tail import Tail
from penstock.app.telemetry.exporter import Exporter
from penstock.app.telemetry.metrics import MetricsPage
from penstock.app.time_file import TimeFile
from penstock.app.tls import open_tls
from penstock.clock import Clock, Ids, Kept
from penstock.config import Config
from penstock.delivery import Carrier, Delivery, TraceKey, pruning
from penstock.errors import StartError
from penstock.identities import Identities
from penstock.measurements import Measurements
from penstock.sealed import KEY_BYTES, Sealer
from penstock.server import Page, Request
from penstock.server.authenticate import Authenticator
from penstock.server.control import CONTROL_PREFIX, Control
from penstock.server.gateway import Gateway
from penstock.services.service import Parts, Service, found
from penstock.services.source import SourceKind
from penstock.store import DataLock, Disk, FileBodies, Room, Store, database_of, open_store
from penstock.supervisor import Supervisor
from penstock.wire import WireResponse

log = logging.getLogger(__name__)

_SITE = re.compile(r"([^.]+)\.([^.]+)\.[a-z]{2}(?:-[a-z]+)+-\d\.")

SERVICES = found(
    "s3",
    "sqs",
    "sns",
    "lambda_",
    "events",
    "scheduler",
    "pipes",
    "schemas",
    "dynamodb",
    "dynamodb.streams",
    "secretsmanager",
    "ssm",
    "kms",
    "iam",
    "sts",
    "logs",
    "cloudwatch",
)
"""In the order of their start and of their end."""

DELIVERY_ROOM = Room("delivery", "penstock.delivery")


class App:
    """Everything behind the sockets.

    ``endpoint`` is the base URL that functions use to come back, ``runtime`` the host and port where their processes
    find the Runtime API, which they can only speak without TLS.
    """

    def __init__(
        self,
        config: Config,
        endpoint: str,
        runtime: str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.ids = ids or Ids()
        self.endpoint = endpoint
        self.runtime = runtime
        self.state = "starting"
        try:
            self.roots = root_credentials(config.accounts, config.data_dir(), self.ids)
            self.folder = Path(tempfile.mkdtemp(prefix="penstock-")) if config.memory else config.data_dir()
            self.config = replace(config, data=self.folder)
            self._lock = DataLock(self.folder)
            try:
                self._open()
            except BaseException:
                self._lock.release()
                raise
        except OSError as error:
            raise StartError(
                f"cannot use the data directory {config.data_dir()}: {error.strerror}"
            ) from error

    def _open(self) -> None:
        tighten(self.folder)
        self._time = TimeFile(self.folder)
        if kept := self._time.load():
            self.clock.restore(kept)
        self._sealer = self._open_sealer()
        self._set_bodies_apart()
        self.tls = open_tls(self.config, self.folder, self.clock, self.ids)
        self._compose()

    def _set_bodies_apart(self) -> None:
        places = [place for service in SERVICES for place in service.bodies]
        database = database_of(self.folder, self.config.store)
        quarantine.set_apart(self.folder, database, places, name_of(self.clock.now_ms()))
        self._quarantine = quarantine.problems(self.folder)

    def _open_sealer(self) -> Sealer:
        if self.config.memory:
            return Sealer(self.ids.bytes(KEY_BYTES), self.ids)
        path = self.config.key_file or self.folder / "key"
        return Sealer(sealing_key(path, self.folder, self.ids), self.ids)

    def _compose(self) -> None:
        config, clock, ids = self.config, self.clock, self.ids
        self.store = self._open_store()
        self.supervisor = Supervisor(clock)
        self.measurements = Measurements(clock)
        self.lag = LoopLag(clock, self._done)
        trace_key = TraceKey(self._sealer.derived_key("trace headers"))
        self.disk = Disk(self.folder, config.disk_floor << 20)
        self.gateway = Gateway(
            self.store, self.disk, clock, ids, config.region, self.endpoint, trace_key.read
        )
        identities = Identities()
        self.delivery = Delivery(self.lag.is_late)
        self.store.recorder = self.delivery.record
        self.tail = Tail(self.store, clock)
        self.store.on_commit = self.tail.ring
        self.carrier = Carrier(self.delivery, identities, self.store, clock, ids)
        sources: dict[str, SourceKind] = {}
        parts = Parts(
            config=config,
            clock=clock,
            ids=ids,
            store=self.store,
            bodies=FileBodies(self.folder / "bodies", ids, fsync=not config.memory, disk=self.disk),
            delivery=self.delivery,
            trace_key=trace_key,
            supervisor=self.supervisor,
            identities=identities,
            measurements=self.measurements,
            call=self.gateway,
            endpoint=self.endpoint,
            runtime=self.runtime,
            ca_bundle=self.tls.bundle if self.tls else None,
            roots=tuple(self.roots),
            sources=sources,
        )
        self.services = [service(parts) for service in SERVICES]
        authenticator = Authenticator(identities, self.store, clock)
        self.gateway.serve(self.services, authenticator)
        metrics = MetricsPage(self)
        self._sites: dict[str, str] = {}
        pages: dict[str, Page] = {"metrics": metrics.answer}
        self.exporter = self._exporter(metrics)
        self._backups = Backups(self)
        commands = {**commands_of(self), **self._backups.commands()}
        for service in self.services:
            self.delivery.add_targets(service.targets())
            pages.update(service.pages())
            commands.update(service.commands())
            self._sites.update(service.sites())
            sources.update(service.sources())
        self._control = Control(self.health, commands, pages, authenticator, self.roots[0].account)
        self.handle_runtime = runtime_alone(self._control.handle)

    def _open_store(self) -> Store:
        config = self.config
        return open_store(
            config.store,
            self.folder,
            [DELIVERY_ROOM, *(service.room for service in SERVICES if service.room)],
            durability="off" if config.memory else config.durability,
            clock=self.clock,
            ids=self.ids,
            sealer=self._sealer,
        )

    def _exporter(self, metrics: MetricsPage) -> Exporter | None:
        endpoint = self.config.otlp_endpoint
        return Exporter(endpoint, self.clock, self.store, metrics.metrics) if endpoint else None

    def service(self, name: str) -> Service:
        """Returns the service with this name."""
        return next(service for service in self.services if service.name == name)

    def handle(self, request: Request) -> Awaitable[WireResponse]:
        """Returns the answer of the service that the request is for; ``/_penstock/`` is the server's own."""
        if request.path.startswith(CONTROL_PREFIX):
            return self._control.handle(request)
        host = request.headers.get("host", "")
        for label, page in self._sites.items():
            if label in host and (site := _SITE.match(host)) and site[2] == label:
                return self._control.show(request, page, site[1].lower() + request.path)
        return self.gateway.handle(request)

    async def start(self) -> None:
        """Returns when everything that a former process left has been taken up."""
        await self.store.write(self.delivery.open)
        for service in self.services:
            await service.start()
        self.carrier.start(self.supervisor)
        self.disk.look()
        self.supervisor.keep("disk: watch", partial(self.disk.watch, self.clock))
        self.supervisor.keep("ledger: prune", self._prune)
        self.supervisor.keep("loop: lag", self.lag.run)
        self.supervisor.keep("clock: keep", self._keep_time)
        if self.exporter:
            self.supervisor.keep("otlp: export", self.exporter.run)
        self.state = "ready"

    async def drain(self) -> None:
        """Stops taking up work and returns when what runs has finished, or has had its time."""
        self.state = "draining"
        self.tail.close()
        self._backups.end()
        for service in self.services:
            await self.supervisor.spawn(f"{service.name}: drain", service.drain())
        await self.supervisor.spawn("delivery: drain", self.carrier.drain())
        await self.supervisor.close()

    async def close(self) -> None:
        """Closes the store and lets the data directory go; a temporary one is removed."""
        await self.supervisor.close()
        try:
            await asyncio.to_thread(self._save_time, self.clock.kept())
        except OSError:  # what was saved some seconds ago has to do
            log.exception("the server's time could not be kept")
        await self.store.close()
        self._lock.release()
        if self.config.memory:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def settle(self) -> None:
        """Returns when nothing is due or running any more, and looking at it has started nothing."""
        while True:
            commits = self.store.commits
            await self.carrier.settled()
            for service in self.services:
                await service.settled()
            if self.store.commits == commits and not any(service.busy() for service in self.services):
                return

    async def move_time(self, seconds: float) -> None:
        """Moves the server's time forward; it is on disk before anything is stamped with it."""
        await asyncio.to_thread(self._save_time, self.clock.kept(seconds))
        self.clock.advance(seconds)

    def health(self) -> dict[str, Any]:
        """Returns what ``GET /_penstock/health`` answers: ``degraded`` when something does not run, and what."""
        problems = self.supervisor.problems() | self.delivery.lanes.problems() | self.lag.problems()
        if behind_ms := self.clock.behind_ms():
            problems["clock"] = (
                f"the machine's clock was set back and is {behind_ms / 1000:.3f} s behind the server's time, "
                "which runs at half speed until they meet"
            )
        problems.update(self._quarantine)
        problems.update(self.store.problems())
        problems.update(self.disk.problems())
        problems.update(self.measurements.problems())
        if self.tls:
            problems.update(self.tls.problems())
        if self.exporter:
            problems.update(self.exporter.problems())
        about: dict[str, str] = {}
        for service in self.services:
            problems.update(service.health())
            about.update(service.about())
        state = "degraded" if problems and self.state == "ready" else self.state
        return {
            "state": state,
            "version": __version__,
            "backlog": self.delivery.lanes.backlog,
            "loop": self.lag.recent()._asdict(),
            "dead": self.delivery.dead,
            "problems": problems,
            **about,
        }

    def _done(self) -> int:
        return self.gateway.requests.total() + self.store.commits

    async def _keep_time(self) -> None:
        await self.clock.keep(self._save_time)

    def _save_time(self, kept: Kept) -> None:
        if not self.config.memory:
            self._time.save(kept)

    async def _prune(self) -> None:
        await pruning.keep_pruned(
            self.store, self.delivery, self.clock, self.config.ledger_days, self.config.dead_days
        )
