"""Tokens of lists that are given a hundred at a time."""

from penstock.server import read_page_token
from penstock.services.sns.errors import invalid_parameter


def page_after(token: str | None) -> str:
    """Returns what the page comes behind, "" for the first; AwsError ``InvalidParameter``."""
    after = read_page_token(token) if token else ""
    if after is None:
        raise invalid_parameter("NextToken")
    return after
