"""Putting versions of objects and taking them away: the only code that changes ``s3_object``.

A bucket without versioning has one row a key, replaced in place. With versioning, each write adds a row.
While it is suspended, a write replaces the null version, wherever that stands, and becomes the newest.
"""

from dataclasses import dataclass

from penstock.services.s3.buckets.bucket import Bucket
from penstock.services.s3.files import Files, decode_segments, release_files
from penstock.services.s3.objects.object import NULL, Object, new_version_id, null_version
from penstock.store import Tx, queries

Q = queries(__package__)


@dataclass(slots=True)
class Draft:
    """A version about to be stored. The body is ``data`` or ``files``, the column's text, already counted."""

    size: int
    etag: str
    meta: str
    data: bytes | None = None
    files: str | None = None
    delete_marker: bool = False


def put_version(tx: Tx, files: Files, bucket: Bucket, key: str, draft: Draft, current: Object | None) -> str:
    """Returns the id of the version that ``draft`` became; ``current`` is the newest one before it."""
    if bucket.versioning == "Enabled":
        order = current.ord - 1 if current else -1
        version = new_version_id(tx.ids, order)
        _insert(tx, bucket.id, key, order, version, draft)
        return version
    if current is None or current.version == NULL:
        old = current
    else:
        old = null_version(tx, bucket.id, key)
    if old is None:
        _insert(tx, bucket.id, key, current.ord - 1 if current else -1, NULL, draft)
    elif old is current:
        _replace(tx, files, old, draft)
    else:
        assert current is not None
        remove_version(tx, files, old)
        _insert(tx, bucket.id, key, current.ord - 1, NULL, draft)
    return NULL


def remove_version(tx: Tx, files: Files, gone: Object) -> None:
    """Takes one version away with its body."""
    tx.run(Q.object_delete, gone.bucket, gone.key, gone.ord)
    if gone.inline_id is not None:
        tx.run(Q.inline_delete, gone.inline_id)
    if gone.files is not None:
        release_files(tx, files, decode_segments(gone.files))


def _insert(tx: Tx, bucket: int, key: str, order: int, version: str, draft: Draft) -> None:
    inline_id = tx.insert(Q.inline_insert, draft.data) if draft.data is not None else None
    tx.run(
        Q.object_insert,
        bucket,
        key,
        order,
        version,
        int(draft.delete_marker),
        draft.size,
        draft.etag,
        tx.now_ms,
        inline_id,
        draft.files,
        draft.meta,
    )


def _replace(tx: Tx, files: Files, old: Object, draft: Draft) -> None:
    if old.files is not None:
        release_files(tx, files, decode_segments(old.files))
    tx.run(
        Q.object_replace,
        int(draft.delete_marker),
        draft.size,
        draft.etag,
        tx.now_ms,
        _replace_inline(tx, old.inline_id, draft.data),
        draft.files,
        draft.meta,
        old.bucket,
        old.key,
        old.ord,
    )


def _replace_inline(tx: Tx, inline_id: int | None, data: bytes | None) -> int | None:
    if data is None:
        if inline_id is not None:
            tx.run(Q.inline_delete, inline_id)
        return None
    if inline_id is None:
        return tx.insert(Q.inline_insert, data)
    tx.run(Q.inline_replace, data, inline_id)
    return inline_id
