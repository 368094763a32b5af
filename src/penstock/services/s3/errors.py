"""S3's error answers.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from penstock.errors import AwsError


def no_such_bucket(name: str) -> AwsError:
    """The bucket is not there."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", status=404, BucketName=name)
