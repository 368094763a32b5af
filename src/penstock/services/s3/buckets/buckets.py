"""Making, finding, listing and deleting buckets."""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn, every_bucket_arn
from penstock.services.s3.buckets import errors
from penstock.services.s3.buckets.bucket import Bucket, Versioning, find_bucket, requested_bucket
from penstock.services.s3.buckets.creation_keys import creation_keys, creation_tag_keys
from penstock.services.s3.buckets.limits import MAX_BUCKETS, REGIONS
from penstock.services.s3.buckets.names import is_bucket_name
from penstock.services.s3.buckets.public_access import forget_bucket
from penstock.services.s3.buckets.settings import put_setting
from penstock.services.s3.buckets.tags import checked_bucket_tags
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


@operation("CreateBucket", action=None)
async def create_bucket(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``Location``, the path of the new bucket."""
    name = params["Bucket"]
    await _authorize_creation(s3, call, params)
    if not is_bucket_name(name):
        raise errors.invalid_bucket_name(name)
    _refuse_unsupported(params)
    configuration = params.get("CreateBucketConfiguration") or {}
    region = _region(call.region, configuration.get("LocationConstraint"))
    tags = checked_bucket_tags(configuration.get("Tags") or [])
    await s3.store.write(_create, name, call, region, tags)
    return {"Location": f"/{name}"}


@operation("HeadBucket", action="s3:ListBucket", resource=bucket_arn)
async def head_bucket(s3: S3State, call: Call, params: Params) -> Params:
    """Returns where the bucket is."""
    bucket = await s3.store.read(requested_bucket, call, params)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False}


@operation("GetBucketLocation", action="s3:GetBucketLocation", resource=bucket_arn)
async def get_bucket_location(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``LocationConstraint``: the region, or nothing for us-east-1."""
    bucket = await s3.store.read(requested_bucket, call, params)
    return {} if bucket.region == _HOME else {"LocationConstraint": bucket.region}


@operation("ListBuckets", action="s3:ListAllMyBuckets", resource=every_bucket_arn)
async def list_buckets(s3: S3State, call: Call, params: Params) -> Params:
    """Returns one page of the caller's buckets, by name; every bucket when ``MaxBuckets`` is not given."""
    limit = params.get("MaxBuckets", MAX_BUCKETS)
    if not 1 <= limit <= MAX_BUCKETS:
        message = f"Argument max-buckets must be an integer between 1 and {MAX_BUCKETS}"
        raise invalid_argument(message, "max-buckets", limit)
    token = params.get("ContinuationToken")
    after = "" if token is None else decode_token(token)
    prefix, region = params.get("Prefix") or "", params.get("BucketRegion")
    rows = await s3.store.read(_page, call.account, after, prefix, region, limit + 1)
    shown = rows[:limit]
    paged = bool(params.keys() & {"MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion"})
    result: Params = {"Buckets": [_entry(*row, paged=paged) for row in shown], "Owner": owner(call.account)}
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
    if region not in REGIONS and (region != endpoint or region == _HOME):
        raise errors.invalid_location_constraint(constraint)
    if endpoint not in (_HOME, region):
        raise errors.illegal_location_constraint(constraint)
    return region


def _create(tx: Tx, name: str, call: Call, region: str, tags: list[dict[str, str]]) -> None:
    found = find_bucket(tx, name)
    if found:
        # 200 in us-east-1, for compatibility with its beginnings:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_Errors
        if found.account == call.account and found.region == region == _HOME:
            return
        mine = found.account == call.account
        raise errors.bucket_already_owned_by_you(name) if mine else errors.bucket_already_exists(name)
    if tx.all(Q.count_buckets, call.account)[0][0] >= MAX_BUCKETS:
        raise errors.too_many_buckets()
    key = tx.insert(Q.add_bucket, name, call.account, region, tx.now_ms)
    forget_bucket(tx, name)
    if tags:
        made = Bucket(key, name, call.account, region, tx.now_ms, Versioning.NEVER, None, None)
        put_setting(tx, made, "tags", tags)


def _page(
    tx: ReadTx, account: str, after: str, prefix: str, region: str | None, limit: int
) -> list[tuple[str, str, int]]:
    if region is None:
        return tx.all(Q.find_buckets, account, after, prefix, prefix + _LAST, limit)
    return tx.all(Q.find_buckets_in_region, account, after, prefix, prefix + _LAST, region, limit)


def _entry(name: str, region: str, created_ms: int, *, paged: bool) -> Params:
    entry: Params = {"Name": name, "CreationDate": utc(created_ms)}
    if paged:  # AWS gives the region only to requests with a parameter
        entry["BucketRegion"] = region
    return entry
