"""CloudTrail's error answers.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from penstock.errors import AwsError


def invalid_max_results() -> AwsError:
    """A page has one to fifty events."""
    text = "The maximum number of results specified must be greater than 0 and less than or equal to 50."
    return AwsError("InvalidMaxResultsException", text, status=400)


def invalid_time_range() -> AwsError:
    """The range ends before it begins."""
    return AwsError("InvalidTimeRangeException", "The start time must be before the end time.", status=400)


def too_many_attributes() -> AwsError:
    """Events are looked up by one attribute at a time."""
    text = "You can specify only one lookup attribute."
    return AwsError("InvalidLookupAttributesException", text, status=400)


def invalid_token() -> AwsError:
    """The token is none that a page has given for this question."""
    return AwsError("InvalidNextTokenException", "Invalid NextToken.", status=400)


def insights_unavailable() -> AwsError:
    """There are no Insights events."""
    text = "Insights events are not implemented by this server."
    return AwsError("InvalidEventCategoryException", text, status=400)
