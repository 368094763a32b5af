"""URLs with a user and a password in them: what is connected to, what only headers tell, what logs show."""

import base64
from urllib.parse import unquote, urlsplit, urlunsplit


def shown_url(url: str) -> str:
    """Returns the URL as logs show it: without a password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=f"{parts.username}:****@{parts.netloc.rpartition('@')[2]}"))


def bare_url(url: str) -> str:
    """Returns the URL without what is not sent in it: user, password and fragment."""
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(netloc=parts.netloc.rpartition("@")[2], path=parts.path or "/", fragment="")
    )


def basic_authorization(url: str) -> str | None:
    """Returns the ``Authorization`` that the URL's user and password make; None when it has none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return basic_credentials(unquote(parts.username), unquote(parts.password or ""))


def basic_credentials(username: str, password: str) -> str:
    """Returns the ``Authorization`` of a user with a password."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"
