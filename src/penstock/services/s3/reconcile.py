"""Compares objects with the ledger, a step at a time, and sends what did not reach everybody.

An object has no event when its row came here by another way than a request: from a copy of the database that is older
than the ledger, or by a defect. Of what is older than the ledger keeps, that there is no event says nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from penstock.delivery.dead import redrive
from penstock.delivery.telling.coverage import Coverage, Covered, Stored, covered
from penstock.errors import AwsError
from penstock.services.s3.buckets.bucket import Bucket, find_bucket
from penstock.services.s3.errors import no_such_bucket
from penstock.services.s3.listing.keyspace import ObjectRow, Page, start
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.writing import Versions
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

Args = Mapping[str, Any]

_STEP_KEYS = 100
_STEP_EVENTS = 1000
_BUCKETS = 1000
_DAY_MS = 86_400_000


class _Found(NamedTuple):
    """One object and what the ledger says of it."""

    row: ObjectRow
    covered: Covered


class _Step(NamedTuple):
    """What one step has looked at; ``after`` is the key behind which to go on, None at the end."""

    found: list[_Found]
    after: str | None

    def entry(self, bucket: str) -> dict[str, Any]:
        """Returns it as people read it: how many there are of each kind, and those that are not well."""
        well = (Coverage.COMPLETE, Coverage.TOO_OLD)
        return {
            "counts": Counter(str(one.covered.coverage) for one in self.found),
            "entries": [
                {
                    "bucket": bucket,
                    "key": one.row.key,
                    "version_id": one.row.version,
                    "coverage": one.covered.coverage,
                    "dead": list(one.covered.dead),
                }
                for one in self.found
                if one.covered.coverage not in well
            ],
            "after": self.after,
        }


class Reconciler:
    """Looks, and mends: for who may ask the server itself."""

    def __init__(self, s3: S3State, ledger_days: int) -> None:
        self._s3 = s3
        self._kept_ms = ledger_days * _DAY_MS

    async def buckets(self, args: Args) -> dict[str, Any]:
        """Returns the names of some buckets of all accounts, behind ``after``."""
        rows = await self._s3.store.read(_bucket_names, _text(args, "after"))
        return {"buckets": rows, "after": rows[-1] if len(rows) == _BUCKETS else None}

    async def look(self, args: Args) -> dict[str, Any]:
        """Returns how some objects of ``bucket`` under ``prefix``, behind the key ``after``, are covered."""
        bucket = _text(args, "bucket")
        place = (bucket, _text(args, "prefix"), _text(args, "after"))
        return (await self._s3.store.read(_look, *place, self._kept_ms)).entry(bucket)

    async def mend(self, args: Args) -> dict[str, Any]:
        """Looks as ``look`` does, makes events for what has none and redrives what is dead. AwsError ``SlowDown``."""
        bucket = _text(args, "bucket")
        place = (bucket, _text(args, "prefix"), _text(args, "after"))
        return (await self._s3.store.write(_mend, self._s3, *place, self._kept_ms)).entry(bucket)


def _bucket_names(tx: ReadTx, after: str) -> list[str]:
    return [name for (name,) in tx.all(Q.find_bucket_names, after, _BUCKETS)]


def _look(tx: ReadTx, name: str, prefix: str, after: str, kept_ms: int) -> _Step:
    bucket = _bucket(tx, name)
    page = Page(bucket.id, start(after, prefix, ""), _STEP_KEYS, prefix)
    page.step(tx)
    found: list[_Found] = []
    read = 0
    for row in _objects(page):
        if read >= _STEP_EVENTS:
            return _Step(found, found[-1].row.key)
        stored = Stored(name, row.key, row.version, row.etag, row.modified_ms)
        found.append(_Found(row, covered(tx, stored, tx.now_ms - kept_ms)))
        read += found[-1].covered.read
    is_end = page.done and not page.truncated
    return _Step(found, None if is_end else page.position.key)


def _mend(tx: Tx, s3: S3State, name: str, prefix: str, after: str, kept_ms: int) -> _Step:
    step = _look(tx, name, prefix, after, kept_ms)
    cause = Cause("ObjectCreated:Put", "", "", tx.ids.uuid(), "", None)
    versions = Versions(tx, s3.files, _bucket(tx, name), cause)
    for row, found in step.found:
        if found.coverage is Coverage.NO_EVENT:
            versions.announce(row.key, row.version, row.size, row.etag)
        redrive(tx, s3.delivery, found.dead)
    return step


def _objects(page: Page) -> Iterator[ObjectRow]:
    return (entry for entry in page.entries if isinstance(entry, ObjectRow))


def _bucket(tx: ReadTx, name: str) -> Bucket:
    bucket = find_bucket(tx, name)
    if bucket is None:
        raise no_such_bucket(name)
    return bucket


def _text(args: Args, name: str) -> str:
    value = args.get(name, "")
    if not isinstance(value, str) or len(value) > 2048:
        raise AwsError("ValidationError", f"{name} must be a text.", status=400)
    return value
