"""What S3 says about notification configurations that it does not take.

Texts recorded from AWS's answers; the rules behind them:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
"""

from penstock.errors import AwsError
from penstock.services.s3.buckets.limits import MAX_FILTER_VALUE, MAX_NOTIFICATIONS
from penstock.services.s3.errors import invalid_argument


def too_many() -> AwsError:
    """More configurations than a bucket may have."""
    message = f"Number of notification configurations exceeds the allowed limit of {MAX_NOTIFICATIONS}"
    return AwsError("InvalidArgument", message, status=400)


def unsupported_event(event: str) -> AwsError:
    """There is no such event; wildcards stand only for everything after a colon."""
    return invalid_argument(f"The event '{event}' is not supported for notifications", "Event", event)


def duplicate_id(id: str) -> AwsError:
    """Two configurations have the same id."""
    return invalid_argument("Same ID used for multiple configurations. IDs must be unique", "Id", id)


def malformed_arn(element: str, arn: str) -> AwsError:
    """The ARN is none, or not one of the service that it was given as."""
    return invalid_argument("The ARN could not be parsed", element, arn)


def wrong_region(element: str, arn: str) -> AwsError:
    """The destination is not in the bucket's region."""
    message = "The notification destination service region is not valid for the bucket location constraint"
    return invalid_argument(message, element, arn)


def filter_name(name: str) -> AwsError:
    """A filter rule is of no known kind."""
    return invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", name)


def repeated_filter(name: str) -> AwsError:
    """A filter has two prefixes, or two suffixes."""
    return invalid_argument(f"Cannot specify more than one {name} rule in a filter.", "FilterRule.Name", name)


def long_filter(value: str) -> AwsError:
    """No key is that long."""
    message = f"Size of filter rule value cannot exceed {MAX_FILTER_VALUE} bytes in UTF-8 representation"
    return invalid_argument(message, "FilterRule.Value", value)


def overlapping_events(events: str) -> AwsError:
    """Two configurations without filters want the same event."""
    message = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
    return invalid_argument(message, "Event", events)


def ambiguous_filters() -> AwsError:
    """One key could match two configurations for the same event."""
    message = (
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
        "are overlapping for the same event type."
    )
    return AwsError("InvalidArgument", message, status=400)


def invalid_destinations(reasons: list[tuple[str, str]]) -> AwsError:
    """``(ARN, reason)`` of each destination that is missing or does not let S3 in, numbered from one."""
    error = AwsError(
        "InvalidArgument", "Unable to validate the following destination configurations", status=400
    )
    for number, (arn, reason) in enumerate(reasons, 1):
        error.fields |= {f"ArgumentName{number}": arn, f"ArgumentValue{number}": reason}
    return error
