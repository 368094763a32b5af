"""The ARNs that S3's operations are authorised on."""

from penstock.server import Call, Params
from penstock.services.s3.state import S3State

_PREFIX = "arn:aws:s3:::"


def bucket_arn(s3: S3State, call: Call, params: Params) -> str:
    """Returns the ARN of the bucket that the call names."""
    return f"{_PREFIX}{params['Bucket']}"


def every_bucket_arn(s3: S3State, call: Call, params: Params) -> str:
    """Returns the ARN that listing the buckets is authorised on, which is the one in AWS's examples.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-policies-s3.html
    """
    return f"{_PREFIX}*"


def object_arn(s3: S3State, call: Call, params: Params) -> str:
    """Returns the ARN of the object that the call names."""
    return f"{_PREFIX}{params['Bucket']}/{params['Key']}"


def bucket_name(arn: str) -> str:
    """Returns the bucket in a bucket's or an object's ARN; empty when it is neither."""
    return arn.removeprefix(_PREFIX).partition("/")[0] if arn.startswith(_PREFIX) else ""
