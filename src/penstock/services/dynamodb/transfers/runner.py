"""Runs the transfers: each a task of its own, a few at a time.

One that a process left undone is begun anew by the next when root wanted it. What another wanted has failed: who that
was is not known any more.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from penstock.access import Principal
from penstock.clock import Clock
from penstock.errors import AwsError, PenstockError, StoreUnavailable
from penstock.server import Caller
from penstock.services.dynamodb.state import Transfers
from penstock.services.dynamodb.tables.copies import end_copy, find_live
from penstock.services.dynamodb.tables.table import forget_table
from penstock.services.dynamodb.transfers.storage import Storage
from penstock.services.dynamodb.transfers.transfer import (
    Status,
    Transfer,
    TransferKind,
    end_transfer,
    get_transfer,
)
from penstock.store import ReadTx, Store, Sweeper, Tx, queries
from penstock.supervisor import Supervisor

if TYPE_CHECKING:
    from penstock.services.dynamodb.transfers.export_job import ExportJob
    from penstock.services.dynamodb.transfers.import_job import ImportJob

log = logging.getLogger(__name__)
Q = queries(__package__)

_TOGETHER = 4
_PAUSE_S = 5.0
_CODES = {"NoSuchBucket": "S3NoSuchBucket", "NoSuchKey": "S3NoSuchKey", "AccessDenied": "S3AccessDenied"}


class Runner(Transfers):
    """Every transfer of the server."""

    def __init__(
        self, store: Store, call: Caller, supervisor: Supervisor, clock: Clock, sweeper: Sweeper
    ) -> None:
        self._store = store
        self._clock = clock
        self._call = call
        self._supervisor = supervisor
        self._sweeper = sweeper
        self._places = asyncio.Semaphore(_TOGETHER)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, transfer_id: int, principal: Principal) -> None:
        """Begins a transfer as its principal."""
        task = self._supervisor.spawn(f"dynamodb: transfer {transfer_id}", self._run(transfer_id, principal))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def resume(self) -> None:
        """Returns when what a former process left undone has begun anew, or has failed."""
        for transfer in await self._store.read(_running):
            root = Principal.root(transfer.table[0])
            if transfer.document["principal"] == root.arn:
                self.begin(transfer.id, root)
            else:
                text = "The server was started anew meanwhile, and knows no more what who asked for it may do"
                await self._fail(transfer, "InternalServerError", text)

    async def settled(self) -> None:
        """Returns when no transfer is under way."""
        while tasks := list(self._tasks):
            await asyncio.wait(tasks)

    async def _run(self, transfer_id: int, principal: Principal) -> None:
        async with self._places:
            transfer = await self._store.read(get_transfer, transfer_id)
            while not await self._tried(transfer, principal):
                await self._clock.elapse(_PAUSE_S)
            self._sweeper.wake()

    async def _tried(self, transfer: Transfer, principal: Principal) -> bool:
        """Returns whether the transfer is over; it begins anew when the database could not do it."""
        try:
            await self._job(transfer, principal).run()
        except AwsError as error:
            await self._fail(transfer, _CODES.get(error.code, error.code), error.message)
        except StoreUnavailable:
            log.exception("%s begins anew", transfer.arn)
            return False
        except PenstockError as error:
            await self._fail(transfer, "InternalServerError", str(error))
        return True

    def _job(self, transfer: Transfer, principal: Principal) -> "ExportJob | ImportJob":
        from penstock.services.dynamodb.transfers.export_job import ExportJob
        from penstock.services.dynamodb.transfers.import_job import ImportJob

        request = transfer.request
        source = request if transfer.kind is TransferKind.EXPORT else request["S3BucketSource"]
        bucket, owner = source["S3Bucket"], source.get("S3BucketOwner")
        storage = Storage(self._call, principal, transfer.table[1], bucket, owner)
        if transfer.kind is TransferKind.EXPORT:
            return ExportJob(self._store, storage, transfer)
        return ImportJob(self._store, storage, transfer)

    async def _fail(self, transfer: Transfer, code: str, message: str) -> None:
        log.warning("%s has failed: %s: %s", transfer.arn, code, message)
        await self._store.write(_failed, transfer, code, message)
        self._sweeper.wake()


def _running(tx: ReadTx) -> list[Transfer]:
    return [get_transfer(tx, id) for (id,) in tx.all(Q.find_running)]


def _failed(tx: Tx, transfer: Transfer, code: str, message: str) -> None:
    """Writes down that a transfer has failed; of an import, nothing is left."""
    end_transfer(tx, transfer, Status.FAILED, FailureCode=code, FailureMessage=message)
    if transfer.kind is TransferKind.EXPORT:
        end_copy(tx, transfer.copy_id, transfer.table_id)
    elif find_live(tx, transfer.table_id) is not None:
        tx.run(Q.put_dropped, transfer.table_id)
        forget_table(tx, transfer.table)
