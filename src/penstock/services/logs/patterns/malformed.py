"""What is said of a text that is no filter pattern."""

from penstock.errors import AwsError
from penstock.services.logs.errors import invalid_parameter


def malformed(reason: str = "") -> AwsError:
    """The text is no filter pattern."""
    return invalid_parameter("Invalid filter pattern" + (f": {reason}" if reason else ""))
