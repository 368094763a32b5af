"""The schema registry's error answers.

Source: https://docs.aws.amazon.com/eventbridge/latest/schema-reference/
"""

from penstock.errors import AwsError


def bad_request(message: str) -> AwsError:
    """A parameter has a value that it may not have."""
    return _error("BadRequestException", message)


def not_found(what: str, name: str) -> AwsError:
    """There is no such thing in that account and region."""
    return _error("NotFoundException", f"{what} with name {name} does not exist.")


def exists(what: str, name: str) -> AwsError:
    """It is there already."""
    return _error("ConflictException", f"{what} with name {name} already exists.")


def _error(code: str, message: str) -> AwsError:
    return AwsError(code, message, Code=code)
