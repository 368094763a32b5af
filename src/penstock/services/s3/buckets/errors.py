"""Error answers about buckets and their settings.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from penstock.errors import AwsError
from penstock.services.s3.errors import invalid_argument


def invalid_bucket_name(name: str) -> AwsError:
    """The name breaks a naming rule."""
    return AwsError("InvalidBucketName", "The specified bucket is not valid.", status=400, BucketName=name)


def bucket_already_owned_by_you(name: str) -> AwsError:
    """The caller's account already has it."""
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return AwsError("BucketAlreadyOwnedByYou", message, status=409, BucketName=name)


def bucket_already_exists(name: str) -> AwsError:
    """Another account has it."""
    message = (
        "The requested bucket name is not available. The bucket namespace is shared by all users of "
        "the system. Please select a different name and try again."
    )
    return AwsError("BucketAlreadyExists", message, status=409, BucketName=name)


def too_many_buckets() -> AwsError:
    """The account is full."""
    message = "You have attempted to create more buckets than allowed"
    return AwsError("TooManyBuckets", message, status=400)


def illegal_location_constraint(constraint: str) -> AwsError:
    """The bucket would lie in another region than the one that was asked."""
    message = (
        f"The {constraint} location constraint is incompatible for the region specific endpoint "
        "this request was sent to."
    )
    return AwsError("IllegalLocationConstraintException", message, status=400)


def invalid_location_constraint(constraint: str) -> AwsError:
    """There is no such region, or it must not be named."""
    message = "The specified location-constraint is not valid"
    return AwsError("InvalidLocationConstraint", message, status=400, LocationConstraint=constraint)


def invalid_region(region: str) -> AwsError:
    """There is no such region."""
    return invalid_argument(f"Argument value {region} is not a valid AWS Region", "bucket-region", None)


def bucket_not_empty(name: str, *, versions: bool) -> AwsError:
    """Objects, old versions or delete markers are left."""
    message = "The bucket you tried to delete is not empty"
    if versions:
        message += ". You must delete all versions in the bucket."
    return AwsError("BucketNotEmpty", message, status=409, BucketName=name)


def not_implemented(message: str) -> AwsError:
    """Penstock does not do this."""
    return AwsError("NotImplemented", message, status=501)


def header_not_implemented(header: str) -> AwsError:
    """A header asks for something that Penstock does not do."""
    message = "A header you provided implies functionality that is not implemented"
    return AwsError("NotImplemented", message, status=501, Header=header)
