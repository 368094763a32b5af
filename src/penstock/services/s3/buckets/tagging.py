"""A bucket's tags."""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.abac import tags_count
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.buckets.tags import checked_bucket_tags
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx


@operation("PutBucketTagging", action="s3:PutBucketTagging", resource=bucket_arn)
async def put_bucket_tagging(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the tags have replaced the former ones."""
    tags = payload(call, params, "Tagging").get("TagSet")
    if tags is None:
        raise malformed_xml()
    await s3.store.write(_put, call, params, checked_bucket_tags(tags))


@operation("GetBucketTagging", action="s3:GetBucketTagging", resource=bucket_arn)
async def get_bucket_tagging(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the tags; AwsError ``NoSuchTagSet`` when there are none."""
    return {"TagSet": await s3.store.read(_get, call, params)}


@operation("DeleteBucketTagging", action="s3:PutBucketTagging", resource=bucket_arn)
async def delete_bucket_tagging(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the bucket has no tags."""
    await s3.store.write(_put, call, params, [])


def _put(tx: Tx, call: Call, params: Params, tags: list[dict[str, str]]) -> None:
    bucket = requested_bucket(tx, call, params)
    if tags_count(tx, bucket):
        message = "Tags that policies count can be changed by TagResource and UntagResource only."
        raise AwsError("MethodNotAllowed", message, status=405)
    put_setting(tx, bucket, "tags", tags)


def _get(tx: ReadTx, call: Call, params: Params) -> list[dict[str, str]]:
    bucket = requested_bucket(tx, call, params)
    tags: list[dict[str, str]] = setting(tx, bucket, "tags", [])
    if not tags:
        raise AwsError("NoSuchTagSet", "The TagSet does not exist", status=404, BucketName=bucket.name)
    return tags
