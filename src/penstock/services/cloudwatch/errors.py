"""CloudWatch's error answers, by the codes that its query protocol has.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html, each action's page,
and texts that people report from AWS.
"""

from penstock.errors import AwsError


def invalid_value(message: str) -> AwsError:
    """A parameter has a value that it may not have."""
    return AwsError("InvalidParameterValue", message, status=400)


def missing_parameter(name: str) -> AwsError:
    """A parameter is missing; ``name`` is its place."""
    return AwsError("MissingParameter", f"The parameter {name} is required.", status=400)


def invalid_combination(message: str) -> AwsError:
    """Parameters do not go together."""
    return AwsError("InvalidParameterCombination", message, status=400)


def validation(message: str) -> AwsError:
    """A parameter of alarms or of GetMetricData cannot be so."""
    return AwsError("ValidationError", message, status=400)


def invalid_token() -> AwsError:
    """The token of a page is none that was given."""
    return AwsError("InvalidNextToken", "The specified nextToken is invalid.", status=400)


def invalid_format(message: str) -> AwsError:
    """A document among the parameters cannot be read."""
    return AwsError("InvalidFormat", message, status=400)


def no_alarm(name: str) -> AwsError:
    """There is no such alarm."""
    return AwsError("ResourceNotFound", f"Alarm {name} does not exist", status=404)


def no_resource(arn: str) -> AwsError:
    """There is nothing with this ARN that could have tags."""
    return AwsError("ResourceNotFoundException", f"Unknown resource {arn}", status=404)


def no_dashboard(name: str) -> AwsError:
    """There is no such dashboard."""
    return AwsError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)


def limit_exceeded(message: str) -> AwsError:
    """There would be more than there may be."""
    return AwsError("LimitExceeded", message, status=400)


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} not implemented by this server.", status=501)
