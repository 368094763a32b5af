"""Tokens of pages: opaque to clients, the last name of the page to us."""

from penstock.server import Params, page_token, read_page_token
from penstock.services.schemas.errors import bad_request
from penstock.services.schemas.limits import MAX_PAGE


def page_after(params: Params) -> tuple[str, int]:
    """Returns behind which name a page begins, "" for the first, and how long it may be; AwsError."""
    token = params.get("NextToken")
    after = read_page_token(token) if token else ""
    limit = params.get("Limit") or MAX_PAGE
    if after is None:
        raise bad_request("Invalid NextToken.")
    if not 1 <= limit <= MAX_PAGE:
        raise bad_request(f"Limit must be between 1 and {MAX_PAGE}.")
    return after, limit


def page_of(member: str, shown: list[Params], names: list[str], limit: int) -> Params:
    """Returns the page, which was read with one more than it shows."""
    answer: Params = {member: shown[:limit]}
    if len(shown) > limit:
        answer["NextToken"] = page_token(names[limit - 1])
    return answer
