"""ListObjectVersions."""

from dataclasses import dataclass

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.listing.keyspace import BEFORE_VERSIONS, ObjectRow, Page, Position, start
from penstock.services.s3.listing.request import (
    ListingRequest,
    fill,
    listing_context,
    listing_request,
    object_entry,
    prefixes_of,
)
from penstock.services.s3.objects.object import (
    NULL,
    current_object,
    find_version,
    has_given,
    null_version,
    version_ord,
)
from penstock.services.s3.owner import owner
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import ReadTx

_NEGATIVE = "Provided max-keys not an integer or within integer range"


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where a page starts. ``unfinished_key`` has newer versions, which earlier pages have shown."""

    bucket: Bucket
    position: Position
    unfinished_key: str | None


@operation("ListObjectVersions", action="s3:ListBucketVersions", resource=bucket_arn, context=listing_context)
async def list_object_versions(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the page after ``KeyMarker`` and ``VersionIdMarker``: all versions, each key's newest first."""
    request = listing_request(params, _NEGATIVE)
    _check_markers(params)
    beginning = await s3.store.read(_begin, call, params, request)
    page = Page(
        beginning.bucket.id,
        beginning.position,
        request.max_keys,
        request.prefix,
        request.delimiter,
        versions=True,
    )
    await fill(s3, call, params, page)
    return _result(params, request, page, beginning)


def _check_markers(params: Params) -> None:
    version = params.get("VersionIdMarker")
    if version == "":
        raise invalid_argument("A version-id marker cannot be empty.", "version-id-marker", version)
    if version is not None and not params.get("KeyMarker"):
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, "version-id-marker", version)


def _begin(tx: ReadTx, call: Call, params: Params, request: ListingRequest) -> _Beginning:
    bucket = requested_bucket(tx, call, params)
    key, version = params.get("KeyMarker") or "", params.get("VersionIdMarker")
    position = start(key, request.prefix, request.delimiter)
    if version is None or position != Position.after(key):
        return _Beginning(bucket, position, None)
    ord = _ord(tx, bucket, key, version)
    current = current_object(tx, bucket.id, key)
    newer = current is not None and current.ord <= ord
    return _Beginning(bucket, Position(key, ord), key if newer else None)


def _ord(tx: ReadTx, bucket: Bucket, key: str, version: str) -> int:
    """Returns where the version stands, or stood: a client may delete the versions that it was shown."""
    if version != NULL:
        if not (has_given(bucket, version) or _is_there(tx, bucket, key, version)):
            raise invalid_argument("Invalid version id specified", "version-id-marker", version)
        return version_ord(version)
    found = null_version(tx, bucket.id, key)
    # The null version does not say where it stood: rather show what is left of its key again than miss any.
    return found.ord if found else BEFORE_VERSIONS


def _is_there(tx: ReadTx, bucket: Bucket, key: str, version: str) -> bool:
    try:
        return find_version(tx, bucket.id, key, version) is not None
    except AwsError:  # no version has such an id
        return False


def _result(params: Params, request: ListingRequest, page: Page, beginning: _Beginning) -> Params:
    result = request.echo(params)
    result["IsTruncated"] = page.truncated
    result["KeyMarker"] = request.encode(params.get("KeyMarker") or "")
    result["VersionIdMarker"] = params.get("VersionIdMarker") or ""
    result["Versions"], result["DeleteMarkers"] = [], []
    former = beginning.unfinished_key
    for row in page.entries:
        if not isinstance(row, str):
            kind = "DeleteMarkers" if row.delete_marker else "Versions"
            result[kind].append(_entry(row, request, beginning.bucket, is_latest=row.key != former))
            former = row.key
    result["CommonPrefixes"] = prefixes_of(page, request.encode)
    if page.truncated:
        result |= _next(page.entries[-1], request)
    return result


def _entry(row: ObjectRow, request: ListingRequest, bucket: Bucket, *, is_latest: bool) -> Params:
    if row.delete_marker:
        entry: Params = {
            "Key": request.encode(row.key),
            "LastModified": utc(row.modified_ms),
        }
    else:
        entry = object_entry(row, request.encode)
    return entry | {"VersionId": row.version, "IsLatest": is_latest, "Owner": owner(bucket.account)}


def _next(last: ObjectRow | str, request: ListingRequest) -> Params:
    if isinstance(last, str):
        return {"NextKeyMarker": request.encode(last)}
    return {"NextKeyMarker": request.encode(last.key), "NextVersionIdMarker": last.version}
