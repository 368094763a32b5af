"""The source of a copy: found, authorised, and still the same when the copy is committed.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote, unquote_plus

from penstock.errors import AwsError, PenstockError
from penstock.server import Call, Params
from penstock.services.s3 import limits
from penstock.services.s3.buckets.bucket import Versioning
from penstock.services.s3.errors import invalid_argument, invalid_request
from penstock.services.s3.objects.authorize import authorize_object
from penstock.services.s3.objects.body import Digests, Received, Staging, bodies_under
from penstock.services.s3.objects.checksums import Algorithm, Announced
from penstock.services.s3.objects.conditions import check_copy_source
from penstock.services.s3.objects.customer_key import customer_key
from penstock.services.s3.objects.encryption import BodyKey
from penstock.services.s3.objects.get import Found, body_of, find_object, unlocked
from penstock.services.s3.objects.object import Object, find_version
from penstock.services.s3.ranges import Span
from penstock.services.s3.state import S3State
from penstock.store import ReadTx

T = TypeVar("T")

_ATTEMPTS = 5
_HEADER = "x-amz-copy-source"  # S3 shows this name in the place of the value, too
_ORIGIN = re.compile(r"\Ahttps?://[^/]*")


class SourceChanged(PenstockError):
    """The source was replaced or removed while it was being copied."""


@dataclass(frozen=True, slots=True)
class Source:
    """A copy's source: its parameters as a GET would have them, and what was found."""

    params: Params
    found: Found

    @property
    def object(self) -> Object:
        """Returns the source's row."""
        return self.found.object

    def version_member(self) -> dict[str, str]:
        """Returns ``CopySourceVersionId`` for an answer; nothing when the bucket never had versioning."""
        versioned = self.found.bucket.versioning is not Versioning.NEVER
        return {"CopySourceVersionId": self.object.version} if versioned else {}

    def check_same(self, tx: ReadTx) -> None:
        """Returns when the source still has the same files; raises SourceChanged.

        A row's bytes were read with the row, but files may only be named again while somebody names them.
        """
        row = self.object
        if row.files is not None:
            now = find_version(tx, row.bucket, row.key, row.version)
            if now is None or now.files != row.files:
                raise SourceChanged


def parse_copy_source(header: str) -> Params:
    """Returns Bucket, Key and VersionId of ``[/]bucket/key[?versionId=id]``, encoded as a form, or of a whole URL."""
    path, question, version = header.partition("?versionId=")
    bucket, _, key = unquote_plus(_ORIGIN.sub("", path)).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument("Invalid copy source object key", _HEADER, _HEADER)
    source: Params = {"Bucket": bucket, "Key": key}
    if question:
        source["VersionId"] = unquote(version)
    return source


async def find_source(s3: S3State, call: Call, params: Params) -> Source:
    """Returns the source that the caller may read and whose conditions hold."""
    source = parse_copy_source(params["CopySource"])
    if (owner := params.get("ExpectedSourceBucketOwner")) is not None:
        source["ExpectedBucketOwner"] = owner
    await authorize_object(s3, call, source, "Get")
    try:
        found = await find_object(s3, call, source, "GET")
    except AwsError as error:
        if error.code != "MethodNotAllowed":
            raise
        raise invalid_request(
            "The source of a copy request may not specifically refer to a delete marker by version id."
        ) from None
    check_copy_source(params, found.object, call.now_ms)
    given = customer_key(params, "CopySource")
    return Source(source, await unlocked(s3, call, found, found.object.meta.encryption, given))


def check_copy_size(size: int) -> None:
    """Returns when one copy may carry so much; AwsError ``InvalidRequest``."""
    if size > limits.COPY_BYTES:
        raise invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy source: "
            f"{limits.COPY_BYTES}"
        )


async def digest(s3: S3State, source: Source, span: Span, digests: Digests) -> None:
    """Feeds ``digests`` the bytes of ``span``, read and hashed in a thread when they are in files."""
    body = await body_of(s3, source.found, span)
    if isinstance(body, bytes):
        digests.update(body)
        return
    await body.each(digests.update)


async def staged(
    s3: S3State, source: Source, span: Span, algorithm: Algorithm, key: BodyKey | None
) -> Received:
    """Returns the bytes of ``span`` as a file of their own, encrypted with ``key`` if there is one."""
    digests = Digests(Announced(algorithm))
    staging = Staging(bodies_under(s3.bodies, key), digests)
    try:
        body = await body_of(s3, source.found, span)
        await staging.feed(bytearray())  # there is a file then, also of no bytes
        if isinstance(body, bytes):
            await staging.feed(bytearray(body))
        else:
            async for piece in body:
                await staging.feed(bytearray(piece))
        await staging.settle()
        md5, checksum, _ = digests.verify()
        ref = await staging.seal()
    except BaseException:
        await staging.discard()
        raise
    return Received(digests.size, key.etag(md5) if key else md5, checksum, None, ref, key=key)


async def with_stable_source(copy: Callable[[], Awaitable[T]]) -> T:
    """Returns ``copy()``, tried again while the source changes under it; then AwsError ``OperationAborted``."""
    for _ in range(_ATTEMPTS):
        try:
            return await copy()
        except SourceChanged:
            continue
    message = "A conflicting conditional operation is currently in progress against this resource. Try again."
    raise AwsError("OperationAborted", message, status=409)
