"""PutObject."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.server import Call, Params, operation
from penstock.services.s3.authorize import object_arn, owned_bucket, write_context
from penstock.services.s3.body import Received, commit, receive
from penstock.services.s3.bucket import Bucket
from penstock.services.s3.change import emit
from penstock.services.s3.conditions import WriteConditions, write_conditions
from penstock.services.s3.files import Files, Segment, use_files
from penstock.services.s3.metadata import ENCRYPTION, check_key, object_meta
from penstock.services.s3.object import current_object
from penstock.services.s3.writing import Draft, put_version
from penstock.store import Tx

if TYPE_CHECKING:
    from penstock.services.s3.service import S3


@dataclass(frozen=True, slots=True)
class Write:
    """One new version, decided upon: everything that the transaction needs."""

    call: Call
    bucket: str
    expected_owner: str | None
    key: str
    conditions: WriteConditions
    event_name: str


@operation("PutObject", action="s3:PutObject", resource=object_arn, context=write_context, streams=True)
async def put_object(s3: "S3", call: Call, params: Params) -> Params:
    """Stores the body as the key's newest version."""
    key = params["Key"]
    check_key(key)
    meta = object_meta(params)
    write = write_of(call, params, "ObjectCreated:Put")
    if meta.tags:
        await call.authorize("s3:PutObjectTagging", object_arn(s3, call, params))
    received = await receive(s3, call, params)
    meta.checksum = received.checksum
    bucket, version = await commit(s3, received, put_received, s3.files, write, received, meta.encode())
    return {
        "ETag": f'"{received.md5}"',
        "ServerSideEncryption": ENCRYPTION,
        **received.checksum.members(),
        **version_member(bucket, version),
    }


def write_of(call: Call, params: Params, event_name: str) -> Write:
    """Returns the write that the request asks for."""
    return Write(
        call,
        params["Bucket"],
        params.get("ExpectedBucketOwner"),
        params["Key"],
        write_conditions(params),
        event_name,
    )


def put_received(tx: Tx, files: Files, write: Write, received: Received, meta: str) -> tuple[Bucket, str]:
    """Stores a received body as a version; returns the bucket and the version's id."""
    segments = None
    if received.ref is not None:
        segments = [Segment(received.ref, 0, received.size)]
        use_files(tx, segments)
    return put_draft(tx, files, write, Draft(received.size, received.md5, meta, received.data, segments))


def put_draft(tx: Tx, files: Files, write: Write, draft: Draft) -> tuple[Bucket, str]:
    """Stores ``draft`` and emits the change; returns the bucket and the version's id."""
    bucket = owned_bucket(tx, write.bucket, write.expected_owner)
    current = current_object(tx, bucket.id, write.key)
    write.conditions.check(write.key, current)
    version = put_version(tx, files, bucket, write.key, draft, current)
    emit(tx, write.call, bucket, write.event_name, write.key, version, size=draft.size, etag=draft.etag)
    return bucket, version


def version_member(bucket: Bucket, version: str) -> dict[str, str]:
    """Returns ``VersionId`` for an answer; nothing in a bucket that never had versioning."""
    return {"VersionId": version} if bucket.versioning else {}
