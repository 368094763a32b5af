"""PutObject."""

from collections.abc import Awaitable
from dataclasses import dataclass

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import Bucket, check_seen, requested_bucket
from penstock.services.s3.files import Files, Segment, encode_segments, use_files
from penstock.services.s3.objects.authorize import authorize_tags, write_keys
from penstock.services.s3.objects.body import Received, commit, receive
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.conditions import UNCONDITIONAL, WriteConditions, write_conditions
from penstock.services.s3.objects.metadata import ENCRYPTION, check_key, object_meta
from penstock.services.s3.objects.object import current_object
from penstock.services.s3.objects.writing import Draft, Versions
from penstock.services.s3.state import S3State
from penstock.store import Tx


@dataclass(slots=True)
class Write:
    """One new version, decided upon: everything that the transaction needs."""

    call: Call
    params: Params
    conditions: WriteConditions
    cause: Cause


@dataclass(slots=True)
class Written:
    """A version that was stored."""

    bucket: Bucket
    version: str
    at_ms: int

    def version_member(self) -> dict[str, str]:
        """Returns ``VersionId`` for an answer; nothing while versioning is off or suspended.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html#API_PutObject_Examples
        """
        return {"VersionId": self.version} if self.bucket.keeps_versions else {}


@operation("PutObject", action="s3:PutObject", resource=object_arn, context=write_keys, streams=True)
def put_object(s3: S3State, call: Call, params: Params) -> Awaitable[Params]:
    """Stores the body as the key's newest version."""
    return store_object(s3, call, params, "ObjectCreated:Put")


async def store_object(s3: S3State, call: Call, params: Params, event: str) -> Params:
    """Returns what PutObject answers once the call's body is the key's newest version.

    ``params`` are those of PutObject, which the caller may do. ``event`` is AWS's name without ``s3:``.
    """
    check_key(params["Key"])
    meta = object_meta(params)
    write = Write(call, params, write_conditions(params), Cause.of(call, event))
    if meta.tags:
        await authorize_tags(call, params, meta.tags)
    if "expect" in call.headers:
        # The client waits to be told whether to send: it need not, for a bucket that is not there.
        check_seen(call, params)
    received = await receive(s3, call, params)
    meta.checksum = received.checksum
    written = await commit(s3, received, put_received, s3.files, write, received, meta.encode())
    return {
        "ETag": f'"{received.md5}"',
        "ServerSideEncryption": ENCRYPTION,
        **received.checksum.members(),
        **written.version_member(),
    }


def put_received(tx: Tx, files: Files, write: Write, received: Received, meta: str) -> Written:
    """Stores a received body as a version."""
    stored = None
    if received.ref is not None:
        segments = [Segment(received.ref, 0, received.size)]
        use_files(tx, segments)
        stored = encode_segments(segments)
    return put_draft(tx, files, write, Draft(received.size, received.md5, meta, received.data, stored))


def put_draft(tx: Tx, files: Files, write: Write, draft: Draft) -> Written:
    """Stores ``draft`` if the write's conditions hold."""
    bucket = requested_bucket(tx, write.call, write.params)
    key = write.params["Key"]
    current = current_object(tx, bucket.id, key)
    if write.conditions is not UNCONDITIONAL:
        write.conditions.check(key, current)
    version = Versions(tx, files, bucket, write.cause).put(key, draft, current)
    return Written(bucket, version, tx.now_ms)
