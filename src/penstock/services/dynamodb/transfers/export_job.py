"""Writes the files of an export: data by some megabytes, then the manifests that name them.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import asyncio
import gzip
import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.services.dynamodb.tables.copies import end_copy
from penstock.services.dynamodb.tables.schema import BEGINNING
from penstock.services.dynamodb.transfers.export_lines import some_lines
from penstock.services.dynamodb.transfers.storage import Storage
from penstock.services.dynamodb.transfers.transfer import Status, Transfer, end_transfer
from penstock.store import Store, Tx

_FILE_BYTES = 16 * 1024 * 1024  # of lines, before they are compressed


@dataclass(slots=True)
class _Written:
    """What has been written: the files, how many items, and how large those are."""

    files: list[dict[str, Any]] = field(default_factory=list)
    items: int = 0
    bytes: int = 0


class ExportJob:
    """One export, from its first file to its last row."""

    def __init__(self, store: Store, storage: Storage, transfer: Transfer) -> None:
        self._store = store
        self._storage = storage
        self._transfer = transfer
        self._written = _Written()
        prefix = transfer.document["shown"].get("S3Prefix")
        self._folder = f"{prefix}/AWSDynamoDB/{transfer.label}" if prefix else f"AWSDynamoDB/{transfer.label}"

    async def run(self) -> None:
        """Returns when every file is there and the export is called complete; AwsError of S3."""
        await self._storage.put(f"{self._folder}/_started", b"")
        await self._write_data()
        manifest = b"".join(orjson.dumps(file) + b"\n" for file in self._written.files)
        await self._put_with_checksum("manifest-files.json", manifest)
        summary = orjson.dumps(self._summary(await self._store.read(lambda tx: tx.now_ms)))
        await self._put_with_checksum("manifest-summary.json", summary)
        await self._store.write(self._end)

    async def _write_data(self) -> None:
        lines, size, item_bytes = list[bytes](), 0, 0
        found = await self._store.read(some_lines, self._transfer, BEGINNING)
        while True:
            made = await asyncio.to_thread(_made, found.make)
            lines += made
            size += sum(map(len, made))
            item_bytes += found.bytes
            if size > _FILE_BYTES or found.cursor is None:
                await self._write_file(lines, item_bytes)
                lines, size, item_bytes = [], 0, 0
            if found.cursor is None:
                return
            found = await self._store.read(some_lines, self._transfer, found.cursor)

    async def _write_file(self, lines: list[bytes], item_bytes: int) -> None:
        data = await asyncio.to_thread(gzip.compress, b"".join(lines), mtime=0)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        name = hashlib.blake2b(digest + str(len(self._written.files)).encode(), digest_size=13).hexdigest()
        key = f"{self._folder}/data/{name}.json.gz"
        etag = await self._storage.put(key, data)
        self._written.files.append(
            {
                "itemCount": len(lines),
                "md5Checksum": b64encode(digest).decode(),
                "etag": etag,
                "dataFileS3Key": key,
            }
        )
        self._written.items += len(lines)
        self._written.bytes += item_bytes

    async def _put_with_checksum(self, name: str, data: bytes) -> None:
        await self._storage.put(f"{self._folder}/{name}", data)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        checksum = f"{self._folder}/{name.removesuffix('.json')}.checksum"
        await self._storage.put(checksum, b64encode(digest))

    def _summary(self, now_ms: int) -> dict[str, Any]:
        shown = self._transfer.document["shown"]
        window = shown.get("IncrementalExportSpecification")
        summary = {
            "version": "2023-08-01" if window else "2020-06-30",
            "exportArn": self._transfer.arn,
            "startTime": _text(shown["StartTime"]),
            "endTime": _text(now_ms),
            "tableArn": shown["TableArn"],
            "tableId": shown["TableId"],
        }
        if window:
            summary["exportFromTime"] = _text(window["ExportFromTime"])
            summary["exportToTime"] = _text(window["ExportToTime"])
        else:
            summary["exportTime"] = _text(shown["ExportTime"])
        summary |= {
            "s3Bucket": shown["S3Bucket"],
            "s3Prefix": shown.get("S3Prefix"),
            "s3SseAlgorithm": "AES256",
            "s3SseKmsKeyId": None,
            "manifestFilesS3Key": f"{self._folder}/manifest-files.json",
            "billedSizeBytes": self._written.bytes,
            "itemCount": self._written.items,
            "outputFormat": "DYNAMODB_JSON",
        }
        if window:
            summary |= {"outputView": window["ExportViewType"], "exportType": "INCREMENTAL_EXPORT"}
        return summary

    def _end(self, tx: Tx) -> None:
        end_copy(tx, self._transfer.copy_id, self._transfer.table_id)
        counts = {"ItemCount": self._written.items, "BilledSizeBytes": self._written.bytes}
        end_transfer(tx, self._transfer, Status.COMPLETED, **counts)


def _made(make: list[Callable[[], bytes]]) -> list[bytes]:
    return [line() for line in make]


def _text(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
