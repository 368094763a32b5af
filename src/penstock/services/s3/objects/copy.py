"""CopyObject.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import Versioning, requested_bucket
from penstock.services.s3.buckets.encryption import encryption_was_put
from penstock.services.s3.errors import invalid_argument, invalid_request
from penstock.services.s3.files import decode_segments, use_files
from penstock.services.s3.objects.authorize import authorize_object, authorize_tags, write_keys
from penstock.services.s3.objects.body import Digests, Received, commit
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.checksums import (
    ALGORITHMS,
    COMPOSITE,
    DEFAULT,
    Algorithm,
    Announced,
    Checksum,
)
from penstock.services.s3.objects.conditions import write_conditions
from penstock.services.s3.objects.encrypting import key_for
from penstock.services.s3.objects.encryption import encryption_members
from penstock.services.s3.objects.metadata import check_key, object_meta, refuse
from penstock.services.s3.objects.object import Meta
from penstock.services.s3.objects.put import Write, Written, put_draft, put_received
from penstock.services.s3.objects.source import (
    Source,
    check_copy_size,
    digest,
    find_source,
    staged,
    with_stable_source,
)
from penstock.services.s3.objects.tags import parse_tag_header
from penstock.services.s3.objects.writing import Draft
from penstock.services.s3.ranges import Span
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import Tx

_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption")
_NOT_COPIED = ("StorageClass", "WebsiteRedirectLocation")


@operation("CopyObject", action="s3:PutObject", resource=object_arn, context=write_keys)
async def copy_object(s3: S3State, call: Call, params: Params) -> Params:
    """Stores the source's bytes as the key's newest version. Files are named once more, not copied."""
    check_key(params["Key"])
    refuse(params)
    _directive(params, "MetadataDirective", "x-amz-metadata-directive", "metadata")
    _directive(params, "TaggingDirective", "x-amz-tagging-directive", "tagging")
    write = Write(call, params, write_conditions(params), Cause.of(call, "ObjectCreated:Copy"))
    return await with_stable_source(partial(_copy, s3, call, params, write))


async def _copy(s3: S3State, call: Call, params: Params, write: Write) -> Params:
    source = await find_source(s3, call, params)
    check_copy_size(source.object.size)
    if _changes_nothing(params, source) and not await s3.store.read(encryption_was_put, call, params):
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
    meta = _meta(params, source.object.meta)
    await _authorize_tags(s3, call, params, source, meta)
    written, meta.checksum = await _store(s3, write, source, meta)
    answer: Params = {
        "CopyObjectResult": {
            "ETag": f'"{written.etag}"',
            "LastModified": utc(written.at_ms),
            **meta.checksum.members(),
        },
        **encryption_members(written.encryption),
        **_version_member(written),
    }
    return answer | source.version_member()


async def _store(s3: S3State, write: Write, source: Source, meta: Meta) -> tuple[Written, Checksum]:
    """Returns the version, whose files are the source's unless one of the two is encrypted, and its checksum."""
    is_row, is_open = source.object.files is None, source.found.secret is None
    params = write.params
    key = None if is_row else await key_for(s3, write.call, params)
    if is_row or (is_open and key is None):
        etag, meta.checksum = await _digests(s3, params, source)
        received = Received(source.object.size, etag, meta.checksum, source.found.data, None)
        return await s3.store.write(_put_copy, s3, write, source, received, meta), meta.checksum
    algorithm = _algorithm(params, source.object.meta.checksum)
    received = await staged(s3, source, Span(0, source.object.size), algorithm, key)
    meta.checksum = received.checksum
    return await commit(s3, received, put_received, s3, write, received, meta), received.checksum


def _version_member(written: Written) -> Params:
    """Returns ``VersionId``: other than PutObject, CopyObject tells it while versioning is suspended too."""
    return {} if written.bucket.versioning is Versioning.NEVER else {"VersionId": written.version}


def _put_copy(tx: Tx, s3: S3State, write: Write, source: Source, received: Received, meta: Meta) -> Written:
    source.check_same(tx)
    files = source.object.files
    if files is None:
        return put_received(tx, s3, write, received, meta)
    use_files(tx, decode_segments(files))
    draft = Draft(received.size, received.etag, meta.encode(), files=files)
    return put_draft(tx, s3.files, write, requested_bucket(tx, write.call, write.params), draft)


def _directive(params: Params, member: str, header: str, noun: str) -> None:
    if (value := params.get(member)) not in (None, "COPY", "REPLACE"):
        raise invalid_argument(f"Unknown {noun} directive.", header, value)


def _changes_nothing(params: Params, source: Source) -> bool:
    """Returns whether the copy is the object itself. One of a bucket with an encryption of its own is not, for S3."""
    same = source.params["Bucket"] == params["Bucket"] and source.params["Key"] == params["Key"]
    changes = params.get("MetadataDirective") == "REPLACE" or any(member in params for member in _CHANGES)
    return same and "VersionId" not in source.params and not changes


def _meta(params: Params, old: Meta) -> Meta:
    """Returns what is stored with the copy; storage class and redirect are never taken from the source."""
    if params.get("MetadataDirective") == "REPLACE":
        meta = object_meta({name: value for name, value in params.items() if name != "Tagging"})
    else:
        kept = {name: value for name, value in old.headers.items() if name not in _NOT_COPIED}
        asked = {name: params[name] for name in _NOT_COPIED if params.get(name, "STANDARD") != "STANDARD"}
        meta = Meta(kept | asked, old.user, old.missing)
    if params.get("TaggingDirective") == "REPLACE":
        meta.tags = parse_tag_header(params.get("Tagging") or "")
    else:
        meta.tags = old.tags
    return meta


async def _authorize_tags(s3: S3State, call: Call, params: Params, source: Source, meta: Meta) -> None:
    if not meta.tags:
        return
    if params.get("TaggingDirective") != "REPLACE":
        await authorize_object(s3, call, source.params, "Get", "Tagging")
    await authorize_tags(call, params, meta.tags)


async def _digests(s3: S3State, params: Params, source: Source) -> tuple[str, Checksum]:
    """Returns the MD5 and the checksum of the copy: the source's, or computed where a copy differs from its source.

    A copy is one object, uploaded at once: its ETag is an MD5 and its checksum a full one.
    """
    old = source.object.meta.checksum
    algorithm = _algorithm(params, old)
    has_md5 = not source.object.meta.parts and source.found.secret is None
    if old and has_md5 and old.algorithm == algorithm.name and old.type != COMPOSITE:
        return source.object.etag, old
    digests = Digests(Announced(algorithm))
    await digest(s3, source, Span(0, source.object.size), digests)
    etag, checksum, _ = digests.verify()
    return etag, checksum


def _algorithm(params: Params, old: Checksum | None) -> Algorithm:
    name = params.get("ChecksumAlgorithm")
    if name is None:
        return ALGORITHMS[old.algorithm] if old else DEFAULT
    if name.upper() not in ALGORITHMS:
        raise invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types"
        )
    return ALGORITHMS[name.upper()]
