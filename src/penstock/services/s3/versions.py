"""ListObjectVersions."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.bucket import Bucket, requested_bucket
from penstock.services.s3.bucket_errors import invalid_argument
from penstock.services.s3.keyspace import AFTER_VERSIONS, BEFORE_VERSIONS, ObjectRow, Page, Position, start
from penstock.services.s3.listing_request import (
    ListingRequest,
    fill,
    in_common_prefix,
    listing_context,
    listing_request,
    object_entry,
    prefixes_of,
)
from penstock.services.s3.owner import owner
from penstock.store import ReadTx, queries

if TYPE_CHECKING:
    from penstock.services.s3.service import S3

Q = queries(__package__)

_NEGATIVE = "Provided max-keys not an integer or within integer range"


@operation("ListObjectVersions", action="s3:ListBucketVersions", resource=bucket_arn, context=listing_context)
async def list_object_versions(s3: "S3", call: Call, params: Params) -> Params:
    """Returns the page after ``KeyMarker`` and ``VersionIdMarker``: all versions, each key's newest first."""
    request = listing_request(params, _NEGATIVE)
    _check_markers(params)
    bucket, position = await s3.parts.store.read(_begin, params, request)
    page = Page(bucket.id, position, request.max_keys, request.prefix, request.delimiter, versions=True)
    await fill(s3, page)
    return _result(params, request, page, bucket, position)


def _check_markers(params: Params) -> None:
    version = params.get("VersionIdMarker")
    if version == "":
        raise invalid_argument("A version-id marker cannot be empty.", "version-id-marker", version)
    if version is not None and not params.get("KeyMarker"):
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, "version-id-marker", version)


def _begin(tx: ReadTx, params: Params, request: ListingRequest) -> tuple[Bucket, Position]:
    bucket = requested_bucket(tx, params)
    key, version = params.get("KeyMarker") or "", params.get("VersionIdMarker")
    position = start(key, request.prefix, request.delimiter)
    if version is None or position.key != key or in_common_prefix(key, request):
        return bucket, position
    row = tx.one(Q.version_ord, bucket.id, key, version)
    # A version deleted since the page before: rather show what is left of its key again than miss any.
    return bucket, Position(key, row[0]) if row else Position.before(key)


def _result(
    params: Params, request: ListingRequest, page: Page, bucket: Bucket, position: Position
) -> Params:
    result = request.echo(params)
    result["IsTruncated"] = page.truncated
    result["KeyMarker"] = request.encode(params.get("KeyMarker") or "")
    result["VersionIdMarker"] = params.get("VersionIdMarker") or ""
    result["Versions"], result["DeleteMarkers"] = [], []
    # Behind a version of a key stand only older ones of it.
    former = position.key if BEFORE_VERSIONS < position.ord < AFTER_VERSIONS else None
    for row in page.entries:
        if not isinstance(row, str):
            kind = "DeleteMarkers" if row.delete_marker else "Versions"
            result[kind].append(_entry(row, request, bucket, is_latest=row.key != former))
            former = row.key
    result["CommonPrefixes"] = prefixes_of(page, request.encode)
    if page.truncated:
        result |= _next(page.entries[-1], request)
    return result


def _entry(row: ObjectRow, request: ListingRequest, bucket: Bucket, *, is_latest: bool) -> Params:
    if row.delete_marker:
        entry: Params = {
            "Key": request.encode(row.key),
            "LastModified": datetime.fromtimestamp(row.modified_ms / 1000, UTC),
        }
    else:
        entry = object_entry(row, request.encode)
    return entry | {"VersionId": row.version, "IsLatest": is_latest, "Owner": owner(bucket.account)}


def _next(last: ObjectRow | str, request: ListingRequest) -> Params:
    if isinstance(last, str):
        return {"NextKeyMarker": request.encode(last)}
    return {"NextKeyMarker": request.encode(last.key), "NextVersionIdMarker": last.version}
