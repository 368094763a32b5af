"""The one way in which DynamoDB refuses a parameter.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
"""

from penstock.errors import AwsError


def invalid(message: str) -> AwsError:
    """A parameter has a value that it may not have."""
    return AwsError("ValidationException", message, status=400)


def invalid_value(reason: str) -> AwsError:
    """An attribute value cannot be so."""
    return invalid(f"One or more parameter values were invalid: {reason}")
