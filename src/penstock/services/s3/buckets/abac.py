"""Whether a bucket's tags count in policies: as AWS has it, not until its owner says so.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

from penstock.server import Call, Params, operation, resource_tag_keys
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_STATUSES = {"Enabled": True, "Disabled": False}


@operation("GetBucketAbac", action="s3:GetBucketAbac", resource=bucket_arn)
async def get_bucket_abac(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``Enabled`` or ``Disabled``."""
    enabled = await s3.store.read(_get, call, params)
    return {"AbacStatus": {"Status": "Enabled" if enabled else "Disabled"}}


@operation("PutBucketAbac", action="s3:PutBucketAbac", resource=bucket_arn)
async def put_bucket_abac(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the bucket's tags count in policies, or do so no more."""
    status = payload(call, params, "AbacStatus").get("Status")
    if status not in _STATUSES:
        raise malformed_xml()
    await s3.store.write(_put, call, params, _STATUSES[status])


def counting_tags(tx: ReadTx, bucket: Bucket) -> dict[str, str]:
    """Returns the condition keys of the bucket's tags, as far as they count."""
    if not tags_count(tx, bucket):
        return {}
    tags = {tag["Key"]: tag["Value"] for tag in setting(tx, bucket, "tags", [])}
    return resource_tag_keys(tags) | resource_tag_keys(tags, "s3:BucketTag/")


def tags_count(tx: ReadTx, bucket: Bucket) -> bool:
    """Returns whether the bucket's tags count in policies."""
    return bool(setting(tx, bucket, "abac", False))


def _get(tx: ReadTx, call: Call, params: Params) -> bool:
    return tags_count(tx, requested_bucket(tx, call, params))


def _put(tx: Tx, call: Call, params: Params, enabled: bool) -> None:
    bucket = requested_bucket(tx, call, params)
    put_setting(tx, bucket, "abac", enabled)
    tx.forget("s3.resource", bucket.name)
