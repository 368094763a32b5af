"""Tokens of pages: opaque to clients, the last entry's place to us."""

import orjson

from penstock.server import page_token, read_page_token
from penstock.services.cloudwatch.errors import invalid_token


def make_token(*place: str | int) -> str:
    """Returns the token of the page behind ``place``."""
    return page_token(orjson.dumps(place).decode())


def read_token(token: str, *kinds: type) -> list[str | int]:
    """Returns the place that ``make_token`` was given, of values of these kinds; AwsError ``InvalidNextToken``."""
    try:
        place = orjson.loads(read_page_token(token) or "")
    except ValueError:
        raise invalid_token() from None
    if not isinstance(place, list) or [type(value) for value in place] != list(kinds):
        raise invalid_token()
    return place
