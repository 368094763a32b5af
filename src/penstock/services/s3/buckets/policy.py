"""A bucket's policy: put, get, delete, and whether it is public."""

from penstock.access import Policy
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.buckets.policy_checks import checked_policy
from penstock.services.s3.buckets.public_access import blocks_public_policy, forget_bucket
from penstock.services.s3.buckets.public_policy import is_public
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("PutBucketPolicy", action="s3:PutBucketPolicy", resource=bucket_arn)
async def put_bucket_policy(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the policy holds; AwsError ``MalformedPolicy``, ``AccessDenied`` for a public one."""
    await s3.store.read(_own_bucket, call, params)
    policy = checked_policy(params.get("Policy") or "", bucket_arn(s3, call, params))
    await s3.store.write(_put, call, params, policy)


@operation("GetBucketPolicy", action="s3:GetBucketPolicy", resource=bucket_arn)
async def get_bucket_policy(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the policy as it was put."""
    return {"Policy": await s3.store.read(_text, call, params)}


@operation("GetBucketPolicyStatus", action="s3:GetBucketPolicyStatus", resource=bucket_arn)
async def get_bucket_policy_status(s3: S3State, call: Call, params: Params) -> Params:
    """Returns whether the policy is public."""
    return {"PolicyStatus": {"IsPublic": is_public(await s3.store.read(_text, call, params))}}


@operation("DeleteBucketPolicy", action="s3:DeleteBucketPolicy", resource=bucket_arn)
async def delete_bucket_policy(s3: S3State, call: Call, params: Params) -> None:
    """Returns when there is no policy, whether there was one or not."""
    await s3.store.write(_delete, call, params)


def _own_bucket(tx: ReadTx, call: Call, params: Params) -> Bucket:
    """Returns the bucket; its policy is for its own account only, whatever the policy says.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    bucket = requested_bucket(tx, call, params)
    if call.account != bucket.account:
        message = "The specified method is not allowed against this resource."
        raise AwsError("MethodNotAllowed", message, status=405)
    return bucket


def _put(tx: Tx, call: Call, params: Params, policy: Policy) -> None:
    bucket = _own_bucket(tx, call, params)
    if blocks_public_policy(tx, bucket) and is_public(policy.text):
        message = (
            f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"{bucket.arn}" because public policies are prevented by the BlockPublicPolicy setting '
            "in S3 Block Public Access."
        )
        raise AwsError("AccessDenied", message, status=403)
    tx.run(Q.put_policy, policy.text, bucket.id)
    forget_bucket(tx, bucket.name)


def _text(tx: ReadTx, call: Call, params: Params) -> str:
    bucket = _own_bucket(tx, call, params)
    if bucket.policy_text is None:
        message = "The bucket policy does not exist"
        raise AwsError("NoSuchBucketPolicy", message, status=404, BucketName=bucket.name)
    return bucket.policy_text


def _delete(tx: Tx, call: Call, params: Params) -> None:
    bucket = _own_bucket(tx, call, params)
    tx.run(Q.put_policy, None, bucket.id)
    forget_bucket(tx, bucket.name)
