"""CreateMultipartUpload, UploadPart, UploadPartCopy and AbortMultipartUpload.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from dataclasses import replace
from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.customer_keys import CustomerKeys
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import invalid_request, not_implemented, unsupported_algorithm
from penstock.services.s3.files import Files, Segment, cut, decode_segments
from penstock.services.s3.multipart.upload import (
    Upload,
    check_number,
    drop_upload,
    new_upload_id,
    put_part,
    requested_upload,
)
from penstock.services.s3.objects.authorize import authorize_tags, write_keys
from penstock.services.s3.objects.body import Digests, Received, commit, receive
from penstock.services.s3.objects.checksums import (
    ALGORITHMS,
    COMPOSITE,
    DEFAULT,
    FULL_OBJECT,
    Announced,
    announced,
)
from penstock.services.s3.objects.customer_key import customer_key, open_secret, refuse_needless
from penstock.services.s3.objects.encrypting import make_key, open_key
from penstock.services.s3.objects.encryption import BodyKey, Encryption, Kind, encryption_members
from penstock.services.s3.objects.metadata import check_key, object_meta
from penstock.services.s3.objects.object import Meta
from penstock.services.s3.objects.source import (
    Source,
    check_copy_size,
    digest,
    find_source,
    staged,
    with_stable_source,
)
from penstock.services.s3.ranges import Span, copy_range
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import Sweeper, Tx, queries

Q = queries(__package__)


@operation("CreateMultipartUpload", action="s3:PutObject", resource=object_arn, context=write_keys)
async def create_multipart_upload(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the id under which parts are uploaded."""
    check_key(params["Key"])
    meta = object_meta(params)
    if meta.tags:
        await authorize_tags(call, params, meta.tags)
    algorithm, checksum_type = _chosen_checksum(params)
    explicit = "ChecksumAlgorithm" in params
    chosen = (algorithm, checksum_type, explicit)
    upload, encryption = await s3.store.write(_create, s3.keys, call, params, chosen, meta)
    answer: Params = {
        "Bucket": params["Bucket"],
        "Key": params["Key"],
        "UploadId": upload,
        **encryption_members(encryption),
    }
    if explicit:
        answer |= {"ChecksumAlgorithm": algorithm, "ChecksumType": checksum_type}
    return answer


def _chosen_checksum(params: Params) -> tuple[str, str]:
    """Returns the algorithm's name and the type; without a choice S3 makes a full-object CRC64NVME."""
    checksum_type = params.get("ChecksumType")
    if "ChecksumAlgorithm" not in params:
        if checksum_type is not None:
            raise invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return DEFAULT.name, FULL_OBJECT
    algorithm = ALGORITHMS.get(params["ChecksumAlgorithm"].upper())
    if algorithm is None:
        raise unsupported_algorithm()
    if checksum_type is None:
        return algorithm.name, FULL_OBJECT if algorithm is DEFAULT else COMPOSITE
    if checksum_type not in (COMPOSITE, FULL_OBJECT):
        raise invalid_request("Value for x-amz-checksum-type header is invalid.")
    possible = algorithm is not DEFAULT if checksum_type == COMPOSITE else algorithm.combine is not None
    if not possible:
        raise invalid_request(
            f"The {checksum_type} checksum type cannot be used with the {algorithm.name.lower()} checksum algorithm."
        )
    return algorithm.name, checksum_type


def _create(
    tx: Tx, keys: CustomerKeys, call: Call, params: Params, checksum: tuple[str, str, bool], meta: Meta
) -> tuple[str, Encryption | None]:
    algorithm, checksum_type, explicit = checksum
    bucket = requested_bucket(tx, call, params)
    key = make_key(tx, keys, call, bucket, params)
    encryption = key.encryption if key else None
    upload = new_upload_id(tx.ids, bucket, params["Key"], tx.now_ms)
    tx.run(
        Q.add_upload,
        bucket.id,
        params["Key"],
        upload,
        tx.now_ms,
        call.principal.arn or call.principal.user_id,
        algorithm,
        checksum_type,
        int(explicit),
        replace(meta, encryption=encryption).encode(),
    )
    return upload, encryption


@operation("UploadPart", action="s3:PutObject", resource=object_arn, streams=True)
async def upload_part(s3: S3State, call: Call, params: Params) -> Params:
    """Stores the body as one part of an upload."""
    check_number(params)
    bucket, upload = await s3.store.read(requested_upload, call, params)
    upload.check_checksum(announced(params, call.headers))
    find_key = partial(_key_of, s3, call, bucket, upload, params)
    # A part is a file however small it is: the object will be a list of files.
    received = await receive(s3, call, params, store=upload.algorithm, inline_bytes=-1, find_key=find_key)
    await commit(s3, received, _put_part, s3.files, call, params, received, _whole(received))
    shown = received.announced or received.checksum
    return {
        "ETag": f'"{received.etag}"',
        **_encryption_members(received),
        f"Checksum{shown.algorithm}": shown.value,
    }


async def _key_of(s3: S3State, call: Call, bucket: Bucket, upload: Upload, params: Params) -> BodyKey | None:
    """Returns the key that the upload's parts are encrypted with, for a caller who may use it; AwsError."""
    given, encryption = customer_key(params), Meta.decode(upload.meta).encryption
    if encryption is None or encryption.kind is Kind.KMS:
        refuse_needless(given)
    if encryption is None:
        return None
    if encryption.kind is Kind.CUSTOMER:
        return BodyKey(open_secret(given, encryption), encryption)
    return BodyKey(await s3.store.read(open_key, s3.keys, call, bucket, encryption), encryption)


def _encryption_members(received: Received) -> Params:
    return encryption_members(received.key.encryption if received.key else None)


def _whole(received: Received) -> list[Segment]:
    assert received.ref is not None
    return [Segment(received.ref, 0, received.size)]


def _put_part(
    tx: Tx, files: Files, call: Call, params: Params, received: Received, segments: list[Segment]
) -> int:
    _, upload = requested_upload(tx, call, params)
    put_part(
        tx,
        files,
        upload.id,
        number=params["PartNumber"],
        etag=received.etag,
        checksum=received.checksum.value,
        segments=segments,
    )
    return tx.now_ms


@operation("UploadPartCopy", action="s3:PutObject", resource=object_arn, context=write_keys)
async def upload_part_copy(s3: S3State, call: Call, params: Params) -> Params:
    """Stores a range of another object as one part of an upload. Files are named once more, not copied."""
    check_number(params)
    return await with_stable_source(partial(_copy_part, s3, call, params))


async def _copy_part(s3: S3State, call: Call, params: Params) -> Params:
    bucket, upload = await s3.store.read(requested_upload, call, params)
    key = await _key_of(s3, call, bucket, upload, params)
    source = await find_source(s3, call, params)
    span = Span(0, source.object.size)
    if (wanted := params.get("CopySourceRange")) is not None:
        span = copy_range(wanted, source.object.size)
    check_copy_size(span.length)
    if source.object.files is None or key is not None or source.found.secret is not None:
        received = await staged(s3, source, span, upload.algorithm, key)
        at_ms = await commit(s3, received, _put_part, s3.files, call, params, received, _whole(received))
    else:
        digests = Digests(Announced(upload.algorithm))
        await digest(s3, source, span, digests)
        etag, checksum, _ = digests.verify()
        received = Received(span.length, etag, checksum, None, None)
        segments = list(cut(decode_segments(source.object.files), span))
        at_ms = await s3.store.write(_put_shared, source, s3.files, call, params, received, segments)
    result: Params = {"ETag": f'"{received.etag}"', "LastModified": utc(at_ms)}
    if upload.explicit:
        result[upload.algorithm.member] = received.checksum.value
    answer: Params = {"CopyPartResult": result, **_encryption_members(received)}
    return answer | source.version_member()


def _put_shared(
    tx: Tx,
    source: Source,
    files: Files,
    call: Call,
    params: Params,
    received: Received,
    segments: list[Segment],
) -> int:
    source.check_same(tx)
    return _put_part(tx, files, call, params, received, segments)


@operation("AbortMultipartUpload", action="s3:AbortMultipartUpload", resource=object_arn)
async def abort_multipart_upload(s3: S3State, call: Call, params: Params) -> Params:
    """Forgets an upload and removes its parts."""
    if "IfMatchInitiatedTime" in params:
        raise not_implemented("x-amz-if-match-initiated-time")
    await s3.store.write(_abort, s3.sweeper, call, params)
    return {}


def _abort(tx: Tx, sweeper: Sweeper, call: Call, params: Params) -> None:
    _, upload = requested_upload(tx, call, params)
    drop_upload(tx, sweeper, upload)
