"""EventBridge Pipes' error answers.

Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html#API_CreatePipe_Errors
"""

from penstock.errors import AwsError


def validation(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("ValidationException", message)


def no_pipe(name: str) -> AwsError:
    """There is no such pipe in that account and region."""
    return AwsError("NotFoundException", f"Pipe {name} does not exist.")


def pipe_exists(name: str) -> AwsError:
    """The pipe is there already."""
    return _conflict(name, f"Pipe {name} already exists.")


def pipe_is_moving(name: str, state: str) -> AwsError:
    """The pipe cannot be changed while it goes from one state to another."""
    return _conflict(name, f"Pipe {name} is in state {state} and cannot be changed now.")


def too_many_pipes() -> AwsError:
    """There would be more than there may be."""
    return AwsError("ServiceQuotaExceededException", "The limit of pipes has been reached.")


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)


def _conflict(name: str, message: str) -> AwsError:
    return AwsError("ConflictException", message, resourceId=name, resourceType="Pipe")
