"""Seals in ids: how an id that was given is told from one that never was, when nothing is left of what it named.

A seal is no secret. Who makes an id up with the right one hears that what it names is not there any more.
"""

from hashlib import blake2b

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SEAL_CHARS = 13

_BYTES = 9  # what the characters have room for


def seal(*named: object) -> str:
    """Returns the seal of what an id names and of the rest of the id."""
    text = "\n".join(map(str, named))
    return digits(
        int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BYTES).digest()),
        SEAL_CHARS,
    )


def digits(number: int, count: int) -> str:
    """Returns the last ``count`` digits of ``number`` in ``ALPHABET``."""
    found = ""
    for _ in range(count):
        number, digit = divmod(number, len(ALPHABET))
        found = ALPHABET[digit] + found
    return found
