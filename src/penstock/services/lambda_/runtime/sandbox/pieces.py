"""Text that is too long for one line or one event, cut into pieces."""

from collections.abc import Iterator

_LONGEST_CHARACTER = 4  # bytes of UTF-8


def pieces(encoded: bytes, most: int) -> Iterator[bytes]:
    """Yields ``encoded`` in pieces of at most ``most`` bytes, none of which ends within a character of UTF-8."""
    while len(encoded) > most:
        at = _boundary(encoded, most)
        yield encoded[:at]
        encoded = encoded[at:]
    yield encoded


def _boundary(encoded: bytes, most: int) -> int:
    for at in range(most, most - _LONGEST_CHARACTER, -1):
        if encoded[at] & 0xC0 != 0x80:  # else it goes on with the character before
            return at
    return most  # it is no UTF-8
