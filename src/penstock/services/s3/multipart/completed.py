"""What completing an upload answered, kept for a client that lost the answer and asks again.

S3 answers a repeated CompleteMultipartUpload as it did the first one, conditions included:
https://github.com/minio/minio/issues/13318 and https://github.com/adobe/S3Mock/issues/2586 show it. For how long it
does so is not documented; here it is a day.
"""

import hashlib

import orjson

from penstock.server import Params
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_KEPT_MS = 24 * 3600 * 1000
_PRUNED = 10  # with each new one, so that the old ones go faster than they come


def remember(tx: Tx, bucket: int, params: Params, listed: list[Params], answer: Params) -> None:
    """Keeps ``answer`` for calls that name the same upload and list the same parts."""
    tx.run(Q.delete_old_completed, tx.now_ms - _KEPT_MS, _PRUNED)
    tx.run(
        Q.add_completed,
        bucket,
        params["Key"],
        params["UploadId"],
        tx.now_ms,
        _digest(listed),
        orjson.dumps(answer).decode(),
    )


def recall(tx: ReadTx, bucket: int, params: Params, listed: list[Params]) -> Params | None:
    """Returns what this call was answered before; None when it is new, or too long ago."""
    oldest_ms = tx.now_ms - _KEPT_MS
    row = tx.one(Q.find_completed, bucket, params["Key"], params["UploadId"], oldest_ms)
    return orjson.loads(row[1]) if row and row[0] == _digest(listed) else None


def forget(tx: Tx, bucket: int) -> None:
    """Forgets the answers of a bucket that goes away."""
    tx.run(Q.delete_completed, bucket)


def _digest(listed: list[Params]) -> str:
    return hashlib.sha256(orjson.dumps(listed, option=orjson.OPT_SORT_KEYS)).hexdigest()
