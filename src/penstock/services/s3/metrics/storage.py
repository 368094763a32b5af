"""What CloudWatch is told of each bucket once a day: how many objects it holds, and how many bytes.

All versions count, delete markers, and the parts of uploads that go on. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

import asyncio
from collections import Counter
from typing import NamedTuple

import orjson

from penstock.measurements import Measurements, Series
from penstock.store import ReadTx, Row, Store, queries

Q = queries(__package__)

DAY_MS = 86_400_000

_BUCKETS = 50
_VERSIONS = 1000  # in one step: about two milliseconds
_BEFORE_ALL = -(1 << 62)
_NAMESPACE = "AWS/S3"
_STANDARD = "STANDARD"
_TYPES = {
    _STANDARD: "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
}


class _Bucket(NamedTuple):
    id: int
    name: str
    account: str
    region: str


class _Held(NamedTuple):
    """Objects, and bytes by storage type."""

    objects: int
    bytes: Counter[str]


async def tell_of_storage(store: Store, measurements: Measurements) -> None:
    """Returns when each bucket has been counted, in steps between which others have their turn."""
    after = 0
    while buckets := await store.read(_some_buckets, after):
        for bucket in buckets:
            await _tell_of(store, measurements, bucket)
            await asyncio.sleep(0)
        after = buckets[-1].id


async def _tell_of(store: Store, measurements: Measurements, bucket: _Bucket) -> None:
    versions, parts = await _versions(store, bucket.id), await _parts(store, bucket.id)
    if not versions.objects + parts.objects:
        return
    place = (bucket.account, bucket.region, _NAMESPACE)
    name = ("BucketName", bucket.name)
    count = Series(*place, "NumberOfObjects", (name, ("StorageType", "AllStorageTypes")), "Count")
    measurements.sample(count, versions.objects + parts.objects)
    for kind, size in (versions.bytes + parts.bytes).items():
        series = Series(*place, "BucketSizeBytes", (name, ("StorageType", kind)), "Bytes")
        measurements.sample(series, size)


async def _versions(store: Store, bucket: int) -> _Held:
    objects, sizes = 0, Counter[str]()
    key, ord = "", _BEFORE_ALL
    while rows := await store.read(_some_versions, bucket, key, ord):
        objects += len(rows)
        for _, _, size, headers in rows:
            sizes[_storage_type(headers)] += size
        key, ord = rows[-1][:2]
        await asyncio.sleep(0)
    return _Held(objects, sizes)


async def _parts(store: Store, bucket: int) -> _Held:
    count, sizes = 0, Counter[str]()
    key, upload = "", ""
    while row := await store.read(_next_upload, bucket, key, upload):
        key, upload, parts, size, headers = row
        count += parts
        sizes[_storage_type(headers)] += size
        await asyncio.sleep(0)
    return _Held(count, sizes)


def _some_buckets(tx: ReadTx, after: int) -> list[_Bucket]:
    return [_Bucket(*row) for row in tx.all(Q.find_buckets_behind, after, _BUCKETS)]


def _some_versions(tx: ReadTx, bucket: int, key: str, ord: int) -> list[Row]:
    return tx.all(Q.find_versions_behind, bucket, key, ord, _VERSIONS)


def _next_upload(tx: ReadTx, bucket: int, key: str, upload: str) -> Row | None:
    row = tx.one(Q.find_upload_behind, bucket, key, upload)
    if row is None:
        return None
    key, upload, meta = row
    parts, size = tx.one(Q.count_parts, upload) or (0, 0)
    return key, upload, parts, size, meta


def _storage_type(meta: str | None) -> str:
    """Returns what CloudWatch calls the storage class; ``meta`` is None when it is the usual one."""
    found = orjson.loads(meta).get("headers", {}) if meta else {}
    return _TYPES.get(found.get("StorageClass", _STANDARD), _TYPES[_STANDARD])
