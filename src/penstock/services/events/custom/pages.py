"""Pages of lists: which one is asked for, and the token of the next."""

from collections.abc import Callable
from typing import TypeVar

from penstock.server import Params, page_token, read_page_token
from penstock.services.events.custom.errors import invalid

_PAGE = 100

T = TypeVar("T")


def page_of(params: Params) -> tuple[str, int]:
    """Returns behind which name a page begins, "" for the first, and how long it may be; AwsError."""
    token = params.get("NextToken")
    after = read_page_token(token) if token else ""
    if after is None:
        raise invalid("NextToken is not valid.")
    return after, params.get("MaxResults") or _PAGE


def page_token_of(rows: list[T], limit: int, name: Callable[[T], str]) -> Params:
    """Returns the member that says how to go on, if there is more than the page takes."""
    return {"NextToken": page_token(name(rows[limit - 1]))} if len(rows) > limit else {}
