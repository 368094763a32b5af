"""EventBridge's error answers.

Sources: https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html, each action's page, and texts
that people report from AWS.
"""

from penstock.errors import AwsError


def validation(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("ValidationException", message, status=400)


def no_bus(name: str) -> AwsError:
    """There is no such bus in that account and region."""
    return _not_found(f"Event bus {name} does not exist.")


def no_rule(name: str, bus: str) -> AwsError:
    """The bus has no such rule."""
    return _not_found(f"Rule {name} does not exist on EventBus {bus}.")


def no_policy() -> AwsError:
    """The bus has no policy that a statement could be taken from."""
    return _not_found("EventBus does not have a policy.")


def no_statement() -> AwsError:
    """The policy of the bus has no such statement."""
    return _not_found("Statement with the provided id does not exist.")


def no_connection(name: str) -> AwsError:
    """There is no such connection in that account and region."""
    return _not_found(f"Failed to describe the connection(s). Connection '{name}' does not exist.")


def no_destination(name: str) -> AwsError:
    """There is no such API destination in that account and region."""
    return _not_found(
        f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
    )


def connection_exists(name: str) -> AwsError:
    """The connection is there already."""
    return AwsError("ResourceAlreadyExistsException", f"Connection {name} already exists.", status=400)


def destination_exists(name: str) -> AwsError:
    """The API destination is there already."""
    message = f"An api-destination '{name}' already exists."
    return AwsError("ResourceAlreadyExistsException", message, status=400)


def no_archive(name: str) -> AwsError:
    """There is no such archive in that account and region."""
    return _not_found(f"Archive {name} does not exist.")


def no_replay(name: str) -> AwsError:
    """There is no such replay in that account and region."""
    return _not_found(f"Replay {name} does not exist.")


def archive_exists(name: str) -> AwsError:
    """The archive is there already."""
    return AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.", status=400)


def replay_exists(name: str) -> AwsError:
    """The replay is there already."""
    return AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.", status=400)


def illegal_status(name: str) -> AwsError:
    """The replay has ended, or is being cancelled."""
    message = f"Replay {name} is not in a valid state for this operation."
    return AwsError("IllegalStatusException", message, status=400)


def bus_exists(name: str) -> AwsError:
    """The bus is there already."""
    return AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.", status=400)


def invalid_pattern(reason: str) -> AwsError:
    """The text is not an event pattern."""
    message = f"Event pattern is not valid. Reason: {reason}"
    return AwsError("InvalidEventPatternException", message, status=400)


def limit_exceeded(message: str = "The requested resource exceeds the maximum number allowed.") -> AwsError:
    """There would be more than there may be."""
    return AwsError("LimitExceededException", message, status=400)


def policy_too_long() -> AwsError:
    """The policy of the bus would be longer than 10 KB."""
    message = "Policy length limit exceeded."
    return AwsError("PolicyLengthExceededException", message, status=400)


def unusable_key(name: str, refusal: AwsError) -> AwsError:
    """EventBridge may not look at the key of KMS that is named, or cannot use it."""
    reason = f"{refusal.code}: {refusal.message}"
    return validation(f"Parameter KmsKeyIdentifier is not valid. Reason: {name} cannot be used. {reason}")


def throttled() -> AwsError:
    """Too much waits already."""
    return AwsError("ThrottlingException", "Rate exceeded", status=400)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)


def _not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, status=400)
