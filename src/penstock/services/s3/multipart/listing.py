"""ListParts and ListMultipartUploads.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from dataclasses import dataclass, field

from penstock.arn import Arn
from penstock.delivery import encode_key
from penstock.server import Call, Params, operation
from penstock.services.s3 import limits
from penstock.services.s3.arns import bucket_arn, object_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.multipart.upload import Upload, UploadedPart, has_begun, parts_of, requested_upload
from penstock.services.s3.objects.object import Meta
from penstock.services.s3.owner import canonical_id, owner
from penstock.services.s3.prefixes import common_prefix, end_of
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import ReadTx, queries

Q = queries(__package__)

_BEHIND = "\U0010ffff"  # above every upload id
_STEP = 200


@operation("ListParts", action="s3:ListMultipartUploadParts", resource=object_arn)
async def list_parts(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the page of uploaded parts after PartNumberMarker."""
    most = _page_size(params.get("MaxParts"), "max-parts")
    marker = params.get("PartNumberMarker") or 0
    bucket, upload, parts = await s3.store.read(_read_parts, call, params, marker, most + 1)
    shown = parts[:most]
    answer: Params = {
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "Initiator": _initiator(bucket, upload),
        "Owner": owner(bucket.account),
        "StorageClass": Meta.decode(upload.meta).storage_class,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": most,
        "IsTruncated": len(parts) > most,
        "Parts": [_part(upload, part) for part in shown],
    }
    if upload.explicit:
        answer |= {"ChecksumAlgorithm": upload.algorithm_name, "ChecksumType": upload.checksum_type}
    return answer


def _read_parts(
    tx: ReadTx, call: Call, params: Params, marker: int, most: int
) -> tuple[Bucket, Upload, list[UploadedPart]]:
    bucket, upload = requested_upload(tx, call, params)
    return bucket, upload, list(parts_of(tx, upload.id, marker, most))


def _part(upload: Upload, part: UploadedPart) -> Params:
    shown: Params = {
        "PartNumber": part.number,
        "LastModified": utc(part.modified_ms),
        "ETag": f'"{part.etag}"',
        "Size": part.size,
    }
    if upload.explicit:
        shown[upload.algorithm.member] = part.checksum
    return shown


@operation("ListMultipartUploads", action="s3:ListBucketMultipartUploads", resource=bucket_arn)
async def list_multipart_uploads(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the page of uploads under way after KeyMarker and UploadIdMarker, by key, then by age."""
    page = _UploadPage(
        params.get("Prefix") or "",
        params.get("Delimiter") or "",
        _page_size(params.get("MaxUploads"), "max-uploads"),
    )
    encoding = params.get("EncodingType")
    if encoding not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    encode = encode_key if encoding else str
    bucket = await s3.store.read(_read_uploads, call, params, page)
    answer: Params = {
        "Bucket": bucket.name,
        "KeyMarker": encode(params.get("KeyMarker") or ""),
        "UploadIdMarker": params.get("UploadIdMarker") or "",
        "NextKeyMarker": encode(page.last[0]),
        "NextUploadIdMarker": page.last[1],
        "MaxUploads": page.most,
        "IsTruncated": page.truncated,
        "Uploads": [{"Key": encode(upload.key), **_upload(bucket, upload)} for upload in page.uploads],
        "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.prefixes],
    }
    if page.prefix:
        answer["Prefix"] = encode(page.prefix)
    if page.delimiter:
        answer["Delimiter"] = encode(page.delimiter)
    if encoding:
        answer["EncodingType"] = encoding
    return answer


@dataclass(slots=True)
class _UploadPage:
    """A page in the making; ``last`` is what it ends with, an upload or (with an empty id) a common prefix."""

    prefix: str
    delimiter: str
    most: int
    uploads: list[Upload] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: tuple[str, str] = ("", "")

    def take(self, upload: Upload) -> tuple[str, str] | None:
        """Takes one upload, in order; returns where to read on, or None when the page is full."""
        common = common_prefix(upload.key, self.prefix, self.delimiter)
        if len(self.uploads) + len(self.prefixes) == self.most:
            self.truncated = True
            return None
        if common:
            self.prefixes.append(common)
            self.last = (common, "")
            return (end_of(common), "")
        self.uploads.append(upload)
        self.last = (upload.key, upload.id)
        return self.last


def _read_uploads(tx: ReadTx, call: Call, params: Params, page: _UploadPage) -> Bucket:
    bucket = requested_bucket(tx, call, params)
    _check_upload_marker(tx, bucket, params)
    end = end_of(page.prefix)
    position: tuple[str, str] | None = _first(params, page) if page.most else None
    while position is not None:
        rows = tx.all(Q.find_uploads_after, bucket.id, *position, end, _STEP)
        if not rows:
            return bucket
        for row in rows:
            upload = Upload(*row)
            if (upload.key, upload.id) <= position:
                continue  # under a common prefix that was just taken
            position = page.take(upload)
            if position is None:
                break
    return bucket


def _check_upload_marker(tx: ReadTx, bucket: Bucket, params: Params) -> None:
    """Returns when an upload id beside a key is that of an upload of it, over or not: clients abort what they list."""
    key, marker = params.get("KeyMarker"), params.get("UploadIdMarker")
    if key and marker and not has_begun(tx, bucket, key, marker):
        raise invalid_argument("Invalid uploadId marker", "upload-id-marker", marker)


def _first(params: Params, page: _UploadPage) -> tuple[str, str]:
    """Returns the place that the page starts behind. An upload id counts only beside a key."""
    key, upload_id = params.get("KeyMarker") or "", params.get("UploadIdMarker") or ""
    if not key:
        return (page.prefix, "")
    if common := common_prefix(key, page.prefix, page.delimiter):
        return (end_of(common), "")
    return max((key, upload_id or _BEHIND), (page.prefix, ""))


def _upload(bucket: Bucket, upload: Upload) -> Params:
    shown: Params = {
        "UploadId": upload.id,
        "Initiator": _initiator(bucket, upload),
        "Owner": owner(bucket.account),
        "StorageClass": Meta.decode(upload.meta).storage_class,
        "Initiated": utc(upload.created_ms),
    }
    if upload.explicit:
        shown |= {"ChecksumAlgorithm": upload.algorithm_name, "ChecksumType": upload.checksum_type}
    return shown


def _initiator(bucket: Bucket, upload: Upload) -> dict[str, str]:
    """Returns a role session's ARN, a user's with the name, or the canonical user of a root user's account."""
    if ":assumed-role/" in upload.initiator:
        return {"ID": upload.initiator}
    if not upload.initiator.startswith("arn:"):
        return owner(bucket.account)
    arn = Arn.parse(upload.initiator)
    name = arn.resource.rpartition("/")[2]
    return {"ID": upload.initiator if name != "root" else canonical_id(arn.account), "DisplayName": name}


def _page_size(asked: int | None, name: str) -> int:
    if asked is None:
        return limits.PAGE
    if asked < 0:
        message = f"Argument {name} must be an integer between 0 and 2147483647"
        raise invalid_argument(message, name, asked)
    return min(asked, limits.PAGE)
