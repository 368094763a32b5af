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


def no_such_instance_profile(name: str) -> AwsError:
    """The account has no such instance profile."""
    return AwsError("NoSuchEntity", f"Instance Profile {name} cannot be found.", status=404)


def instance_profile_exists(name: str) -> AwsError:
    """The account has an instance profile of that name, whatever its case."""
    return AwsError("EntityAlreadyExists", f"Instance Profile {name} already exists.", status=409)


def protected_role(name: str) -> AwsError:
    """Only the service that it is linked to may change the role."""
    text = (
        f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    )
    return AwsError("UnmodifiableEntity", text, status=400)


def no_linked_role(service: str) -> AwsError:
    """The service has no role of its own, as far as this server knows; the text is Penstock's."""
    return invalid_input(f"Service-linked roles of {service} are not known to this server.")


def linked_role_exists(name: str) -> AwsError:
    """The service has its role already."""
    text = f"Service role name {name} has been taken in this account, please try a different suffix."
    return invalid_input(text)


def reserved_path(path: str) -> AwsError:
    """Roles of this path are made for services only; the text is Penstock's."""
    return invalid_input(f"Path {path} is reserved for service-linked roles.")


def no_login_profile(name: str) -> AwsError:
    """The user has no password."""
    return AwsError("NoSuchEntity", f"Login Profile for User {name} cannot be found.", status=404)


def login_profile_exists(name: str) -> AwsError:
    """The user has a password."""
    return AwsError("EntityAlreadyExists", f"Login Profile for user {name} already exists.", status=409)


def password_violates() -> AwsError:
    """The password is not what the account's policy asks for, or is one of the latest."""
    text = "Password does not conform to the account password policy."
    return AwsError("PasswordPolicyViolation", text, status=400)


def wrong_password() -> AwsError:
    """The old password is another one."""
    return AwsError("AccessDenied", "The old password was incorrect.", status=403)


def only_for_users() -> AwsError:
    """Only users have passwords that they can change."""
    return AwsError("InvalidUserType", "Only IAM Users can change their own password", status=400)


def no_password_policy(account: str) -> AwsError:
    """The account has AWS's default policy."""
    text = f"The Password Policy with domain name {account} cannot be found."
    return AwsError("NoSuchEntity", text, status=404)


def alias_exists(alias: str) -> AwsError:
    """Another account has the alias."""
    return AwsError("EntityAlreadyExists", f"The account alias {alias} already exists.", status=409)


def no_alias(alias: str) -> AwsError:
    """The account has no such alias."""
    return AwsError("NoSuchEntity", f"The account alias {alias} cannot be found.", status=404)


def no_such_source(arn: str) -> AwsError:
    """The account has no user, group or role with this ARN."""
    return AwsError("NoSuchEntity", f"Entity {arn} does not exist.", status=404)


def no_report() -> AwsError:
    """No credential report was ever made."""
    text = "No report is present. Please use GenerateCredentialReport to generate a report."
    return AwsError("ReportNotPresent", text, status=410)


def old_report() -> AwsError:
    """The credential report is older than four hours."""
    text = "The report is expired. Please use GenerateCredentialReport to generate a new report."
    return AwsError("ReportExpired", text, status=410)


def no_such_provider(arn: str) -> AwsError:
    """The account has no such OpenID Connect provider."""
    return AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", status=404)


def provider_exists(url: str) -> AwsError:
    """The account has a provider of that URL."""
    return AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.", status=409)


def invalid_provider_url(url: str) -> AwsError:
    """The URL is none that tokens could name; the text is Penstock's."""
    return invalid_input(f"Invalid Open ID Connect Provider URL: {url}")
