"""Who may touch an object: actions by version, condition keys.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Mapping
from functools import partial

from penstock.access import Keys
from penstock.errors import AwsError
from penstock.server import Call, Lookup, Params
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.objects.object import current_object, find_version
from penstock.services.s3.objects.tags import parse_tag_header
from penstock.services.s3.state import S3State
from penstock.store import ReadTx

_ACL_KEYS = (
    ("ACL", "s3:x-amz-acl"),
    ("GrantFullControl", "s3:x-amz-grant-full-control"),
    ("GrantRead", "s3:x-amz-grant-read"),
    ("GrantReadACP", "s3:x-amz-grant-read-acp"),
    ("GrantWrite", "s3:x-amz-grant-write"),
    ("GrantWriteACP", "s3:x-amz-grant-write-acp"),
)
_WRITE_KEYS = (
    *_ACL_KEYS,
    ("StorageClass", "s3:x-amz-storage-class"),
    ("ServerSideEncryption", "s3:x-amz-server-side-encryption"),
    ("SSEKMSKeyId", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    ("SSECustomerAlgorithm", "s3:x-amz-server-side-encryption-customer-algorithm"),
    ("WebsiteRedirectLocation", "s3:x-amz-website-redirect-location"),
    ("ObjectLockMode", "s3:object-lock-mode"),
    ("ObjectLockLegalHoldStatus", "s3:object-lock-legal-hold"),
    ("CopySource", "s3:x-amz-copy-source"),
    ("MetadataDirective", "s3:x-amz-metadata-directive"),
    ("IfNoneMatch", "s3:if-none-match"),
    ("IfMatch", "s3:if-match"),
)
# What is authorised as a write and makes no object yet.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
_PREPARATIONS = frozenset(("CreateMultipartUpload", "UploadPart", "UploadPartCopy"))

_DAY_MS = 86_400_000


def write_keys(s3: S3State, call: Call, params: Params) -> Keys:
    """Returns the condition keys of a write."""
    keys: Keys = {key: params[member] for member, key in _WRITE_KEYS if member in params}
    keys["s3:ObjectCreationOperation"] = "false" if call.operation in _PREPARATIONS else "true"
    if tagging := params.get("Tagging"):
        keys |= requested_tags(parse_tag_header(tagging))
    if (until := params.get("ObjectLockRetainUntilDate")) is not None:
        keys["s3:object-lock-retain-until-date"] = until.isoformat()
        left_ms = int(until.timestamp() * 1000) - call.now_ms
        keys["s3:object-lock-remaining-retention-days"] = str(left_ms // _DAY_MS)
    return keys


def acl_keys(s3: S3State, call: Call, params: Params) -> Keys:
    """Returns the condition keys of a new access control list."""
    return {key: params[member] for member, key in _ACL_KEYS if member in params}


def requested_tags(tags: Mapping[str, str]) -> Keys:
    """Returns the condition keys of tags that a request would set."""
    keys: Keys = {f"s3:RequestObjectTag/{key}": value for key, value in tags.items()}
    return {**keys, "s3:RequestObjectTagKeys": list(tags)}


async def authorize_object(
    s3: S3State, call: Call, params: Params, verb: str, noun: str = "", asked: Keys | None = None
) -> None:
    """Returns when the caller may ``s3:{verb}Object{noun}``, or ``…ObjectVersion…`` of a named version.

    ``asked`` are the condition keys of what the request would do with it.
    """
    version = params.get("VersionId")
    subject = "Object"
    if version is not None:
        asked, subject = {**(asked or {}), "s3:VersionId": version}, "ObjectVersion"
    tags = Lookup("s3:existingobjecttag/", partial(_existing_tags, call=call, params=params))
    await call.authorize(
        f"s3:{verb}{subject}{noun}", f"arn:aws:s3:::{params['Bucket']}/{params['Key']}", asked, tags
    )


async def may_read_tags(s3: S3State, call: Call, params: Params) -> bool:
    """Returns whether the caller may read the object's tags; others are not told how many there are.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    try:
        await authorize_object(s3, call, params, "Get", "Tagging")
    except AwsError:
        return False
    return True


async def authorize_tags(call: Call, params: Params, tags: Mapping[str, str]) -> None:
    """Returns when the caller may set ``tags``, which are some, with the object that it writes."""
    arn = f"arn:aws:s3:::{params['Bucket']}/{params['Key']}"
    await call.authorize("s3:PutObjectTagging", arn, requested_tags(tags))


def _existing_tags(tx: ReadTx, call: Call, params: Params) -> Keys:
    bucket = find_bucket(tx, params["Bucket"])
    if bucket is None or call.seen.get(bucket.name) != bucket.identity:
        return {}  # nobody gets at another bucket than the one whose policy is asked
    key, version = params["Key"], params.get("VersionId")
    if version is None:
        found = current_object(tx, bucket.id, key)
    else:
        found = find_version(tx, bucket.id, key, version)
    tags = found.meta.tags if found else {}
    return {f"s3:ExistingObjectTag/{name}": value for name, value in tags.items()}


async def hide_missing(call: Call, bucket: str, error: AwsError) -> AwsError:
    """Returns ``error`` when the caller may know that the key is missing, which takes ``s3:ListBucket``.

    Without that AWS answers AccessDenied, as does this.
    """
    if error.code in ("NoSuchKey", "NoSuchVersion"):
        await call.authorize("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return error
