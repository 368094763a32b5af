"""Keeps records: takes them from the calls of a server, a batch at a time, and sweeps out what is old."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

import orjson

from penstock.audit.chain import Record, append, is_kept, prune, take_up
from penstock.audit.limits import APPENDED, MAX_WAITING, RESOURCES
from penstock.audit.marks import Q
from penstock.audit.settings import Settings, parse_settings, settings_document
from penstock.clock import Clock
from penstock.errors import AwsError, StoreUnavailable
from penstock.store import ReadTx, Store, Sweeper, Tx, nothing_expires
from penstock.supervisor import Supervisor

log = logging.getLogger(__name__)

_PAUSE_S = 1.0  # in which records gather for one commit
_DAY_MS = 86_400_000


Teller = Callable[[Tx, Record], None]


class Journal:
    """One server's audit trail. ``settings`` are what they were set to last.

    ``teller`` is who tells of records, in the transaction that keeps them, when the settings want them told.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.settings = Settings()
        self.teller: Teller = _tells_nobody
        self._waiting: deque[Record] = deque()
        self._woken = asyncio.Event()
        self._flushing = asyncio.Lock()
        self._in_doubt = False  # whether the first that wait may have been kept: their write was broken off
        self._lost = 0
        self._untold = 0
        self._sweeper = Sweeper(store, clock, (self._prune,), nothing_expires)

    async def start(self, supervisor: Supervisor) -> None:
        """Reads the settings, makes records of what a former process left, and begins to keep and to sweep."""
        self.settings = await self._store.read(_settings)
        while await self._store.write(take_up, self._append):
            pass
        supervisor.keep("audit: keep", self._run)
        supervisor.keep("audit: sweep", self._sweeper.run)

    def add(self, record: Record) -> None:
        """Takes a record, which is kept within a second or so; what cannot wait any longer is counted and lost."""
        if len(self._waiting) >= MAX_WAITING:
            self._lost += 1
            return
        self._waiting.append(record)
        self._woken.set()

    async def keep(self, records: list[Record]) -> None:
        """Returns when these records are durable; StoreUnavailable."""
        self._waiting.extend(records)
        await self.flush()

    async def flush(self) -> None:
        """Returns when every record taken so far is durable; StoreUnavailable."""
        async with self._flushing:
            while self._waiting:
                batch = self._batch()
                try:
                    await self._store.write(self._append, batch)
                except BaseException:
                    self._waiting.extendleft(reversed(batch))
                    self._in_doubt = True
                    raise
                self._in_doubt = False

    async def catch_up(self) -> None:
        """Returns when every record taken so far can be read, or cannot be written now."""
        try:
            await self.flush()
        except StoreUnavailable:
            log.exception("%d records of the audit trail wait", len(self._waiting))

    async def change(self, settings: Settings) -> None:
        """Returns when other settings hold, also after a restart."""
        await self._store.write(_put_settings, settings)
        self.settings = settings
        self._sweeper.wake()

    async def sweep(self) -> None:
        """Returns when nothing that is too old is left."""
        await self._sweeper.sweep()

    def problems(self) -> dict[str, str]:
        """Returns what is wrong with the trail, for health."""
        found: dict[str, str] = {}
        if self._lost:
            found["audit"] = f"{self._lost} records were lost while nothing could be written"
        if self._untold:
            found["audit: bus"] = f"{self._untold} records were refused by the bus, and not told"
        return found

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            await self._woken.wait()
            await self._clock.elapse(_PAUSE_S)
            await self.catch_up()
            if self._waiting:
                self._woken.set()

    def _batch(self) -> list[Record]:
        batch, resources = list[Record](), 0
        while self._waiting and len(batch) < APPENDED and resources < RESOURCES:
            record = self._waiting.popleft()
            batch.append(record)
            resources += len(record.document["resources"])
        return batch

    def _append(self, tx: Tx, batch: list[Record]) -> None:
        if self._in_doubt:
            batch = [record for record in batch if not is_kept(tx, record.document)]
        append(tx, batch)
        if self.settings.bus:
            for record in batch:
                if not record.document["readOnly"]:
                    self._tell(tx, record)

    def _tell(self, tx: Tx, record: Record) -> None:
        try:
            self.teller(tx, record)
        except AwsError as refused:  # the trail must not wait for a bus
            self._untold += 1
            log.warning("the record %s is not told: %s", record.document["eventID"], refused)

    def _prune(self, tx: Tx) -> bool:
        return prune(tx, tx.now_ms - self.settings.days * _DAY_MS)


def _tells_nobody(tx: Tx, record: Record) -> None:
    """A journal's teller until it gets one."""


def _settings(tx: ReadTx) -> Settings:
    row = tx.one(Q.find_settings)
    return parse_settings(orjson.loads(row[0])) if row else Settings()


def _put_settings(tx: Tx, settings: Settings) -> None:
    tx.run(Q.put_settings, orjson.dumps(settings_document(settings)).decode())
