"""Headers on their way out."""

from penstock.errors import AwsError

Headers = list[tuple[bytes, bytes]]

_UNSENDABLE = dict.fromkeys((*range(9), *range(10, 32), 127), " ")


def has_header(headers: Headers, name: bytes) -> bool:
    """Returns whether a header of this name, lower-case, is among them."""
    for header, _ in headers:  # noqa: SIM110 - a fifth of the time of any(), or of a dict
        if header == name:
            return True
    return False


def header_bytes(text: str) -> bytes:
    """Returns a header's value as sent, never with a line break; Latin-1 where it fits."""
    if not text.isprintable():
        text = text.translate(_UNSENDABLE)
    try:
        # Header bytes that came in as Latin-1 go out as they came.
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def error_headers(error: AwsError) -> Headers:
    """Returns the headers that the error brings along."""
    return [(header_bytes(name.lower()), header_bytes(value)) for name, value in error.headers.items()]
