"""EventBridge Scheduler's error answers.

Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/CommonErrors.html, each action's page, and texts that
people report from AWS.
"""

from penstock.errors import AwsError


def validation(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return _error("ValidationException", message)


def invalid_expression(text: str) -> AwsError:
    """The text is no schedule expression."""
    return validation(f"Invalid Schedule Expression {text}.")


def no_schedule(name: str) -> AwsError:
    """There is no such schedule in that group."""
    return _error("ResourceNotFoundException", f"Schedule {name} does not exist.")


def no_group(name: str) -> AwsError:
    """There is no such group in that account and region."""
    return _error("ResourceNotFoundException", f"Schedule group {name} does not exist.")


def schedule_exists(name: str) -> AwsError:
    """The schedule is there already."""
    return _error("ConflictException", f"Schedule {name} already exists.")


def group_exists(name: str) -> AwsError:
    """The group is there already."""
    return _error("ConflictException", f"Schedule group {name} already exists.")


def group_is_deleted(name: str) -> AwsError:
    """The group is on its way out."""
    return _error("ConflictException", f"Schedule group {name} is being deleted.")


def token_used(token: str) -> AwsError:
    """The token was given with another request."""
    return _error("ConflictException", f"The client token {token} was used with different parameters.")


def too_many(what: str) -> AwsError:
    """There would be more than there may be."""
    return _error("ServiceQuotaExceededException", f"The limit of {what} has been reached.")


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)


def _error(code: str, message: str) -> AwsError:
    return AwsError(code, message)
