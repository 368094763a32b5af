"""KMS's error answers.

Sources: https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html, each action's page, and texts that
people report from AWS.
"""

from penstock.errors import AwsError, PenstockError


class NotMade(PenstockError):
    """What was given was not made with this secret, or is not as it was."""


def no_key(arn: str) -> AwsError:
    """There is no such key."""
    return AwsError("NotFoundException", f"Key '{arn}' does not exist", status=400)


def no_alias(arn: str) -> AwsError:
    """There is no such alias."""
    return AwsError("NotFoundException", f"Alias {arn} is not found.", status=400)


def no_grant(id: str) -> AwsError:
    """The key has no such grant."""
    return AwsError("NotFoundException", f"Grant ID {id} not found", status=400)


def invalid_arn(text: str) -> AwsError:
    """It is not how a key is named."""
    return AwsError("NotFoundException", f"Invalid keyId '{text}'", status=400)


def disabled(arn: str) -> AwsError:
    """The key is disabled."""
    return AwsError("DisabledException", f"{arn} is disabled.", status=400)


def invalid_state(arn: str, state: str) -> AwsError:
    """The key is in a state that does not allow it."""
    return AwsError("KMSInvalidStateException", f"{arn} {state}.", status=400)


def invalid_usage(arn: str, usage: str, operation: str) -> AwsError:
    """The key is for something else."""
    text = f"{arn} key usage is {usage} which is not valid for {operation}."
    return AwsError("InvalidKeyUsageException", text, status=400)


def incompatible(algorithm: str, spec: str) -> AwsError:
    """Keys of this kind know no such algorithm."""
    return AwsError(
        "InvalidKeyUsageException", f"Algorithm {algorithm} is incompatible with key spec {spec}.", status=400
    )


def unknown_ciphertext(caller: str, action: str) -> AwsError:
    """The key that the ciphertext names is not there, or not in this region."""
    text = (
        f"User: {caller} is not authorized to perform: {action} on the resource associated with this ciphertext "
        "because the resource does not exist in this Region, no resource-based policies allow access, or a "
        "resource-based policy explicitly denies access"
    )
    return AwsError("AccessDeniedException", text, status=400)


def other_region(region: str) -> AwsError:
    """The ARN is one of another region."""
    return AwsError("NotFoundException", f"Invalid arn {region}", status=400)


def invalid_ciphertext() -> AwsError:
    """It was not encrypted here, or under another context, or it was changed. AWS says no more."""
    return AwsError("InvalidCiphertextException", "", status=400)


def incorrect_key() -> AwsError:
    """It was encrypted with another key than the one that is named."""
    text = "The key ID in the request does not identify a CMK that can perform this operation."
    return AwsError("IncorrectKeyException", text, status=400)


def invalid_signature() -> AwsError:
    """The signature is not the one that the key makes."""
    return AwsError("KMSInvalidSignatureException", "", status=400)


def invalid_mac() -> AwsError:
    """The HMAC is not the one that the key makes."""
    return AwsError("KMSInvalidMacException", "", status=400)


def alias_exists(arn: str) -> AwsError:
    """The alias is there already."""
    return AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists", status=400)


def validation(text: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("ValidationException", text, status=400)


def invalid_alias(text: str) -> AwsError:
    """An alias may not be called so."""
    return AwsError("InvalidAliasNameException", text, status=400)


def reserved_alias() -> AwsError:
    """Aliases that begin with alias/aws/ are AWS's."""
    return AwsError("NotAuthorizedException", "", status=400)


def malformed_policy(text: str) -> AwsError:
    """The policy cannot be read, or would lock everybody out."""
    return AwsError("MalformedPolicyDocumentException", text, status=400)


def unsupported(text: str) -> AwsError:
    """A key of this kind cannot do it."""
    return AwsError("UnsupportedOperationException", text, status=400)


def dry_run() -> AwsError:
    """It would have succeeded."""
    return AwsError(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
        status=400,
    )


def limit_exceeded(text: str) -> AwsError:
    """There would be more than there may be."""
    return AwsError("LimitExceededException", text, status=400)


def tag_problem(text: str) -> AwsError:
    """The tags are not such as may be."""
    return AwsError("TagException", text, status=400)


def invalid_marker() -> AwsError:
    """The marker of a page is none of ours."""
    return AwsError("InvalidMarkerException", "Could not deserialize marker", status=400)


def invalid_grant_token() -> AwsError:
    """The grant token is none of ours."""
    return AwsError("InvalidGrantTokenException", "Invalid grant token.", status=400)


def invalid_import_token() -> AwsError:
    """The token is none of ours, or another key's."""
    return AwsError("InvalidImportTokenException", "", status=400)


def expired_import_token() -> AwsError:
    """The token was good for a day."""
    return AwsError("ExpiredImportTokenException", "", status=400)


def incorrect_material() -> AwsError:
    """It is not what the key needs, or not what it had before."""
    return AwsError("IncorrectKeyMaterialException", "", status=400)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)


def invalid_principal(principal: str) -> AwsError:
    """It is nobody whom a grant can name."""
    text = f"ARN does not refer to a valid principal: {principal}"
    return AwsError("InvalidArnException", text, status=400)


def no_policy() -> AwsError:
    """A key has one policy, which is called ``default``."""
    return AwsError("NotFoundException", "No such policy exists", status=400)
