"""ListObjects and ListObjectsV2."""

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.continuation import decode_token, encode_token
from penstock.services.s3.listing.keyspace import Page, start
from penstock.services.s3.listing.request import (
    ListingRequest,
    fill,
    last_shown,
    listing_context,
    listing_request,
    object_entry,
    prefixes_of,
)
from penstock.services.s3.owner import owner
from penstock.services.s3.state import S3State

_NEGATIVE = "Argument maxKeys must be an integer between 0 and 2147483647"


@operation("ListObjects", action="s3:ListBucket", resource=bucket_arn, context=listing_context)
async def list_objects(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the page after ``Marker``; ``NextMarker`` only when there is a delimiter, as AWS does."""
    request = listing_request(params, _NEGATIVE)
    marker = params.get("Marker") or ""
    page, bucket = await _page(s3, call, params, request, marker)
    result = _result(params, request, page, bucket.account)
    result["BucketRegion"] = bucket.region
    result["Marker"] = request.encode(marker)
    if page.truncated and request.delimiter:
        result["NextMarker"] = request.encode(last_shown(page))
    return result


@operation("ListObjectsV2", action="s3:ListBucket", resource=bucket_arn, context=listing_context)
async def list_objects_v2(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the page after ``ContinuationToken``, or else after ``StartAfter``."""
    request = listing_request(params, _NEGATIVE)
    token, after = params.get("ContinuationToken"), params.get("StartAfter")
    marker = (after or "") if token is None else decode_token(token)
    page, bucket = await _page(s3, call, params, request, marker)
    result = _result(params, request, page, bucket.account if params.get("FetchOwner") else None)
    result["BucketRegion"] = bucket.region
    result["KeyCount"] = len(page.entries)
    if token is not None:
        result["ContinuationToken"] = token
    elif after is not None:
        result["StartAfter"] = request.encode(after)
    if page.truncated:
        result["NextContinuationToken"] = encode_token(last_shown(page))
    return result


async def _page(
    s3: S3State, call: Call, params: Params, request: ListingRequest, marker: str
) -> tuple[Page, Bucket]:
    bucket = await s3.store.read(requested_bucket, call, params)
    position = start(marker, request.prefix, request.delimiter)
    page = Page(bucket.id, position, request.max_keys, request.prefix, request.delimiter)
    await fill(s3, call, params, page)
    return page, bucket


def _result(params: Params, request: ListingRequest, page: Page, account: str | None) -> Params:
    contents = [object_entry(row, request.encode) for row in page.entries if not isinstance(row, str)]
    if account:
        for entry in contents:
            entry["Owner"] = owner(account)
    result = request.echo(params)
    result["IsTruncated"] = page.truncated
    result["Contents"] = contents
    result["CommonPrefixes"] = prefixes_of(page, request.encode)
    return result
