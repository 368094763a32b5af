"""Parameter Store's error answers.

Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html, each action's page,
and texts that people report from AWS.
"""

from penstock.errors import AwsError


def validation(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("ValidationException", message, status=400)


def no_parameter(name: str) -> AwsError:
    """There is no such parameter."""
    return AwsError("ParameterNotFound", f"Parameter {name} not found.", status=400)


def no_version(selector: str) -> AwsError:
    """The parameter has no version with that number or label."""
    message = (
        f"Systems Manager could not find version {selector} of parameter. Verify the version and try again."
    )
    return AwsError("ParameterVersionNotFound", message, status=400)


def parameter_exists() -> AwsError:
    """The parameter is there already, and was not to be overwritten."""
    message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    return AwsError("ParameterAlreadyExists", message, status=400)


def reserved_name(name: str) -> AwsError:
    """Names that begin with ``aws`` are AWS's."""
    return AwsError("AccessDeniedException", f"No access to reserved parameter name: {name}.", status=400)


def too_many_levels() -> AwsError:
    """The path is too deep."""
    message = "Parameter name must not exceed 15 hierarchy levels."
    return AwsError("HierarchyLevelLimitExceededException", message, status=400)


def other_type() -> AwsError:
    """A parameter keeps its type."""
    message = "Parameter Store doesn't support changing a parameter's type in a hierarchy."
    return AwsError("HierarchyTypeMismatchException", message, status=400)


def bad_pattern(pattern: str) -> AwsError:
    """The allowed pattern is no regular expression."""
    return AwsError("InvalidAllowedPatternException", f"The pattern {pattern} is not valid.", status=400)


def no_match(pattern: str) -> AwsError:
    """The value is not what the allowed pattern allows."""
    message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
    return AwsError("ParameterPatternMismatchException", message, status=400)


def oldest_is_labelled(name: str, version: int) -> AwsError:
    """There would be too many versions, and the oldest has a label."""
    message = (
        f"You attempted to create a new version of {name} by calling the PutParameter API with the overwrite flag. "
        f"Version {version}, the oldest version, can't be deleted because it has a label associated with it. "
        "Move the label to another version of the parameter, and try again."
    )
    return AwsError("ParameterMaxVersionLimitExceeded", message, status=400)


def too_many_labels() -> AwsError:
    """A version would have too many labels."""
    message = (
        "A parameter version can have a maximum of ten labels. "
        "Move one or more labels to another version and try again."
    )
    return AwsError("ParameterVersionLabelLimitExceeded", message, status=400)


def too_many_parameters() -> AwsError:
    """The account has as many parameters as it may have."""
    message = "You have exceeded the number of parameters for this AWS account."
    return AwsError("ParameterLimitExceeded", message, status=400)


def too_many_tags() -> AwsError:
    """A parameter would have too many tags."""
    return AwsError("TooManyTagsError", "A resource can have no more than 50 tags.", status=400)


def no_resource(id: str) -> AwsError:
    """There is no such thing that could have tags."""
    return AwsError(
        "InvalidResourceId", f"The resource ID {id} is not valid. Verify that it exists.", status=400
    )


def invalid_token() -> AwsError:
    """The token of a page is none of ours."""
    return AwsError("InvalidNextToken", "The specified token isn't valid.", status=400)


def invalid_filter(code: str, message: str) -> AwsError:
    """A filter's key, option or value is not one that there is."""
    return AwsError(code, message, status=400)


def key_refused(refusal: AwsError) -> AwsError:
    """KMS did not let the parameter's key be used.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html#parameter-store-cmk-fail
    """
    code = "AccessDeniedException" if refusal.code == "AccessDeniedException" else "InvalidKeyId"
    message = f"{refusal.message} (Service: AWSKMS; Status Code: 400; Error Code: {refusal.code})"
    return AwsError(code, message, status=400)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)
