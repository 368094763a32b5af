"""Tokens of pages: opaque to clients, the place of the last entry to us."""

import base64
import binascii
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.services.logs.errors import invalid_parameter

MIN_NUMBER, MAX_NUMBER = -1, (1 << 63) - 1  # what a row may hold


def make_token(*place: object) -> str:
    """Returns the token of what comes after ``place``."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def read_token(token: str, *kinds: type) -> list[Any]:
    """Returns the place that the token holds, its parts of these ``kinds``; AwsError when it is none of ours."""
    try:
        place = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != list(kinds):
        raise invalid_token()
    if any(isinstance(part, int) and not MIN_NUMBER <= part <= MAX_NUMBER for part in place):
        raise invalid_token()
    return place


def invalid_token() -> AwsError:
    """The token of a page is none of ours."""
    return invalid_parameter("The specified nextToken is invalid.")
