"""Making, finding, listing and deleting buckets."""

from typing import NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn, every_bucket_arn
from penstock.services.s3.buckets import errors
from penstock.services.s3.buckets.bucket import Bucket, Versioning, find_bucket, requested_bucket
from penstock.services.s3.buckets.creation_keys import creation_keys, creation_tag_keys
from penstock.services.s3.buckets.limits import MAX_BUCKETS, REGIONS
from penstock.services.s3.buckets.names import is_bucket_name
from penstock.services.s3.buckets.public_access import forget_bucket
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.buckets.tags import checked_bucket_tags, tags_by_key
from penstock.services.s3.continuation import decode_token, encode_token
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.owner import owner
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_HOME = "us-east-1"  # the one region that is named by not naming it
_OLD_NAMES = {"US": _HOME, "EU": "eu-west-1"}  # s3cmd signs for "US" when it makes a bucket
_LAST = "\U0010ffff"
_SYSTEM_TAG = (
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. '
    'Remove "aws:" from your tag keys and try again.'
)


@operation("CreateBucket", action=None)
async def create_bucket(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``Location``, the path of the new bucket, or its address when it is in another region, and its ARN."""
    name = params["Bucket"]
    await _authorize_creation(s3, call, params)
    if not is_bucket_name(name):
        raise errors.invalid_bucket_name(name)
    _refuse_unsupported(params)
    configuration = params.get("CreateBucketConfiguration") or {}
    region = _region(call.region, configuration.get("LocationConstraint"))
    tags = checked_bucket_tags(configuration.get("Tags") or [], _SYSTEM_TAG)
    await s3.store.write(
        _create, name, call, region, _NewSettings(tags, configuration.get("LocationConstraint"))
    )
    return {"Location": _location(call, name, region), "BucketArn": bucket_arn(s3, call, params)}


@operation("HeadBucket", action="s3:ListBucket", resource=bucket_arn)
async def head_bucket(s3: S3State, call: Call, params: Params) -> Params:
    """Returns where the bucket is."""
    bucket = await s3.store.read(requested_bucket, call, params)
    return {
        "BucketArn": bucket.arn,
        "BucketRegion": bucket.region,
        "AccessPointAlias": False,
        "ContentType": "application/xml",
    }


@operation("GetBucketLocation", action="s3:GetBucketLocation", resource=bucket_arn)
async def get_bucket_location(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``LocationConstraint``: the region, or ``EU`` if it was made with that; nothing for us-east-1."""
    return {"LocationConstraint": await s3.store.read(_constraint, call, params)}


@operation("ListBuckets", action="s3:ListAllMyBuckets", resource=every_bucket_arn)
async def list_buckets(s3: S3State, call: Call, params: Params) -> Params:
    """Returns one page of the caller's buckets, by name; every bucket when ``MaxBuckets`` is not given."""
    limit = params.get("MaxBuckets", MAX_BUCKETS)
    if not 1 <= limit <= MAX_BUCKETS:
        message = f"Argument max-buckets must be an integer between 1 and {MAX_BUCKETS}"
        raise invalid_argument(message, "max-buckets", limit)
    token = params.get("ContinuationToken")
    after = decode_token(token) if token else ""
    prefix, region = params.get("Prefix") or "", params.get("BucketRegion")
    if region is not None and region not in REGIONS | {_HOME, call.region}:
        raise errors.invalid_region(region)
    rows = await s3.store.read(_page, call.account, after, prefix, region, limit + 1)
    shown = rows[:limit]
    paged = bool(params.keys() & {"MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion"})
    # The Java SDK wants the owner first.
    result: Params = {"Owner": owner(call.account), "Buckets": [_entry(*row, paged=paged) for row in shown]}
    if len(rows) > limit:
        result["ContinuationToken"] = encode_token(shown[-1][0])
    if "Prefix" in params:
        result["Prefix"] = prefix
    return result


async def _authorize_creation(s3: S3State, call: Call, params: Params) -> None:
    # The name of another account's bucket is its resource, on which nobody else may create anything.
    found = await s3.store.read(find_bucket, params["Bucket"])
    if found and call.account and found.account != call.account:
        raise errors.bucket_already_exists(found.name)
    arn = bucket_arn(s3, call, params)
    await call.authorize("s3:CreateBucket", arn, creation_keys(params))
    if tags := creation_tag_keys(params):
        await call.authorize("s3:TagResource", arn, tags)


def _refuse_unsupported(params: Params) -> None:
    if params.get("ObjectLockEnabledForBucket"):
        raise errors.header_not_implemented("x-amz-bucket-object-lock-enabled")
    if params.get("BucketNamespace", "global") != "global":
        raise errors.header_not_implemented("x-amz-bucket-namespace")
    if params.get("ObjectOwnership", "BucketOwnerEnforced") != "BucketOwnerEnforced":
        raise errors.header_not_implemented("x-amz-object-ownership")
    configuration = params.get("CreateBucketConfiguration") or {}
    if configuration.get("Location") or configuration.get("Bucket"):
        raise errors.not_implemented("Directory buckets are not implemented")
    grants = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
    if params.get("ACL", "private") != "private" or params.keys() & set(grants):
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message, status=400)


def _region(endpoint: str, constraint: str | None) -> str:
    # Requests signed for us-east-1 come through what is the global endpoint at AWS: it creates in any region.
    endpoint = _OLD_NAMES.get(endpoint, endpoint)
    if not constraint:
        if endpoint != _HOME:
            raise errors.illegal_location_constraint("unspecified")
        return _HOME
    region = _OLD_NAMES.get(constraint, constraint)
    if endpoint not in (_HOME, region):
        raise errors.illegal_location_constraint(constraint)
    if region not in REGIONS and (region != endpoint or region == _HOME):
        raise errors.invalid_location_constraint(constraint)
    return region


def _location(call: Call, name: str, region: str) -> str:
    """Returns the path of a bucket where the request was sent, else its address, which S3 gives without TLS."""
    if region == _HOME:
        return f"/{name}"
    host = call.endpoint.partition("://")[2]
    return f"http://{name}.{host.removeprefix(f'{name}.')}/"


class _NewSettings(NamedTuple):
    """What is kept of a creation besides the bucket: its tags, and the region as the caller named it."""

    tags: list[dict[str, str]]
    constraint: str | None


def _create(tx: Tx, name: str, call: Call, region: str, settings: _NewSettings) -> None:
    found = find_bucket(tx, name)
    if found:
        return _create_again(tx, found, call, region, settings.tags)
    if tx.all(Q.count_buckets, call.account)[0][0] >= MAX_BUCKETS:
        raise errors.too_many_buckets()
    key = tx.insert(Q.add_bucket, name, call.account, region, tx.now_ms)
    forget_bucket(tx, name)
    made = Bucket(key, name, call.account, region, tx.now_ms, Versioning.NEVER, None, None)
    if settings.tags:
        put_setting(tx, made, "tags", settings.tags)
    if settings.constraint in _OLD_NAMES:
        put_setting(tx, made, "location", settings.constraint)


def _create_again(tx: Tx, found: Bucket, call: Call, region: str, tags: list[dict[str, str]]) -> None:
    """Returns when nothing would be another: 200 in us-east-1, for compatibility with its beginnings.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_Errors
    """
    if found.account != call.account:
        raise errors.bucket_already_exists(found.name)
    same_tags = not tags or tags_by_key(tags) == tags_by_key(setting(tx, found, "tags", []))
    if not (found.region == region == _HOME and same_tags):
        raise errors.bucket_already_owned_by_you(found.name)


def _constraint(tx: ReadTx, call: Call, params: Params) -> str | None:
    bucket = requested_bucket(tx, call, params)
    if bucket.region == _HOME:
        return None
    named: str = setting(tx, bucket, "location", bucket.region)
    return named


def _page(
    tx: ReadTx, account: str, after: str, prefix: str, region: str | None, limit: int
) -> list[tuple[str, str, int]]:
    if region is None:
        return tx.all(Q.find_buckets, account, after, prefix, prefix + _LAST, limit)
    return tx.all(Q.find_buckets_in_region, account, after, prefix, prefix + _LAST, region, limit)


def _entry(name: str, region: str, created_ms: int, *, paged: bool) -> Params:
    entry: Params = {"Name": name, "BucketArn": f"arn:aws:s3:::{name}", "CreationDate": utc(created_ms)}
    if paged:  # AWS gives the region only to requests with a parameter
        entry["BucketRegion"] = region
    return entry
