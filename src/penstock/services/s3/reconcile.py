"""Compares objects with the ledger, a step at a time, and sends what did not reach everybody.

An object has no event when its row came here by another way than a request: from a copy of the database that is older
than the ledger, or by a defect. Of what is older than the ledger keeps, that there is no event says nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from penstock.delivery.dead import redrive
from penstock.delivery.replay import send_again
from penstock.delivery.telling.coverage import Coverage, Covered, Stored, covered, with_rules
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
_MISSED_COST = 10  # a delivery is more than an event that is read
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
                    "missed": [rule.id for rule in one.covered.missed],
                }
                for one in self.found
                if one.covered.coverage not in well
            ],
            "after": self.after,
        }


class _Rules(StrEnum):
    """Which rules count: those of the moment of each change, or those of today as well."""

    THEN = "then"
    NOW = "now"


class _Asked(NamedTuple):
    """Which objects are looked at in a step, behind which key, and by which rules."""

    bucket: str
    prefix: str
    after: str
    rules: _Rules
    kept_ms: int


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
        """Returns how some objects of ``bucket`` under ``prefix``, behind the key ``after``, are covered.

        By the rules that there were when they changed, or with ``rules`` = ``now`` by those of today as well.
        """
        bucket = _text(args, "bucket")
        return (await self._s3.store.read(_look, self._s3, self._asked(args, bucket))).entry(bucket)

    async def mend(self, args: Args) -> dict[str, Any]:
        """Looks as ``look`` does, and sends: an event to what has none, what is dead, what rules have missed.

        AwsError ``SlowDown``.
        """
        bucket = _text(args, "bucket")
        return (await self._s3.store.write(_mend, self._s3, self._asked(args, bucket))).entry(bucket)

    def _asked(self, args: Args, bucket: str) -> _Asked:
        rules = _text(args, "rules") or _Rules.THEN
        if rules not in list(_Rules):
            raise AwsError("ValidationError", "rules must be then or now.", status=400)
        return _Asked(bucket, _text(args, "prefix"), _text(args, "after"), _Rules(rules), self._kept_ms)


def _bucket_names(tx: ReadTx, after: str) -> list[str]:
    return [name for (name,) in tx.all(Q.find_bucket_names, after, _BUCKETS)]


def _look(tx: ReadTx, s3: S3State, asked: _Asked) -> _Step:
    bucket = _bucket(tx, asked.bucket)
    rules = s3.delivery.rule_set(tx, bucket.name) if asked.rules is _Rules.NOW else None
    page = Page(bucket.id, start(asked.after, asked.prefix, ""), _STEP_KEYS, asked.prefix)
    page.step(tx)
    found: list[_Found] = []
    read = 0
    for row in _objects(page):
        if read >= _STEP_EVENTS:
            return _Step(found, found[-1].row.key)
        stored = Stored(bucket.name, row.key, row.version, row.etag, row.modified_ms)
        what = covered(tx, stored, tx.now_ms - asked.kept_ms)
        found.append(_Found(row, with_rules(tx, what, rules) if rules else what))
        read += what.read + _MISSED_COST * len(found[-1].covered.missed)
    is_end = page.done and not page.truncated
    return _Step(found, None if is_end else page.position.key)


def _mend(tx: Tx, s3: S3State, asked: _Asked) -> _Step:
    step = _look(tx, s3, asked)
    cause = Cause("ObjectCreated:Put", "", "", tx.ids.uuid(), "", None)
    versions = Versions(tx, s3.files, _bucket(tx, asked.bucket), cause)
    for row, found in step.found:
        if found.coverage is Coverage.NO_EVENT:
            versions.announce(row.key, row.version, row.size, row.etag)
        redrive(tx, s3.delivery, found.dead)
        if (event := found.event) is not None:
            for rule in found.missed:
                send_again(tx, s3.delivery, cause.request_id, event.seq, event.change, rule)
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
