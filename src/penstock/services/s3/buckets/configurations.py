"""Configurations of which a bucket may have many, each under an id of its own: none can be put here.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBucketAnalyticsConfigurations.html and its siblings
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.state import S3State


@operation("GetBucketAnalyticsConfiguration", action="s3:GetAnalyticsConfiguration", resource=bucket_arn)
async def get_bucket_analytics_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation("DeleteBucketAnalyticsConfiguration", action="s3:PutAnalyticsConfiguration", resource=bucket_arn)
async def delete_bucket_analytics_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation("ListBucketAnalyticsConfigurations", action="s3:GetAnalyticsConfiguration", resource=bucket_arn)
async def list_bucket_analytics_configurations(s3: S3State, call: Call, params: Params) -> Params:
    """Returns an empty, last page."""
    return await _empty_page(s3, call, params)


@operation(
    "GetBucketIntelligentTieringConfiguration",
    action="s3:GetIntelligentTieringConfiguration",
    resource=bucket_arn,
)
async def get_bucket_intelligent_tiering_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation(
    "DeleteBucketIntelligentTieringConfiguration",
    action="s3:PutIntelligentTieringConfiguration",
    resource=bucket_arn,
)
async def delete_bucket_intelligent_tiering_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation(
    "ListBucketIntelligentTieringConfigurations",
    action="s3:GetIntelligentTieringConfiguration",
    resource=bucket_arn,
)
async def list_bucket_intelligent_tiering_configurations(s3: S3State, call: Call, params: Params) -> Params:
    """Returns an empty, last page."""
    return await _empty_page(s3, call, params)


@operation("GetBucketInventoryConfiguration", action="s3:GetInventoryConfiguration", resource=bucket_arn)
async def get_bucket_inventory_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation("DeleteBucketInventoryConfiguration", action="s3:PutInventoryConfiguration", resource=bucket_arn)
async def delete_bucket_inventory_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Raises AwsError ``NoSuchConfiguration``."""
    await _missing(s3, call, params)


@operation("ListBucketInventoryConfigurations", action="s3:GetInventoryConfiguration", resource=bucket_arn)
async def list_bucket_inventory_configurations(s3: S3State, call: Call, params: Params) -> Params:
    """Returns an empty, last page."""
    return await _empty_page(s3, call, params)


async def _missing(s3: S3State, call: Call, params: Params) -> None:
    await s3.store.read(requested_bucket, call, params)
    raise AwsError("NoSuchConfiguration", "The specified configuration does not exist.", status=404)


async def _empty_page(s3: S3State, call: Call, params: Params) -> Params:
    await s3.store.read(requested_bucket, call, params)
    return {"IsTruncated": False}
