"""Percent-encoded text: paths, query strings and forms, decoded exactly once, as UTF-8."""

from urllib.parse import unquote_to_bytes

from penstock.errors import AwsError
from penstock.wire.malformed import Malformed


def form(body_or_query: bytes | str) -> dict[str, str]:
    """Returns the fields of a form or query string, the last of each name; AwsError when it is not UTF-8."""
    text = body_or_query.decode("latin-1") if isinstance(body_or_query, bytes) else body_or_query
    try:
        return {name: values[-1] for name, values in parse_query(text).items()}
    except Malformed:
        raise AwsError(
            "MalformedQueryString", "The query string contains a syntax error.", status=400
        ) from None


def parse_query(text: str) -> dict[str, list[str]]:
    """Returns every value of every name, in order; a name without ``=`` has the value ``""``."""
    found: dict[str, list[str]] = {}
    if not text:
        return found
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(_decode_plus(name), []).append(_decode_plus(value))
    return found


def percent_decode(text: str) -> str:
    """Returns ``text`` decoded once (``+`` and a stray ``%`` stay); Malformed when it is not UTF-8."""
    if "%" not in text and text.isascii():
        return text
    try:
        # Raw bytes beyond ASCII reach us as Latin-1; text that is already decoded goes in as its UTF-8.
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass")
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("Invalid UTF-8 in percent-encoded text") from None


def _decode_plus(text: str) -> str:
    return percent_decode(text.replace("+", " ") if "+" in text else text)
