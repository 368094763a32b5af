"""STS's error answers.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from penstock.access import Principal
from penstock.errors import AwsError


def validation(text: str) -> AwsError:
    """A parameter cannot be, for this role or at all."""
    return AwsError("ValidationError", text, status=400)


def access_denied(reason: str) -> AwsError:
    """The caller may not assume the role, or there is none: which of the two is not told."""
    return AwsError("AccessDenied", reason, status=403)


def not_authorized(principal: Principal, action: str, resource: str) -> AwsError:
    """There is no such role, or nothing that a policy says would let this caller in."""
    who = principal.arn or principal.service
    return access_denied(f"User: {who} is not authorized to perform: {action} on resource: {resource}")


def duplicate_tag_keys() -> AwsError:
    """Two tags of a session have keys that differ in their case at most."""
    return _invalid_value("Duplicate tag keys found. Please note that Tag keys are case insensitive.")


def reserved_tag_key() -> AwsError:
    """A tag of a session begins as AWS's own do; the text is this server's."""
    return _invalid_value("Tag keys that begin with aws: are reserved for AWS.")


def inherited_tag_key() -> AwsError:
    """A tag of a session would take the place of one that the caller's session hands on."""
    text = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
    return _invalid_value(text + "from the calling session.")


def transitive_key_without_tag() -> AwsError:
    """A key is to be handed on that no tag has."""
    return _invalid_value("The specified transitive tag key must be included in the requested tags.")


def invalid_message() -> AwsError:
    """What is to be decoded was not encoded here."""
    return AwsError("InvalidAuthorizationMessageException", "Message is not valid", status=400)


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


def _invalid_value(text: str) -> AwsError:
    return AwsError("InvalidParameterValue", text, status=400)


def invalid_token(text: str) -> AwsError:
    """The token of an identity provider is not true, or not for us."""
    return AwsError("InvalidIdentityToken", text, status=400)


def expired_token(now_s: int, ended_s: int) -> AwsError:
    """The token of an identity provider is over."""
    text = f"Token expired: current date/time {now_s} must be before the expiration date/time {ended_s}"
    return AwsError("ExpiredTokenException", text, status=400)


def no_keys() -> AwsError:
    """The identity provider does not tell its keys, or the file that has them cannot be read."""
    text = (
        "Couldn't retrieve verification key from your identity provider, please reference "
        "AssumeRoleWithWebIdentity documentation for requirements"
    )
    return AwsError("IDPCommunicationError", text, status=400)
