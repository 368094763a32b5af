"""Continuation tokens: where the next page starts, in a form that clients do not look into."""

import base64
import binascii

from penstock.services.s3.errors import invalid_argument

_VERSION = b"1"  # so that another form can tell tokens of this one


def encode_token(last: str) -> str:
    """Returns the token of a page that ended with ``last``."""
    return base64.urlsafe_b64encode(_VERSION + last.encode()).decode()


def decode_token(token: str) -> str:
    """Returns what the page before ended with; AwsError ``InvalidArgument`` for what is no token."""
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True)
        if text.startswith(_VERSION):
            return text[len(_VERSION) :].decode()
    except (binascii.Error, ValueError):  # not base64, not ASCII, not UTF-8
        pass
    raise invalid_argument(
        "The continuation token provided is incorrect", "continuation-token", token or None
    )
