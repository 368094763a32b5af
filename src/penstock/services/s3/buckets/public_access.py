"""Block Public Access: what it is set to, and what of a bucket's policy it leaves standing."""

import orjson

from penstock.access import Policy, parse_policy
from penstock.errors import AwsError
from penstock.server import Call, Params, Resource, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.abac import counting_tags
from penstock.services.s3.buckets.bucket import Bucket, find_bucket, requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.public_policy import is_public
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

# New buckets block everything since April 2023:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-bucket.html
_DEFAULT = dict.fromkeys(SETTINGS, True)


@operation("GetPublicAccessBlock", action="s3:GetBucketPublicAccessBlock", resource=bucket_arn)
async def get_public_access_block(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the four settings; AwsError ``NoSuchPublicAccessBlockConfiguration`` when they were deleted."""
    return {"PublicAccessBlockConfiguration": await s3.store.read(_get, call, params)}


@operation("PutPublicAccessBlock", action="s3:PutBucketPublicAccessBlock", resource=bucket_arn)
async def put_public_access_block(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the settings hold; those not given are off."""
    given = payload(call, params, "PublicAccessBlockConfiguration")
    await s3.store.write(_put, call, params, {name: bool(given.get(name)) for name in SETTINGS})


@operation("DeletePublicAccessBlock", action="s3:PutBucketPublicAccessBlock", resource=bucket_arn)
async def delete_public_access_block(s3: S3State, call: Call, params: Params) -> None:
    """Returns when nothing is blocked any more."""
    await s3.store.write(_put, call, params, None)


def blocks_public_policy(tx: ReadTx, bucket: Bucket) -> bool:
    """Returns whether public policies must be refused."""
    block = setting(tx, bucket, "public_access_block", _DEFAULT)
    return block is not None and block["BlockPublicPolicy"]


def load_resource(tx: ReadTx, name: str) -> Resource:
    """Returns what authorisation must know of the bucket, whether there is one or not; cached as ``s3.resource``."""
    bucket = find_bucket(tx, name)
    if bucket is None:
        return Resource(name=name)
    keys = {"s3:ResourceAccount": bucket.account, **counting_tags(tx, bucket)}
    return Resource(_effective_policy(tx, bucket), bucket.account, name, bucket.identity, keys)


def forget_bucket(tx: Tx, name: str) -> None:
    """Drops what is remembered of the bucket; call it in the transaction that changes it."""
    tx.forget("s3.bucket", name)
    tx.forget("s3.resource", name)


def _get(tx: ReadTx, call: Call, params: Params) -> dict[str, bool]:
    block: dict[str, bool] | None
    block = setting(tx, requested_bucket(tx, call, params), "public_access_block", _DEFAULT)
    if block is None:
        message = "The public access block configuration was not found"
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration", message, status=404, BucketName=params["Bucket"]
        )
    return block


def _put(tx: Tx, call: Call, params: Params, block: dict[str, bool] | None) -> None:
    bucket = requested_bucket(tx, call, params)
    put_setting(tx, bucket, "public_access_block", block)
    forget_bucket(tx, bucket.name)


def _effective_policy(tx: ReadTx, bucket: Bucket) -> Policy | None:
    """Returns the bucket's policy as it counts: a public one may be restricted to the bucket's account."""
    if bucket.policy is None or bucket.policy_text is None:
        return None
    block = setting(tx, bucket, "public_access_block", _DEFAULT)
    if block is None or not block["RestrictPublicBuckets"] or not is_public(bucket.policy_text):
        return bucket.policy
    return _restricted(bucket.policy_text, bucket.account)


def _restricted(document: str, account: str) -> Policy:
    """Returns the policy with a statement that denies everybody but the account's own and AWS services."""
    content = orjson.loads(document)
    statements = content["Statement"] if isinstance(content["Statement"], list) else [content["Statement"]]
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "StringNotEquals": {"aws:PrincipalAccount": account},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    }
    return parse_policy(content | {"Statement": [*statements, denial]}, kind="resource")
