"""PutObject."""

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import Bucket, check_seen, requested_bucket
from penstock.services.s3.files import Files, Segment, encode_segments, use_files
from penstock.services.s3.objects.authorize import authorize_tags, write_keys
from penstock.services.s3.objects.body import Received, commit, receive
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.conditions import UNCONDITIONAL, WriteConditions, write_conditions
from penstock.services.s3.objects.encrypting import key_for, make_key
from penstock.services.s3.objects.encryption import Encryption, encryption_members, etag_of_row
from penstock.services.s3.objects.metadata import check_key, object_meta
from penstock.services.s3.objects.object import Meta, current_object
from penstock.services.s3.objects.writing import Draft, Versions
from penstock.services.s3.sealed_bodies import seal_row
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
    etag: str
    encryption: Encryption | None

    def members(self) -> Params:
        """Returns what every answer to a write says of the version."""
        return {"ETag": f'"{self.etag}"', **encryption_members(self.encryption)}

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
    received = await receive(s3, call, params, find_key=partial(key_for, s3, call, params))
    meta.checksum = received.checksum
    written = await commit(s3, received, put_received, s3, write, received, meta)
    return {**written.members(), **received.checksum.members(), **written.version_member()}


def put_received(tx: Tx, s3: S3State, write: Write, received: Received, meta: Meta) -> Written:
    """Stores a received body as a version; a row is encrypted if the write or the bucket's default says so."""
    bucket = requested_bucket(tx, write.call, write.params)
    if received.ref is None:
        return put_draft(tx, s3.files, write, bucket, _row_draft(tx, s3, write, bucket, received, meta))
    segments = [Segment(received.ref, 0, received.size)]
    use_files(tx, segments)
    encryption = received.key.encryption if received.key else None
    text = replace(meta, encryption=encryption).encode()
    stored = encode_segments(segments)
    draft = Draft(received.size, received.etag, text, files=stored, encryption=encryption)
    return put_draft(tx, s3.files, write, bucket, draft)


def _row_draft(tx: Tx, s3: S3State, write: Write, bucket: Bucket, received: Received, meta: Meta) -> Draft:
    data = received.data
    assert data is not None
    key = make_key(tx, s3.keys, write.call, bucket, write.params)
    if key is None:
        return Draft(received.size, received.etag, meta.encode(), data)
    sealed = seal_row(key.secret, data)
    text = replace(meta, encryption=key.encryption).encode()
    return Draft(received.size, etag_of_row(sealed), text, sealed, encryption=key.encryption)


def put_draft(tx: Tx, files: Files, write: Write, bucket: Bucket, draft: Draft) -> Written:
    """Stores ``draft`` in the bucket if the write's conditions hold."""
    key = write.params["Key"]
    current = current_object(tx, bucket.id, key)
    if write.conditions is not UNCONDITIONAL:
        write.conditions.check(key, current)
    version = Versions(tx, files, bucket, write.cause).put(key, draft, current)
    return Written(bucket, version, tx.now_ms, draft.etag, draft.encryption)
