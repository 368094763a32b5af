"""Secrets Manager's error answers.

Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html, each action's page, and texts
that people report from AWS.
"""

from penstock.errors import AwsError


def no_secret() -> AwsError:
    """There is no such secret, or it is gone for good."""
    return _not_found("Secrets Manager can't find the specified secret.")


def no_version(what: str) -> AwsError:
    """The secret has no such version; ``what`` says which: ``VersionId: x``, ``staging label: AWSCURRENT``."""
    return _not_found(f"Secrets Manager can't find the specified secret value for {what}")


def no_resource_version(version: str) -> AwsError:
    """The secret has no version of this id, whose stages were to be moved."""
    return _not_found(f"Secrets Manager can't find the specified version {version}.")


def secret_exists(name: str) -> AwsError:
    """The secret is there already."""
    message = f"The operation failed because the secret {name} already exists."
    return AwsError("ResourceExistsException", message, status=400)


def token_in_use(token: str, arn: str) -> AwsError:
    """The version is there already, with another value."""
    message = (
        f"You can't use ClientRequestToken {token} because that value is already in use "
        f"for a version of secret {arn}."
    )
    return AwsError("ResourceExistsException", message, status=400)


def invalid_parameter(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("InvalidParameterException", message, status=400)


def invalid_name() -> AwsError:
    """A secret may not be called so."""
    message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    return AwsError("ValidationException", message, status=400)


def invalid_request(message: str) -> AwsError:
    """The secret is in a state that does not allow it."""
    return AwsError("InvalidRequestException", message, status=400)


def marked_for_deletion() -> AwsError:
    """The secret waits to be deleted."""
    return invalid_request(
        "You can't perform this operation on the secret because it was marked for deletion."
    )


def limit_exceeded(message: str) -> AwsError:
    """There would be more than there may be."""
    return AwsError("LimitExceededException", message, status=400)


def invalid_token() -> AwsError:
    """The token of a page is none of ours."""
    return AwsError("InvalidNextTokenException", "Invalid pagination token.", status=400)


def malformed_policy(reason: str) -> AwsError:
    """The policy cannot be read."""
    message = f"This resource policy contains a syntax error: {reason}"
    return AwsError("MalformedPolicyDocumentException", message, status=400)


def public_policy() -> AwsError:
    """The policy would let in everybody, which the caller wanted to be told of."""
    message = "You can't attach a resource policy that allows broad access to the secret."
    return AwsError("PublicPolicyException", message, status=400)


def cannot_invoke() -> AwsError:
    """The function that is to rotate the secret is not there, or does not let Secrets Manager in."""
    message = (
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access "
        "to the principal secretsmanager.amazonaws.com."
    )
    return AwsError("AccessDeniedException", message, status=400)


def cannot_encrypt(refusal: AwsError) -> AwsError:
    """KMS did not let the key be used to encrypt."""
    if refusal.code == "AccessDeniedException":
        return _no_access()
    message = f"Secrets Manager can't encrypt the protected secret text using the provided KMS key. {refusal.message}"
    return AwsError("EncryptionFailure", message, status=400)


def cannot_decrypt(refusal: AwsError) -> AwsError:
    """KMS did not let the key be used to decrypt."""
    if refusal.code == "AccessDeniedException":
        return _no_access()
    message = f"Secrets Manager can't decrypt the protected secret text using the provided KMS key. {refusal.message}"
    return AwsError("DecryptionFailure", message, status=400)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)


def _not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=400)


def _no_access() -> AwsError:
    return AwsError("AccessDeniedException", "Access to KMS is not allowed", status=400)
