"""Tokens of pages: opaque to clients, the place of the last entry to us."""

import base64
import binascii
from typing import Any

import orjson

from penstock.services.logs.errors import invalid_parameter


def make_token(*place: object) -> str:
    """Returns the token of what comes after ``place``."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


def read_token(token: str, length: int) -> list[Any]:
    """Returns the place that the token holds; AwsError when it is none of ours."""
    try:
        place = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or len(place) != length:
        raise invalid_parameter("The specified nextToken is invalid.")
    return place
