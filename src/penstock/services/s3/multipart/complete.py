"""CompleteMultipartUpload: the parts' files become the object's, in one transaction, without copying.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

import asyncio
import hashlib
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

from penstock.delivery import Delivery
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3 import limits
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import (
    bad_checksum,
    bad_part_checksum,
    entity_too_large,
    entity_too_small,
    invalid_part,
    invalid_part_order,
    invalid_request,
    malformed_xml,
)
from penstock.services.s3.files import join_files
from penstock.services.s3.multipart import completed
from penstock.services.s3.multipart.upload import (
    Upload,
    UploadedPart,
    drop_upload,
    part_rows,
    requested_upload,
)
from penstock.services.s3.objects.authorize import write_keys
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.checksums import COMPOSITE, Checksum, composite, full_object
from penstock.services.s3.objects.conditions import UNCONDITIONAL, write_conditions
from penstock.services.s3.objects.encrypting import open_key
from penstock.services.s3.objects.encryption import Kind
from penstock.services.s3.objects.object import Meta, Part, current_object
from penstock.services.s3.objects.put import Write, put_draft
from penstock.services.s3.objects.writing import Draft
from penstock.services.s3.state import S3State
from penstock.store import Row, Tx

_FEW = 500  # parts; what more of them make is worked out in a thread


@operation(
    "CompleteMultipartUpload",
    action="s3:PutObject",
    resource=object_arn,
    context=write_keys,
    max_body=limits.DOCUMENT_BYTES,
)
async def complete_multipart_upload(s3: S3State, call: Call, params: Params) -> Params:
    """Makes the listed parts the key's newest version. Asked again, it does nothing and answers the same."""
    listed = (params.get("MultipartUpload") or {}).get("Parts") or []
    cause = Cause.of(call, "ObjectCreated:CompleteMultipartUpload")
    write = Write(call, params, write_conditions(params), cause)
    made = await _make_ahead(s3, write, listed) if len(listed) > _FEW else None
    answer = await s3.store.write(_complete, s3, write, listed, made)
    return {
        "Location": f"{call.endpoint}/{params['Bucket']}/{quote(params['Key'])}",
        "Bucket": params["Bucket"],
        "Key": params["Key"],
        **answer,
    }


class _Made(NamedTuple):
    """What an upload's parts make: of those ``uploaded`` the caller listed ``kept``."""

    uploaded: list[Row]
    kept: list[int]
    draft: Draft
    checksum: Checksum


async def _make_ahead(s3: S3State, write: Write, listed: list[Params]) -> _Made | None:
    """Returns what many parts make, worked out beside the loop; None when the transaction is to say what is wrong."""
    try:
        _check_listed(listed)
        upload = (await s3.store.read(requested_upload, write.call, write.params))[1]
        rows: list[Row] = []
        while step := await s3.store.read(part_rows, upload.id, rows[-1][0] if rows else 0, _FEW):
            rows += step
        return await asyncio.to_thread(_make, write.params, upload, rows, listed)
    except AwsError:
        return None


def _complete(tx: Tx, s3: S3State, write: Write, listed: list[Params], made: _Made | None) -> Params:
    bucket = requested_bucket(tx, write.call, write.params)
    if (answer := completed.recall(tx, bucket.id, write.params, listed)) is not None:
        return answer
    _, upload = requested_upload(tx, write.call, write.params)
    _check_listed(listed)
    if write.conditions is not UNCONDITIONAL:
        _check_conditions(tx, s3.delivery, bucket, write, upload)
    rows = part_rows(tx, upload.id)
    if made is None or made.uploaded != rows:  # a part that came meanwhile counts
        made = _make(write.params, upload, rows, listed)
    if made.draft.encryption and made.draft.encryption.kind is Kind.KMS:
        open_key(tx, s3.keys, write.call, bucket, made.draft.encryption)  # who completes must be able to read
    written = put_draft(tx, s3.files, write, bucket, made.draft)
    drop_upload(tx, s3.sweeper, upload, made.kept)
    answer = {
        **written.members(),
        **made.checksum.members(),
        **written.version_member(),
    }
    completed.remember(tx, bucket.id, write.params, listed, answer)
    return answer


def _check_listed(listed: list[Params]) -> None:
    if not listed:
        raise invalid_request("You must specify at least one part")
    if any("PartNumber" not in part or "ETag" not in part for part in listed):
        raise malformed_xml()


def _check_conditions(tx: Tx, delivery: Delivery, bucket: Bucket, write: Write, upload: Upload) -> None:
    """Returns when the conditions hold and the key has not been written or deleted since the upload began."""
    current = current_object(tx, bucket.id, upload.key)
    write.conditions.check(upload.key, current)
    changed_ms = current.modified_ms if current else delivery.changed_ms(tx, bucket.name, upload.key)
    write.conditions.check_since(upload.created_ms, upload.key, changed_ms)


def _make(params: Params, upload: Upload, rows: list[Row], listed: list[Params]) -> _Made:
    uploaded = {part.number: part for part in map(UploadedPart._make, rows)}
    parts = _chosen_parts(upload, uploaded, listed)
    return _Made(rows, [part.number for part in parts], *_draft(params, upload, parts))


def _draft(params: Params, upload: Upload, parts: list[UploadedPart]) -> tuple[Draft, Checksum]:
    """Returns the version that ``parts`` make, and its checksum."""
    size = sum(part.size for part in parts)
    meta = Meta.decode(upload.meta)
    meta.checksum = _checksum(upload, parts)
    meta.parts = [Part(part.number, part.size, part.checksum) for part in parts]
    _check_announced(params, upload, meta.checksum, size)
    files = join_files(part.files for part in parts)
    draft = Draft(size, _etag(parts), meta.encode(), files=files, encryption=meta.encryption)
    return draft, meta.checksum


def _chosen_parts(
    upload: Upload, uploaded: dict[int, UploadedPart], listed: list[Params]
) -> list[UploadedPart]:
    """Returns the parts that the caller lists, taken out of ``uploaded``; AwsError when they differ from it."""
    if any(first["PartNumber"] >= second["PartNumber"] for first, second in pairwise(listed)):
        raise invalid_part_order(upload.id)
    parts = []
    for item in listed:
        number, etag = item["PartNumber"], item["ETag"].strip('"')
        part = uploaded.pop(number, None)
        if part is None or part.etag != etag:
            raise invalid_part(upload.id, number, etag)
        _check_part_checksum(upload, part, item)
        parts.append(part)
    for part in parts[:-1]:
        if part.size < limits.PART_BYTES_MIN:
            raise entity_too_small(part.size, limits.PART_BYTES_MIN, part.number, part.etag)
    return parts


def _check_part_checksum(upload: Upload, part: UploadedPart, item: Params) -> None:
    given = item.get(upload.algorithm.member)
    others = [name for name in item if name.startswith("Checksum")]
    if others and not upload.explicit:
        raise invalid_part(upload.id, part.number, part.etag)
    if given is None:
        if others:
            raise bad_part_checksum(others[0].removeprefix("Checksum").lower(), part.number)
        if upload.explicit and upload.checksum_type == COMPOSITE:
            raise invalid_request(
                f"The upload was created using a {upload.algorithm_name.lower()} checksum. The complete request must "
                f"include the checksum for each part. It was missing for part {part.number} in the request."
            )
    elif given != part.checksum:
        raise invalid_part(upload.id, part.number, part.etag)


def _checksum(upload: Upload, parts: list[UploadedPart]) -> Checksum:
    if upload.checksum_type == COMPOSITE:
        return composite(upload.algorithm, [part.checksum for part in parts])
    return full_object(upload.algorithm, [(part.checksum, part.size) for part in parts])


def _check_announced(params: Params, upload: Upload, checksum: Checksum, size: int) -> None:
    """Returns when type, checksum and size are what the caller expects, as far as it says."""
    if params.get("ChecksumType", upload.checksum_type) != upload.checksum_type:
        raise invalid_request(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete request must use "
            "the same checksum mode."
        )
    expected = params.get(upload.algorithm.member, checksum.value)
    if expected not in (checksum.value, checksum.value.partition("-")[0]):
        raise bad_checksum(upload.algorithm_name.lower())
    if params.get("MpuObjectSize", size) != size:
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {params['MpuObjectSize']} does not match what was "
            f"computed: {size}"
        )
    if size > limits.OBJECT_BYTES:
        raise entity_too_large(size, limits.OBJECT_BYTES)


def _etag(parts: list[UploadedPart]) -> str:
    """Returns the MD5 of the parts' MD5s, and how many they are."""
    joined = b"".join(bytes.fromhex(part.etag) for part in parts)
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"
