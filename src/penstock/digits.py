"""Numbers that come as text from outside: in headers, attributes, tokens."""

_MAX_DIGITS = 18  # what every store and protocol can hold; Python itself refuses to read some thousand digits


def whole_number(text: str) -> int | None:
    """Returns the number that ``text``, one to eighteen ASCII digits, stands for; None when it is anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else None
