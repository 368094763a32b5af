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


def parse_tag_header(header: str) -> dict[str, str]:
    """Returns the tags of an ``x-amz-tagging`` header, which is written like a URL query."""
    pairs = []
    for field in header.split("&"):
        if field:
            key, _, value = field.partition("=")
            pairs.append((unquote_plus(key), unquote_plus(value)))
    if len({key for key, _ in pairs}) < len(pairs):
        raise invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates.",
            "x-amz-tagging",
            header,
        )
    return checked_tags(pairs)


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
            raise invalid_tag("System tags cannot be added/updated by requester")
        tags[key] = value
    if len(tags) > limits.TAGS:
        raise AwsError("BadRequest", f"Object tags cannot be greater than {limits.TAGS}", status=400)
    return tags
