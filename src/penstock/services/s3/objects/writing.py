"""Putting versions of objects, taking them away, changing what is stored with them: the only door to ``s3_object``.

A bucket without versioning has one row a key, replaced in place. With versioning, each write adds a row.
While it is suspended, a write replaces the null version, wherever that stands, and becomes the newest.
"""

from dataclasses import dataclass

from penstock.delivery import ObjectChange
from penstock.services.s3.buckets.bucket import Bucket
from penstock.services.s3.files import Files, release_files
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.encryption import Encryption
from penstock.services.s3.objects.object import NULL, Meta, Object, new_version_id, null_version
from penstock.store import Tx, queries

Q = queries(__package__)


@dataclass(slots=True)
class Draft:
    """A version about to be stored. The body is ``data`` or ``files``, the column's text, already counted.

    ``encryption`` is what ``meta`` says of it, too.
    """

    size: int
    etag: str
    meta: str
    data: bytes | None = None
    files: str | None = None
    encryption: Encryption | None = None


_MARKER = Draft(0, "", "{}")
_EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@dataclass(slots=True)
class Versions:
    """The versions of a bucket's objects, as one transaction changes them for one cause.

    Whatever changes here is emitted here: nobody else can change a version, so no change is forgotten.
    """

    tx: Tx
    files: Files
    bucket: Bucket
    cause: Cause

    def put(self, key: str, draft: Draft, current: Object | None) -> str:
        """Returns the id of the version that ``draft`` became; ``current`` is the newest one before it."""
        version = self._store(key, draft, current)
        self._emit(self.cause.event, key, version, draft.size, draft.etag)
        return version

    def hide(self, key: str, current: Object | None) -> str:
        """Returns the id of the delete marker that now hides the object."""
        version = self._store(key, _MARKER, current)
        self._emit(f"{self.cause.event}:DeleteMarkerCreated", key, version, etag=_EMPTY_MD5)
        return version

    def remove(self, gone: Object) -> None:
        """Takes one version away with its body."""
        self._remove(gone)
        self._emit(f"{self.cause.event}:Delete", gone.key, gone.version)

    def miss(self, key: str) -> None:
        """Removes what is not there: nothing changes, but S3 tells of it when it is one of many."""
        self._emit(f"{self.cause.event}:Delete", key, NULL)

    def announce(self, key: str, version: str, size: int, etag: str) -> None:
        """Tells of a version that is there and of which no event tells; nothing changes."""
        self._emit(self.cause.event, key, version, size, etag)

    def put_meta(self, found: Object, meta: Meta) -> None:
        """Replaces what is stored with a version besides its body."""
        self.tx.run(Q.put_object_meta, meta.encode(), found.bucket, found.key, found.ord)
        self._emit(self.cause.event, found.key, found.version, etag=found.etag)

    def _emit(
        self, event: str, key: str, version: str, size: int | None = None, etag: str | None = None
    ) -> None:
        bucket, cause, tx = self.bucket, self.cause, self.tx
        tx.emit(
            ObjectChange(  # in order: by name it takes three times as long
                event,
                bucket.account,
                bucket.region,
                bucket.name,
                key,
                None if version == NULL else version,
                size,
                etag,
                tx.now_ms,
                cause.requester,
                cause.source_ip,
                cause.request_id,
                cause.host_id,
                cause.trace,
                cause.requester_account,
            )
        )

    def _store(self, key: str, draft: Draft, current: Object | None) -> str:
        before = current.ord if current else 0
        if self.bucket.keeps_versions:
            version = new_version_id(self.tx.ids, self.bucket, before - 1)
            self._insert(key, before - 1, version, draft)
            return version
        if current is None or current.version == NULL:
            old = current
        else:
            old = null_version(self.tx, self.bucket.id, key)
        if old is not None and old is current:
            self._replace(old, draft)
            return NULL
        if old is not None:
            self._remove(old)
        self._insert(key, before - 1, NULL, draft)
        return NULL

    def _insert(self, key: str, order: int, version: str, draft: Draft) -> None:
        tx = self.tx
        tx.run(
            Q.add_object,
            self.bucket.id,
            key,
            order,
            version,
            int(draft is _MARKER),
            draft.size,
            draft.etag,
            tx.now_ms,
            tx.insert(Q.add_inline, draft.data) if draft.data is not None else None,
            draft.files,
            draft.meta,
        )

    def _replace(self, old: Object, draft: Draft) -> None:
        self.files.damage.clear(self.tx, (old.bucket, old.key, old.ord))
        if old.files is not None:
            release_files(self.tx, self.files, old.files)
        self.tx.run(
            Q.put_object,
            int(draft is _MARKER),
            draft.size,
            draft.etag,
            self.tx.now_ms,
            _replace_inline(self.tx, old.inline_id, draft.data),
            draft.files,
            draft.meta,
            old.bucket,
            old.key,
            old.ord,
        )

    def _remove(self, gone: Object) -> None:
        self.files.damage.clear(self.tx, (gone.bucket, gone.key, gone.ord))
        self.tx.run(Q.delete_object, gone.bucket, gone.key, gone.ord)
        if gone.inline_id is not None:
            self.tx.run(Q.delete_inline, gone.inline_id)
        if gone.files is not None:
            release_files(self.tx, self.files, gone.files)


def _replace_inline(tx: Tx, inline_id: int | None, data: bytes | None) -> int | None:
    if data is None:
        if inline_id is not None:
            tx.run(Q.delete_inline, inline_id)
        return None
    if inline_id is None:
        return tx.insert(Q.add_inline, data)
    tx.run(Q.put_inline, data, inline_id)
    return inline_id
