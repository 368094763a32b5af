"""Settings that cannot be put here: reading and deleting them answers as AWS does where they never were.

Terraform and the SDKs read all of these of every bucket, and delete those that a user takes out of a plan.
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn, object_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.errors import invalid_request
from penstock.services.s3.state import S3State


@operation("GetBucketLifecycleConfiguration", action="s3:GetLifecycleConfiguration", resource=bucket_arn)
async def get_bucket_lifecycle_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchLifecycleConfiguration``."""
    message = "The lifecycle configuration does not exist"
    await _missing(s3, call, params, "NoSuchLifecycleConfiguration", message)


@operation("DeleteBucketLifecycle", action="s3:PutLifecycleConfiguration", resource=bucket_arn)
async def delete_bucket_lifecycle(s3: S3State, call: Call, params: Params) -> None:
    """Returns: there is nothing to delete."""
    await s3.store.read(requested_bucket, call, params)


@operation("GetBucketWebsite", action="s3:GetBucketWebsite", resource=bucket_arn)
async def get_bucket_website(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchWebsiteConfiguration``."""
    message = "The specified bucket does not have a website configuration"
    await _missing(s3, call, params, "NoSuchWebsiteConfiguration", message)


@operation("DeleteBucketWebsite", action="s3:DeleteBucketWebsite", resource=bucket_arn)
async def delete_bucket_website(s3: S3State, call: Call, params: Params) -> None:
    """Returns: there is nothing to delete."""
    await s3.store.read(requested_bucket, call, params)


@operation("GetBucketReplication", action="s3:GetReplicationConfiguration", resource=bucket_arn)
async def get_bucket_replication(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``ReplicationConfigurationNotFoundError``."""
    message = "The replication configuration was not found"
    await _missing(s3, call, params, "ReplicationConfigurationNotFoundError", message)


@operation("DeleteBucketReplication", action="s3:PutReplicationConfiguration", resource=bucket_arn)
async def delete_bucket_replication(s3: S3State, call: Call, params: Params) -> None:
    """Returns: there is nothing to delete."""
    await s3.store.read(requested_bucket, call, params)


@operation("GetObjectLockConfiguration", action="s3:GetBucketObjectLockConfiguration", resource=bucket_arn)
async def get_object_lock_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``ObjectLockConfigurationNotFoundError``."""
    message = "Object Lock configuration does not exist for this bucket"
    await _missing(s3, call, params, "ObjectLockConfigurationNotFoundError", message)


@operation("GetObjectRetention", action="s3:GetObjectRetention", resource=object_arn)
async def get_object_retention(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``InvalidRequest``: no bucket locks its objects."""
    await _unlocked(s3, call, params)


@operation("GetObjectLegalHold", action="s3:GetObjectLegalHold", resource=object_arn)
async def get_object_legal_hold(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``InvalidRequest``: no bucket locks its objects."""
    await _unlocked(s3, call, params)


@operation("GetBucketLogging", action="s3:GetBucketLogging", resource=bucket_arn)
async def get_bucket_logging(s3: S3State, call: Call, params: Params) -> Params:
    """Returns nothing: access is not logged."""
    await s3.store.read(requested_bucket, call, params)
    return {}


@operation("GetBucketAccelerateConfiguration", action="s3:GetAccelerateConfiguration", resource=bucket_arn)
async def get_bucket_accelerate_configuration(s3: S3State, call: Call, params: Params) -> Params:
    """Returns nothing: transfers were never accelerated."""
    await s3.store.read(requested_bucket, call, params)
    return {}


@operation("GetBucketRequestPayment", action="s3:GetBucketRequestPayment", resource=bucket_arn)
async def get_bucket_request_payment(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``BucketOwner``."""
    await s3.store.read(requested_bucket, call, params)
    return {"Payer": "BucketOwner"}


async def _missing(s3: S3State, call: Call, params: Params, code: str, message: str) -> None:
    bucket = await s3.store.read(requested_bucket, call, params)
    raise AwsError(code, message, status=404, BucketName=bucket.name)


async def _unlocked(s3: S3State, call: Call, params: Params) -> None:
    await s3.store.read(requested_bucket, call, params)
    raise invalid_request("Bucket is missing Object Lock Configuration")
