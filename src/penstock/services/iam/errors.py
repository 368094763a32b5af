"""IAM's error answers.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and each operation's page.
"""

from penstock.errors import AwsError


def no_such(word: str, name: str) -> AwsError:
    """The account has no such role, user or group, or one of these no such inline policy: ``word`` says what."""
    return AwsError("NoSuchEntity", f"The {word} with name {name} cannot be found.", status=404)


def no_such_key(access_key_id: str) -> AwsError:
    """There is no such access key of the user."""
    return AwsError("NoSuchEntity", f"The Access Key with id {access_key_id} cannot be found.", status=404)


def no_boundary(arn: str) -> AwsError:
    """Nothing bounds what the role or user may do."""
    return AwsError("NoSuchEntity", f"{arn} does not have a permissions boundary.", status=404)


def exists(word: str, name: str) -> AwsError:
    """The account has a role, user or group of that name, whatever its case; ``word`` says which."""
    return AwsError("EntityAlreadyExists", f"{word} with name {name} already exists.", status=409)


def validation(text: str) -> AwsError:
    """Something is missing that this caller must say."""
    return AwsError("ValidationError", text, status=400)


def no_such_policy(arn: str) -> AwsError:
    """There is no managed policy with this ARN."""
    return AwsError("NoSuchEntity", f"Policy {arn} was not found.", status=404)


def not_attachable(arn: str) -> AwsError:
    """There is no managed policy with this ARN to attach."""
    return AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404)


def no_such_version(arn: str, version: str) -> AwsError:
    """The policy has no such version."""
    text = f"Policy {arn} version {version} does not exist or is not attachable."
    return AwsError("NoSuchEntity", text, status=404)


def policy_exists(name: str) -> AwsError:
    """The account has a managed policy of that name, whatever its case."""
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    return AwsError("EntityAlreadyExists", text, status=409)


def conflict(text: str) -> AwsError:
    """Something still hangs on what is to be deleted."""
    return AwsError("DeleteConflict", text, status=409)


def malformed_document(text: str) -> AwsError:
    """The policy document is malformed."""
    return AwsError("MalformedPolicyDocument", text, status=400)


def limit_exceeded(text: str) -> AwsError:
    """A quota of the account would be exceeded."""
    return AwsError("LimitExceeded", text, status=409)


def invalid_input(text: str) -> AwsError:
    """A parameter is well-formed and still cannot be."""
    return AwsError("InvalidInput", text, status=400)


def invalid_arn(text: str) -> AwsError:
    """What should be a policy's ARN is none."""
    return invalid_input(f"ARN {text} is not valid.")


def no_arn() -> AwsError:
    """It is not said which policy is to be attached or detached; recorded from AWS, spaces and all."""
    return AwsError("ValidationError", "Invalid ARN:  Could not be parsed!", status=400)


def managed_by_aws() -> AwsError:
    """AWS's own policies cannot be changed."""
    return AwsError("AccessDenied", "Policy is outside your own account.", status=403)


def not_implemented(parameter: str) -> AwsError:
    """A parameter of an operation that this server does not know what to do with."""
    return AwsError("NotImplemented", f"{parameter} is not implemented by this server.", status=501)
