"""Fills a new table from objects in S3; what cannot be an item is counted and left out.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import NamedTuple

from penstock.errors import AwsError, PenstockError
from penstock.services.dynamodb.items.writes import Guard, Put, checked_image
from penstock.services.dynamodb.tables.copies import find_live
from penstock.services.dynamodb.tables.table import Table, store_settings
from penstock.services.dynamodb.transfers.import_lines import (
    CsvFormat,
    Format,
    JsonFormat,
    Lines,
    Unreadable,
)
from penstock.services.dynamodb.transfers.storage import Storage
from penstock.services.dynamodb.transfers.transfer import Status, Transfer, end_transfer
from penstock.services.dynamodb.values import check_item
from penstock.store import Store, Tx

log = logging.getLogger(__name__)

_STEP = 50
_STEP_BYTES = 256 * 1024
_FREE = Guard(None, shows_old=False)


@dataclass(slots=True)
class _Counts:
    """What has become of the lines."""

    bytes: int = 0
    processed: int = 0
    imported: int = 0
    errors: int = 0

    def shown(self) -> dict[str, int]:
        """Returns AWS's members."""
        return {
            "ProcessedSizeBytes": self.bytes,
            "ProcessedItemCount": self.processed,
            "ImportedItemCount": self.imported,
            "ErrorCount": self.errors,
        }


class _Batch(NamedTuple):
    """Some items of one object, and whether the rest of it cannot be read."""

    puts: list[Put]
    ends: bool


class ImportJob:
    """One import, from its first line to the table that can be used."""

    def __init__(self, store: Store, storage: Storage, transfer: Transfer) -> None:
        self._store = store
        self._storage = storage
        self._transfer = transfer
        self._counts = _Counts()

    async def run(self) -> None:
        """Returns when every object has been read and the table is ready; AwsError of S3."""
        source = self._transfer.request["S3BucketSource"]
        async for key in self._storage.keys(source.get("S3KeyPrefix") or ""):
            await self._import_object(key)
        await self._store.write(self._end)

    async def _import_object(self, key: str) -> None:
        lines = Lines(packed=self._transfer.request.get("InputCompressionType") == "GZIP")
        format = self._format()
        async for chunk in self._storage.read(key):
            batch = await asyncio.to_thread(self._items, format, lines, chunk)
            await self._put(batch.puts)
            if batch.ends:
                return
        await self._put((await asyncio.to_thread(self._items, format, lines, None)).puts)

    def _format(self) -> Format:
        request = self._transfer.request
        if request["InputFormat"] == "CSV":
            definitions = request["TableCreationParameters"]["AttributeDefinitions"]
            types = {found["AttributeName"]: found["AttributeType"] for found in definitions}
            options = (request.get("InputFormatOptions") or {}).get("Csv") or {}
            return CsvFormat(options, types)
        return JsonFormat()

    def _items(self, format: Format, lines: Lines, chunk: bytes | None) -> _Batch:
        """Returns what can be put of the lines that are whole; None ends the object. In a thread."""
        puts: list[Put] = []
        try:
            for line in lines.feed(chunk) if chunk is not None else lines.end():
                self._counts.bytes += len(line) + 1
                self._take(format, line, puts)
        except Unreadable as error:
            log.info("%s: %s", self._transfer.arn, error)
            self._counts.errors += 1
            return _Batch(puts, ends=True)
        return _Batch(puts, ends=False)

    def _take(self, format: Format, line: bytes, puts: list[Put]) -> None:
        try:
            item = format.item(line)
            if item is None:
                return
            self._counts.processed += 1
            puts.append(Put(checked_image(check_item(item)), _FREE))
        except (ValueError, PenstockError) as error:  # the line is no item, or none that can be stored
            log.info("%s: %s", self._transfer.arn, error)
            self._counts.errors += 1

    async def _put(self, puts: list[Put]) -> None:
        step, size = list[Put](), 0
        for put in puts:
            step.append(put)
            size += put.image.bytes
            if len(step) == _STEP or size > _STEP_BYTES:
                await self._put_step(step)
                step, size = [], 0
        if step:
            await self._put_step(step)

    async def _put_step(self, step: list[Put]) -> None:
        imported = await self._store.write(self._write, step)
        self._counts.imported += imported
        self._counts.errors += len(step) - imported
        await asyncio.sleep(0)  # others have their turn

    def _write(self, tx: Tx, step: list[Put]) -> int:
        """Returns how many items could stand in the table."""
        table = self._table(tx)
        return sum(_put_one(tx, table, put) for put in step)

    def _end(self, tx: Tx) -> None:
        table = self._table(tx)
        settings = {name: value for name, value in table.settings.items() if name != "status"}
        store_settings(tx, table, settings)
        end_transfer(tx, self._transfer, Status.COMPLETED, **self._counts.shown())

    def _table(self, tx: Tx) -> Table:
        table = find_live(tx, self._transfer.table_id)
        assert table is not None  # it cannot be deleted before it is ready
        return table


def _put_one(tx: Tx, table: Table, put: Put) -> bool:
    try:
        place = put.place(table)
    except AwsError:
        return False
    put.perform(tx, table, place)
    return True
