"""Object tags: their limits and their two spellings, header and document.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from penstock.errors import AwsError
from penstock.services.s3 import limits
from penstock.services.s3.errors import invalid_argument, invalid_tag

_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")  # letters, digits, spaces of any script, and + - = . _ : / @

_FORM_ENCODED = re.compile(
    "(?:[!-$&-~ ]|%[0-9A-Fa-f]{2})*"
)  # what is ASCII, a percent sign only with its digits


def parse_tag_header(header: str) -> dict[str, str]:
    """Returns the tags of an ``x-amz-tagging`` header, written like a URL query; AwsError ``InvalidArgument``."""
    pairs = []
    for field in header.split("&"):
        if field:
            key, _, value = field.partition("=")
            pairs.append((_decoded(key, header), _decoded(value, header)))
    if len({key for key, _ in pairs}) < len(pairs):
        raise _bad_header(header)
    return checked_tags(pairs)


def _decoded(text: str, header: str) -> str:
    if not _FORM_ENCODED.fullmatch(text):
        raise _bad_header(header)
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise _bad_header(header) from None


def _bad_header(header: str) -> AwsError:
    message = (
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        "without tag name duplicates."
    )
    return invalid_argument(message, "x-amz-tagging", header)


def checked_tags(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns the tags by key; AwsError ``InvalidTag``, or ``BadRequest`` for more than ten."""
    tags: dict[str, str] = {}
    for key, value in pairs:
        if key in tags:
            raise invalid_tag("Cannot provide multiple Tags with the same key", TagKey=key)
        if not key or len(key) > limits.TAG_KEY_CHARS or not _ALLOWED.fullmatch(key):
            raise invalid_tag("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > limits.TAG_VALUE_CHARS or not _ALLOWED.fullmatch(value):
            raise invalid_tag("The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        if key.lower().startswith("aws:"):
            raise invalid_tag("Your TagKey cannot be prefixed with aws:", TagKey=key)
        tags[key] = value
    if len(tags) > limits.TAGS:
        raise AwsError("BadRequest", f"Object tags cannot be greater than {limits.TAGS}", status=400)
    return tags
