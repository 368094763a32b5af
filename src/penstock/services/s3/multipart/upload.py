"""A multipart upload under way: its row and the rows of its parts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from penstock.clock import Ids
from penstock.server import Call, Params
from penstock.services.s3 import limits
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import invalid_argument, invalid_request, no_such_upload
from penstock.services.s3.files import (
    Files,
    Segment,
    encode_segments,
    release_files,
    use_files,
)
from penstock.services.s3.objects.checksums import ALGORITHMS, COMPOSITE, Algorithm, Announced
from penstock.services.s3.seal import ALPHABET, SEAL_CHARS, seal
from penstock.store import ReadTx, Row, Sweeper, Tx, queries

Q = queries(__package__)

_ALPHABET = f"{ALPHABET}._"
_RANDOM_CHARS = 71
_NOBODY = 0  # no bucket has this id: an upload that is over lies there until its parts have been taken away
_DROP_STEP = 300  # parts in one transaction; bounds how long the event loop is held


@dataclass(frozen=True, slots=True)
class Upload:
    """One row of ``s3_upload``. ``explicit``: the client chose the checksum algorithm; else it is S3's default."""

    bucket: int
    key: str
    id: str
    created_ms: int
    initiator: str
    algorithm_name: str
    checksum_type: str
    explicit: int
    meta: str

    @property
    def algorithm(self) -> Algorithm:
        """Returns the algorithm of the object's checksum."""
        return ALGORITHMS[self.algorithm_name]

    def check_checksum(self, sent: Announced) -> None:
        """Returns when a part may come with the checksum that was ``sent``.

        When the client chose no algorithm for the upload, any will do for a part. When it chose one, parts have
        that; only a full-object checksum can be made of parts that came without.
        """
        if not self.explicit or (sent.given and sent.algorithm is self.algorithm):
            return
        if not sent.given and self.checksum_type != COMPOSITE:
            return
        actual = sent.algorithm.name.lower() if sent.given else "null"
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {self.algorithm_name.lower()}, "
            f"actual checksum Type: {actual}"
        )


class UploadedPart(NamedTuple):
    """One row of ``s3_part``; ``etag`` is an MD5 in hexadecimal, ``checksum`` Base64 of the upload's algorithm."""

    number: int
    size: int
    etag: str
    modified_ms: int
    checksum: str
    files: str


def new_upload_id(ids: Ids, bucket: Bucket, key: str, now_ms: int) -> str:
    """Returns an id that sorts behind those made before; it ends with the seal of the key."""
    text = f"{now_ms:012x}{ids.text(_RANDOM_CHARS, _ALPHABET)}"
    return text + seal(*bucket.identity, key, text)


def has_begun(tx: ReadTx, bucket: Bucket, key: str, id: str) -> bool:
    """Returns whether ``id`` is that of an upload of ``key``, whether it is still under way or not."""
    text = id[:-SEAL_CHARS]
    return id == text + seal(*bucket.identity, key, text) or bool(tx.one(Q.find_upload, bucket.id, key, id))


def requested_upload(tx: ReadTx, call: Call, params: Params) -> tuple[Bucket, Upload]:
    """Returns the bucket and the upload that ``params`` name; AwsError ``NoSuchUpload``."""
    bucket = requested_bucket(tx, call, params)
    row = tx.one(Q.find_upload, bucket.id, params["Key"], params["UploadId"])
    if row is None:
        raise no_such_upload(params["UploadId"])
    return bucket, Upload(*row)


def check_number(params: Params) -> None:
    """Returns when PartNumber is between 1 and 10,000; AwsError ``InvalidArgument``."""
    number = params["PartNumber"]
    if not 1 <= number <= limits.PART_NUMBER_MAX:
        message = f"Part number must be an integer between 1 and {limits.PART_NUMBER_MAX}, inclusive"
        raise invalid_argument(message, "partNumber", number)


def parts_of(
    tx: ReadTx, upload: str, after: int = 0, most: int = limits.PART_NUMBER_MAX
) -> Iterator[UploadedPart]:
    """Yields the parts with numbers above ``after``, in order."""
    return (UploadedPart(*row) for row in part_rows(tx, upload, after, most))


def part_rows(tx: ReadTx, upload: str, after: int = 0, most: int = limits.PART_NUMBER_MAX) -> list[Row]:
    """Returns the rows of ``parts_of``."""
    return tx.all(Q.find_parts_after, upload, after, most)


def put_part(
    tx: Tx, files: Files, upload: str, *, number: int, etag: str, checksum: str, segments: list[Segment]
) -> None:
    """Stores a part, in place of one with the same number."""
    use_files(tx, segments)
    old = tx.one(Q.find_part, upload, number)
    if old is not None:
        release_files(tx, files, UploadedPart(*old).files)
    size = sum(segment.length for segment in segments)
    tx.run(Q.put_part, upload, number, size, etag, tx.now_ms, checksum, encode_segments(segments))


def drop_upload(tx: Tx, sweeper: Sweeper, upload: Upload, kept: Iterable[int] = ()) -> None:
    """Ends an upload: nobody finds it any more. The files of the parts ``kept`` (numbers) belong to somebody else now.

    Its parts, and the other parts' files, are taken away by ``empty_upload``: there may be ten thousand.
    """
    kept_text = orjson.dumps(list(kept)).decode()
    tx.run(Q.put_upload_dropped, _NOBODY, kept_text, upload.bucket, upload.key, upload.id)
    tx.after_commit(sweeper.wake)


def drop_uploads(tx: Tx, sweeper: Sweeper, bucket: int) -> None:
    """Ends every upload of a bucket that goes away."""
    tx.run(Q.put_uploads_dropped, _NOBODY, bucket)
    tx.after_commit(sweeper.wake)


def empty_upload(tx: Tx, files: Files) -> bool:
    """Takes away some parts of an upload that is over; returns whether there may be more."""
    row = tx.one(Q.find_uploads, _NOBODY, 1)
    if row is None:
        return False
    upload = Upload(*row)
    kept = frozenset(orjson.loads(upload.meta))
    parts = list(parts_of(tx, upload.id, 0, _DROP_STEP))
    for part in parts:
        if part.number not in kept:
            release_files(tx, files, part.files)
        tx.run(Q.delete_part, upload.id, part.number)
    if not parts:
        tx.run(Q.delete_upload, _NOBODY, upload.key, upload.id)
    return True
