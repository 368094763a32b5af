"""Tokens of lists that are given a hundred at a time."""

import base64
import binascii

from penstock.services.sns.errors import invalid_parameter


def make_token(after: str) -> str:
    """Returns the token of the page behind ``after``."""
    return base64.urlsafe_b64encode(after.encode()).decode()


def read_token(token: str | None) -> str:
    """Returns what the page comes behind, "" for the first; AwsError ``InvalidParameter``."""
    if not token:
        return ""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_parameter("NextToken") from None
