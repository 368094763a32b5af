"""Tokens of pages: opaque to clients, the last name of the page to us."""

from penstock.server import Params, read_page_token
from penstock.services.scheduler.errors import validation
from penstock.services.scheduler.limits import MAX_PAGE

LAST = "\U0010ffff"


def page_after(params: Params) -> tuple[str, int]:
    """Returns behind which name a page begins, "" for the first, and how long it may be; AwsError."""
    token = params.get("NextToken")
    after = read_page_token(token) if token else ""
    if after is None:
        raise validation("Invalid NextToken.")
    return after, params.get("MaxResults") or MAX_PAGE
