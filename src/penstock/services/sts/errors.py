"""STS's error answers.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from penstock.errors import AwsError


def validation(text: str) -> AwsError:
    """A parameter cannot be, for this role or at all."""
    return AwsError("ValidationError", text, status=400)


def access_denied(reason: str) -> AwsError:
    """The caller may not assume the role, or there is none: which of the two is not told."""
    return AwsError("AccessDenied", reason, status=403)


def malformed_document(text: str) -> AwsError:
    """The session policy is malformed."""
    return AwsError("MalformedPolicyDocument", text, status=400)


def packed_policy_too_large(percent: int) -> AwsError:
    """The session policies take more room than a session token has."""
    text = f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    return AwsError("PackedPolicyTooLarge", text, status=400)


def not_implemented(parameter: str) -> AwsError:
    """A parameter of an operation that this server does not know what to do with."""
    return AwsError("NotImplemented", f"{parameter} is not implemented by this server.", status=501)
