"""A multipart upload under way: its row and the rows of its parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from penstock.clock import Ids
from penstock.server import Call, Params
from penstock.services.s3 import limits
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import invalid_argument, invalid_request, no_such_upload
from penstock.services.s3.files import (
    Files,
    Segment,
    decode_segments,
    encode_segments,
    release_files,
    use_files,
)
from penstock.services.s3.objects.checksums import ALGORITHMS, COMPOSITE, Algorithm, Announced
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
_RANDOM_CHARS = 84
_DROP_STEP = 100


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


def new_upload_id(ids: Ids, now_ms: int) -> str:
    """Returns an id that sorts behind those made before."""
    return f"{now_ms:012x}{ids.text(_RANDOM_CHARS, _ALPHABET)}"


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
    return (UploadedPart(*row) for row in tx.all(Q.find_parts_after, upload, after, most))


def put_part(
    tx: Tx, files: Files, upload: str, *, number: int, etag: str, checksum: str, segments: list[Segment]
) -> None:
    """Stores a part, in place of one with the same number."""
    use_files(tx, segments)
    old = tx.one(Q.find_part, upload, number)
    if old is not None:
        release_files(tx, files, decode_segments(UploadedPart(*old).files))
    size = sum(segment.length for segment in segments)
    tx.run(Q.put_part, upload, number, size, etag, tx.now_ms, checksum, encode_segments(segments))


def drop_upload(tx: Tx, files: Files, upload: Upload) -> None:
    """Forgets an upload and its parts, and lets go of their files."""
    for part in parts_of(tx, upload.id):
        release_files(tx, files, decode_segments(part.files))
    forget_upload(tx, upload)


def forget_upload(tx: Tx, upload: Upload) -> None:
    """Forgets an upload and its parts, whose files now belong to somebody else."""
    tx.run(Q.delete_parts, upload.id)
    tx.run(Q.delete_upload, upload.bucket, upload.key, upload.id)


def drop_uploads(tx: Tx, files: Files, bucket: int) -> None:
    """Forgets every upload of a bucket that goes away."""
    while rows := tx.all(Q.find_uploads, bucket, _DROP_STEP):
        for row in rows:
            drop_upload(tx, files, Upload(*row))
