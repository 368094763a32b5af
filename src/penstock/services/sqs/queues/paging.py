"""Pages of lists that are ordered by queue name."""

import base64
import binascii

from penstock.services.sqs import limits
from penstock.services.sqs.errors import invalid_parameter, invalid_value


def page_size(value: int | None) -> int:
    """Returns how many entries a page has; AwsError when ``MaxResults`` is out of range."""
    if value is None:
        return limits.MAX_LISTED_QUEUES
    if not 1 <= value <= limits.MAX_LISTED_QUEUES:
        raise invalid_value(value, "MaxResults", "MaxResults must be an integer between 1 and 1000.")
    return value


def make_token(name: str) -> str:
    """Returns the token of the page after ``name``."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def read_token(token: str | None) -> str:
    """Returns the name that the page comes after."""
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        raise invalid_parameter("Invalid or expired next token.") from None
