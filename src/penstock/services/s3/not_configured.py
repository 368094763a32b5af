"""Settings that cannot be put here: reading them answers as AWS does for a bucket on which they never were.

Terraform and the SDKs read all of these of every bucket.
"""

from typing import TYPE_CHECKING

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.bucket import requested_bucket

if TYPE_CHECKING:
    from penstock.services.s3.service import S3


@operation("GetBucketCors", action="s3:GetBucketCORS", resource=bucket_arn)
async def get_bucket_cors(s3: "S3", call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchCORSConfiguration``."""
    await _missing(s3, params, "NoSuchCORSConfiguration", "The CORS configuration does not exist")


@operation("GetBucketLifecycleConfiguration", action="s3:GetLifecycleConfiguration", resource=bucket_arn)
async def get_bucket_lifecycle_configuration(s3: "S3", call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchLifecycleConfiguration``."""
    message = "The lifecycle configuration does not exist"
    await _missing(s3, params, "NoSuchLifecycleConfiguration", message)


@operation("GetBucketWebsite", action="s3:GetBucketWebsite", resource=bucket_arn)
async def get_bucket_website(s3: "S3", call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchWebsiteConfiguration``."""
    message = "The specified bucket does not have a website configuration"
    await _missing(s3, params, "NoSuchWebsiteConfiguration", message)


@operation("GetBucketReplication", action="s3:GetReplicationConfiguration", resource=bucket_arn)
async def get_bucket_replication(s3: "S3", call: Call, params: Params) -> None:
    """Raises AwsError ``ReplicationConfigurationNotFoundError``."""
    message = "The replication configuration was not found"
    await _missing(s3, params, "ReplicationConfigurationNotFoundError", message)


@operation("GetObjectLockConfiguration", action="s3:GetBucketObjectLockConfiguration", resource=bucket_arn)
async def get_object_lock_configuration(s3: "S3", call: Call, params: Params) -> None:
    """Raises AwsError ``ObjectLockConfigurationNotFoundError``."""
    message = "Object Lock configuration does not exist for this bucket"
    await _missing(s3, params, "ObjectLockConfigurationNotFoundError", message)


@operation("GetBucketLogging", action="s3:GetBucketLogging", resource=bucket_arn)
async def get_bucket_logging(s3: "S3", call: Call, params: Params) -> Params:
    """Returns nothing: access is not logged."""
    await s3.parts.store.read(requested_bucket, params)
    return {}


@operation("GetBucketAccelerateConfiguration", action="s3:GetAccelerateConfiguration", resource=bucket_arn)
async def get_bucket_accelerate_configuration(s3: "S3", call: Call, params: Params) -> Params:
    """Returns nothing: transfers were never accelerated."""
    await s3.parts.store.read(requested_bucket, params)
    return {}


@operation("GetBucketRequestPayment", action="s3:GetBucketRequestPayment", resource=bucket_arn)
async def get_bucket_request_payment(s3: "S3", call: Call, params: Params) -> Params:
    """Returns ``BucketOwner``."""
    await s3.parts.store.read(requested_bucket, params)
    return {"Payer": "BucketOwner"}


@operation("GetBucketAbac", action="s3:GetBucketAbac", resource=bucket_arn)
async def get_bucket_abac(s3: "S3", call: Call, params: Params) -> Params:
    """Returns ``Disabled``: a bucket's tags do not count in policies."""
    await s3.parts.store.read(requested_bucket, params)
    return {"AbacStatus": {"Status": "Disabled"}}


async def _missing(s3: "S3", params: Params, code: str, message: str) -> None:
    bucket = await s3.parts.store.read(requested_bucket, params)
    raise AwsError(code, message, status=404, BucketName=bucket.name)
