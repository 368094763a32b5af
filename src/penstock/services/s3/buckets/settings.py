"""What was put on a bucket, read from one place: tags, public access block, encryption, ownership."""

from typing import Any

import orjson

from penstock.services.s3.buckets.bucket import Bucket
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def setting(tx: ReadTx, bucket: Bucket, name: str, default: Any) -> Any:
    """Returns what was put as ``name``, or ``default``; do not change it, it is shared."""
    return tx.cached("s3.settings", bucket.id, _load).get(name, default)


def put_setting(tx: Tx, bucket: Bucket, name: str, value: Any) -> None:
    """Stores ``value`` (JSON); None says that the owner deleted the setting."""
    tx.run(Q.put_setting, bucket.id, name, orjson.dumps(value).decode())
    tx.forget("s3.settings", bucket.id)


def drop_settings(tx: Tx, bucket: Bucket) -> None:
    """Forgets every setting of a bucket that goes away."""
    tx.run(Q.delete_settings, bucket.id)
    tx.forget("s3.settings", bucket.id)


def _load(tx: ReadTx, bucket: int) -> dict[str, Any]:
    return {name: orjson.loads(value) for name, value in tx.all(Q.find_settings, bucket)}
