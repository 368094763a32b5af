"""Refusals of forms and their policies.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

from penstock.errors import AwsError
from penstock.services.s3.errors import invalid_argument


def not_multipart() -> AwsError:
    """The body is no form with a file."""
    message = "At least one of the pre-conditions you specified did not hold"
    condition = "Bucket POST must be of the enclosure-type multipart/form-data"
    return AwsError("PreconditionFailed", message, status=412, Condition=condition)


def malformed_post() -> AwsError:
    """The body is not what its content type says."""
    message = "The body of your POST request is not well-formed multipart/form-data."
    return AwsError("MalformedPOSTRequest", message, status=400)


def fields_too_large(limit: int) -> AwsError:
    """There is too much before the file."""
    message = "Your POST request fields preceding the upload file were too large."
    return AwsError("MaxPostPreDataLengthExceeded", message, status=400, MaxPostPreDataLengthExceeded=limit)


def missing_field(name: str) -> AwsError:
    """A field that must stand before the file does not."""
    message = (
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields."
    )
    return invalid_argument(message, name, "")


def missing_file() -> AwsError:
    """There is no file."""
    return invalid_argument("POST requires exactly one file upload per request.", "file", 0)


def empty_key() -> AwsError:
    """The object would have no name."""
    return invalid_argument("User key must have a length greater than 0.", "key", "")


def invalid_policy(reason: str) -> AwsError:
    """The policy is none."""
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {reason}", status=400)


def against_policy(reason: str) -> AwsError:
    """The form is not what its policy allows."""
    return AwsError("AccessDenied", f"Invalid according to Policy: {reason}", status=403)


def file_too_small(size: int, limit: int) -> AwsError:
    """The file has fewer bytes than the policy asks for."""
    message = "Your proposed upload is smaller than the minimum allowed size"
    return AwsError("EntityTooSmall", message, status=400, ProposedSize=size, MinSizeAllowed=limit)
