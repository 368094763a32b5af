"""Lambda's error answers. Every one has a ``Type``: ``User`` when the caller is at fault.

Source: https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's page.
"""

from penstock.errors import AwsError
from penstock.services.lambda_.limits import MAX_SYNC_PAYLOAD

THROTTLED = "TooManyRequestsException"
RECURSIVE = "RecursiveInvocationException"


def not_found(message: str) -> AwsError:
    """Something named in the request is not there."""
    return AwsError("ResourceNotFoundException", message, status=404, Type="User")


def function_not_found(arn: str) -> AwsError:
    """The function is not there."""
    return not_found(f"Function not found: {arn}")


def conflict(message: str) -> AwsError:
    """What is to be made exists already."""
    return AwsError("ResourceConflictException", message, status=409, Type="User")


def in_use(message: str) -> AwsError:
    """What is to be changed is still on its way from one state to another."""
    return AwsError("ResourceInUseException", message, status=400, Type="User")


def invalid(message: str) -> AwsError:
    """A parameter has a value that cannot be used."""
    return AwsError("InvalidParameterValueException", message, status=400, Type="User")


def unpublished() -> AwsError:
    """Only a published version can have provisioned concurrency."""
    return invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")


def out_of_range(value: object, member: str, constraint: str) -> AwsError:
    """A parameter breaks a constraint that the model does not state for ordinary functions."""
    what = f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
    return AwsError("ValidationException", f"1 validation error detected: {what}", status=400)


def stale_revision() -> AwsError:
    """Somebody else has changed the function since."""
    return AwsError(
        "PreconditionFailedException",
        "The RevisionId provided does not match the latest RevisionId. "
        "Call the GetFunction/GetAlias API to retrieve the latest RevisionId for your resource",
        status=412,
        Type="User",
    )


def not_json(reason: str) -> AwsError:
    """The payload of an invocation is no JSON."""
    return AwsError(
        "InvalidRequestContentException",
        f"Could not parse request body into json: {reason}",
        status=400,
        Type="User",
    )


def payload_too_large(limit: int) -> AwsError:
    """The payload of an invocation is too large."""
    return AwsError(
        "RequestTooLargeException",
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
        status=413,
        Type="User",
    )


def request_too_large(operation: str, limit: int) -> AwsError:
    """The body of a request is longer than the operation takes."""
    if operation == "Invoke":
        return payload_too_large(MAX_SYNC_PAYLOAD)
    return AwsError(
        "RequestEntityTooLargeException",
        f"Request must be smaller than {limit} bytes for the {operation} operation",
        status=413,
        Type="User",
    )


def throttled() -> AwsError:
    """Every execution that is reserved for the function is busy, or none is reserved."""
    return AwsError(
        THROTTLED,
        "Rate Exceeded.",
        status=429,
        Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
        Type="User",
    )


def recursive_loop(arn: str) -> AwsError:
    """The function has caused itself to run too often."""
    return AwsError(
        RECURSIVE,
        f"Lambda has detected {arn} being invoked in a recursive loop and stopped its invocation.",
        status=400,
        Type="User",
    )


def role_not_assumable() -> AwsError:
    """The role is gone, or does not trust Lambda any more, and the function is to run."""
    return AwsError(
        "AccessDeniedException",
        "The role defined for the function cannot be assumed by Lambda.",
        status=403,
        Type="User",
    )


def not_started(reason: str) -> AwsError:
    """No process could be made for the function."""
    message = f"The function's process could not be started: {reason}"
    return AwsError("ServiceException", message, status=500, Type="Service")


def caller_gone() -> AwsError:
    """Whoever asked for the run has hung up before it began; nobody reads this answer."""
    return AwsError("RequestAbortedException", "The caller has gone.", status=400, Type="User")


def stopping() -> AwsError:
    """The server takes no new work."""
    return AwsError("ServiceException", "The server is stopping.", status=500, Type="Service")


def cannot_encrypt(refusal: AwsError) -> AwsError:
    """KMS did not let the key encrypt a function's environment, or did not let Lambda use it."""
    return invalid(
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
        f"CreateGrant. Please check your KMS key settings. {_kms(refusal)}"
    )


def cannot_decrypt(refusal: AwsError) -> AwsError:
    """KMS did not let the key decrypt a function's environment."""
    code, why = _UNDECRYPTED.get(refusal.code, ("KMSAccessDeniedException", "KMS access was denied"))
    message = (
        f"Lambda was unable to decrypt the environment variables because {why}. "
        f"Please check the function's KMS key settings. {_kms(refusal)}"
    )
    return AwsError(code, message, status=502)


_UNDECRYPTED = {
    "DisabledException": ("KMSDisabledException", "the KMS key used is disabled"),
    "KMSInvalidStateException": (
        "KMSInvalidStateException",
        "the state of the KMS key used is not valid for Decrypt",
    ),
    "NotFoundException": ("KMSNotFoundException", "the KMS key was not found"),
}


def _kms(refusal: AwsError) -> str:
    return f"KMS Exception: {refusal.code} KMS Message: {refusal.message}"
