"""The error answers of custom event buses, as their model has them; the texts are Penstock's own."""

from penstock.errors import AwsError


def invalid(message: str) -> AwsError:
    """A parameter is missing or not valid."""
    return AwsError("InvalidInputException", message, status=400)


def not_found(what: str) -> AwsError:
    """There is no such resource."""
    return AwsError("ResourceNotFoundException", f"{what} does not exist.", status=404)


def exists(what: str) -> AwsError:
    """There is one with the name already."""
    return AwsError("ResourceAlreadyExistsException", f"{what} already exists.", status=409)


def mismatch() -> AwsError:
    """The client token came with other parameters before."""
    message = "The client token was used with different parameters before."
    return AwsError("IdempotentParameterMismatchException", message, status=409)


def wrong_state(message: str) -> AwsError:
    """The resource is not in a state that allows it."""
    return AwsError("InvalidStateException", message, status=409)


def in_use(message: str) -> AwsError:
    """Something hangs on the resource."""
    return AwsError("ResourceInUseException", message, status=409)


def too_many(message: str) -> AwsError:
    """There would be more than there may be."""
    return AwsError("LimitExceededException", message, status=400)


def throttled() -> AwsError:
    """Too much waits already."""
    return AwsError("ThrottlingException", "Rate exceeded", status=429)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)
