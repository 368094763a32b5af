"""Tokens of pages: opaque to clients, the last name of the page to us."""

import base64
import binascii

from penstock.server import Params
from penstock.services.events.errors import validation
from penstock.services.events.limits import MAX_PAGE

LAST = "\U0010ffff"


def page_after(params: Params) -> tuple[str, int]:
    """Returns behind which name a page begins, "" for the first, and how long it may be; AwsError."""
    token = params.get("NextToken")
    return (_read(token) if token else ""), params.get("Limit") or MAX_PAGE


def next_token(name: str) -> str:
    """Returns the token of the page behind ``name``."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise validation("Parameter NextToken is not valid.") from None
