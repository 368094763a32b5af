"""Tokens of pages: opaque to clients, the last entry's place to us."""

import base64
import binascii


def page_token(place: str) -> str:
    """Returns the token of the page behind ``place``."""
    return base64.urlsafe_b64encode(place.encode()).decode()


def read_page_token(token: str) -> str | None:
    """Returns the place that ``page_token`` was given; None when the token is none of ours."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        return None
