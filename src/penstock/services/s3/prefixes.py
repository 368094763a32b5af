"""Prefixes of keys: where one ends in the order of keys, and which one a listing folds a key into."""

_END = "\U0010ffff" * 257  # above every key: keys have at most 1024 bytes, so 256 such characters


def common_prefix(key: str, prefix: str, delimiter: str) -> str:
    """Returns ``key`` up to and with the first delimiter after ``prefix``; empty when there is none."""
    at = key.find(delimiter, len(prefix)) if delimiter and key.startswith(prefix) else -1
    return key[: at + len(delimiter)] if at >= 0 else ""


def end_of(prefix: str) -> str:
    """Returns the least text that is above every key with ``prefix``."""
    for length in range(len(prefix), 0, -1):
        last = ord(prefix[length - 1])
        if last < 0x10FFFF:
            # Surrogates are no characters: U+D7FF is followed by U+E000.
            return prefix[: length - 1] + chr(0xE000 if last == 0xD7FF else last + 1)
    return _END
