"""GetObject and HeadObject."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.buckets.bucket import Bucket, Versioning, requested_bucket
from penstock.services.s3.errors import (
    invalid_argument,
    invalid_part_number,
    invalid_request,
    invalid_version_id,
    marker_not_allowed,
    no_such_key,
    no_such_version,
)
from penstock.services.s3.files import cut, decode_segments
from penstock.services.s3.objects.authorize import authorize_object, hide_missing, may_read_tags
from penstock.services.s3.objects.checksums import COMPOSITE, Checksum
from penstock.services.s3.objects.conditions import check_read, http_date
from penstock.services.s3.objects.customer_key import (
    CustomerKey,
    customer_key,
    open_secret,
    refuse_needless,
)
from penstock.services.s3.objects.encrypting import open_key
from penstock.services.s3.objects.encryption import Encryption, Kind, encryption_members
from penstock.services.s3.objects.metadata import check_key
from penstock.services.s3.objects.object import (
    Meta,
    Object,
    current_with_data,
    find_version,
    has_given,
    inline_data,
)
from penstock.services.s3.ranges import Span, parse_range, refuse_range_with_part
from penstock.services.s3.sealed_bodies import open_row
from penstock.services.s3.state import S3State
from penstock.store import ReadTx

_OVERRIDES = (
    ("ResponseCacheControl", "CacheControl"),
    ("ResponseContentDisposition", "ContentDisposition"),
    ("ResponseContentEncoding", "ContentEncoding"),
    ("ResponseContentLanguage", "ContentLanguage"),
    ("ResponseContentType", "ContentType"),
    ("ResponseExpires", "Expires"),
)


_QUERY_NAMES = {asked: re.sub(r"(?<=[a-z])(?=[A-Z])", "-", asked).lower() for asked, _ in _OVERRIDES}
_ENCRYPTION_HEADER = "x-amz-server-side-encryption"


@dataclass(frozen=True, slots=True)
class Found:
    """An object that may be read, and its body if that is a row.

    ``secret`` is the data key of one that is encrypted, once it is ``unlocked``; what is a row is opened then.
    """

    bucket: Bucket
    object: Object
    data: bytes | None
    secret: bytes | None = None

    def version_member(self) -> dict[str, str]:
        """Returns ``VersionId`` for an answer; nothing in a bucket that never had versioning."""
        return {} if self.bucket.versioning is Versioning.NEVER else {"VersionId": self.object.version}


@operation("GetObject", action=None)
async def get_object(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the object, or the part or range of it that was asked for."""
    found, meta, answer, span = await _answer(s3, call, params, "GET")
    found = await unlocked(s3, call, found, meta.encryption, customer_key(params))
    return {**answer, "Body": await body_of(s3, found, span)}


@operation("HeadObject", action=None)
async def head_object(s3: S3State, call: Call, params: Params) -> Params:
    """Returns what GetObject would, without the body."""
    found, meta, answer, _ = await _answer(s3, call, params, "HEAD")
    encryption, given = meta.encryption, customer_key(params)
    # To tell of the object takes no key of KMS, but a customer's is asked for.
    if given or (encryption and (encryption.kind is Kind.CUSTOMER or params.get("ChecksumMode"))):
        await unlocked(s3, call, found, encryption, given)
    return answer


async def find_object(s3: S3State, call: Call, params: Params, method: str) -> Found:
    """Returns the version that the request names, for a caller who has been authorised to read it.

    AwsError ``NoSuchKey``, ``NoSuchVersion``, ``MethodNotAllowed`` for a delete marker; ``AccessDenied``
    instead of the first two for callers without ``s3:ListBucket``.
    """
    try:
        return await s3.store.read(find, call, params, method)
    except AwsError as error:
        raise await hide_missing(call, params["Bucket"], error) from None


def find(tx: ReadTx, call: Call, params: Params, method: str) -> Found:
    """Returns the version, or the newest one; AwsError when it is missing or a delete marker.

    A version id that the bucket has never given is an ``InvalidArgument``.
    """
    bucket = requested_bucket(tx, call, params)
    key, version = params["Key"], params.get("VersionId")
    if version is None:
        current, data = current_with_data(tx, bucket.id, key)
        if current is None:
            raise no_such_key(key)
        if current.delete_marker:
            raise no_such_key(key, _marker_headers(current))
        return Found(bucket, current, data)
    found = find_version(tx, bucket.id, key, version)
    if found is None:
        raise no_such_version(key, version) if has_given(bucket, version) else invalid_version_id(version)
    if found.delete_marker:
        last_modified = {"Last-Modified": http_date(found.modified_ms), "Allow": "DELETE"}
        raise marker_not_allowed(method, _marker_headers(found) | last_modified)
    return Found(bucket, found, inline_data(tx, found))


def _marker_headers(marker: Object) -> dict[str, str]:
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version}


async def body_of(s3: S3State, found: Found, span: Span) -> Any:
    """Returns the bytes of ``span``: as bytes when the body is a row, else as a reader of its files; BodyDamaged."""
    if found.object.files is None:
        data = found.data or b""
        return data if span.length == len(data) else data[span.start : span.end]
    return await s3.files.read(cut(decode_segments(found.object.files), span), found.secret)


async def unlocked(
    s3: S3State, call: Call, found: Found, encryption: Encryption | None, given: CustomerKey | None
) -> Found:
    """Returns the object with the key that its bytes take, for a caller who may use it; AwsError, BodyDamaged.

    ``encryption`` is what is stored with it, ``given`` the key that came with the request.
    """
    if encryption is None or encryption.kind is Kind.KMS:
        refuse_needless(given)
    if encryption is None:
        return found
    if encryption.kind is Kind.CUSTOMER:
        secret = open_secret(given, encryption)
    else:
        secret = await s3.store.read(open_key, s3.keys, call, found.bucket, encryption)
    data = None if found.data is None else open_row(secret, found.data)
    return replace(found, data=data, secret=secret)


async def _answer(s3: S3State, call: Call, params: Params, method: str) -> tuple[Found, Meta, Params, Span]:
    check_key(params["Key"])
    if _ENCRYPTION_HEADER in call.headers:
        message = f"{_ENCRYPTION_HEADER} header is not supported for this operation."
        raise invalid_argument(message, _ENCRYPTION_HEADER, call.headers[_ENCRYPTION_HEADER])
    refuse_range_with_part(params.get("Range"), params.get("PartNumber"))
    await authorize_object(s3, call, params, "Get")
    found = await find_object(s3, call, params, method)
    check_read(params, found.object, call.now_ms)
    meta = found.object.meta
    span, checksum = _selection(params, found.object, meta)
    answer = describe(found, meta)
    answer["ContentLength"] = span.length
    if meta.tags and await may_read_tags(s3, call, params):
        answer["TagCount"] = len(meta.tags)
    if params.get("Range") or params.get("PartNumber"):
        answer |= _partial(params, found.object, meta, span)
    if params.get("ChecksumMode", "").upper() == "ENABLED" and checksum is not None:
        answer |= checksum.members()
    _override(answer, call, params)
    return found, meta, answer, span


def describe(found: Found, meta: Meta) -> Params:
    """Returns the headers that tell about the whole object."""
    answer: Params = {
        "AcceptRanges": "bytes",
        "LastModified": found.object.modified,
        "ETag": f'"{found.object.etag}"',
        **encryption_members(meta.encryption),
        "Metadata": meta.user,
        **meta.headers,
        **found.version_member(),
    }
    if meta.missing:
        answer["MissingMeta"] = meta.missing
    return answer


def _selection(params: Params, found: Object, meta: Meta) -> tuple[Span, Checksum | None]:
    """Returns the bytes to send, and the checksum that belongs to just these."""
    whole = Span(0, found.size)
    if (number := params.get("PartNumber")) is not None:
        return part_span(found, meta, number)
    span = parse_range(params["Range"], found.size) if params.get("Range") else None
    if span is None or span == whole:
        return whole, meta.checksum
    return span, None


def part_span(found: Object, meta: Meta, number: int) -> tuple[Span, Checksum | None]:
    """Returns the bytes of one part and its checksum, if the object's is made of those; AwsError ``InvalidPartNumber``.

    An object that was not uploaded in parts is its own part 1.
    """
    if number < 1:
        raise invalid_request("Part number must be an integer between 1 and 10000, inclusive")
    if not meta.parts and number == 1:
        return Span(0, found.size), None
    if number > len(meta.parts):
        raise invalid_part_number(number, len(meta.parts) or 1)
    start = sum(part.size for part in meta.parts[: number - 1])
    part = meta.parts[number - 1]
    checksum = None
    if part.checksum and meta.checksum and meta.checksum.type == COMPOSITE:
        checksum = Checksum(meta.checksum.algorithm, part.checksum, meta.checksum.type)
    return Span(start, start + part.size), checksum


def _partial(params: Params, found: Object, meta: Meta, span: Span) -> Params:
    partial: Params = {}
    by_range = params.get("Range") and parse_range(params["Range"], found.size)
    if found.size and (by_range or params.get("PartNumber")):
        partial["ContentRange"] = span.content_range(found.size)
    if params.get("PartNumber") and meta.parts:
        partial["PartsCount"] = len(meta.parts)
    return partial


def _override(answer: Params, call: Call, params: Params) -> None:
    if _QUERY_NAMES.keys().isdisjoint(params):
        return
    for asked, member in _OVERRIDES:
        if (value := params.get(asked)) is not None:
            if call.principal.kind == "anonymous":
                raise invalid_request(
                    "Request specific response headers cannot be used for anonymous GET requests."
                )
            answer[member] = _header_value(asked, value)


def _header_value(asked: str, value: str | datetime) -> str:
    if isinstance(value, datetime):
        return http_date(int(value.timestamp() * 1000))
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        message = "Header value cannot be represented using ISO-8859-1."
        raise invalid_argument(message, _QUERY_NAMES[asked], value) from None
    return value
