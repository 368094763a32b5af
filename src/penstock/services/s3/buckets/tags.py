"""The rules for a bucket's tags.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
"""

import re

from penstock.errors import AwsError
from penstock.services.s3.buckets.limits import MAX_BUCKET_TAGS, MAX_TAG_KEY, MAX_TAG_VALUE
from penstock.services.s3.errors import malformed_xml

_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")  # letters, digits and spaces of every script, and these


SYSTEM_TAG = "System tags cannot be added/updated by requester"


def checked_bucket_tags(tags: list[dict[str, str]], system_tag: str = SYSTEM_TAG) -> list[dict[str, str]]:
    """Returns ``tags`` when AWS would take them; AwsError ``InvalidTag`` or ``BadRequest``.

    ``system_tag`` is what is said of a key that begins with ``aws:``, which differs between the operations.
    """
    if len(tags) > MAX_BUCKET_TAGS:
        message = f"Bucket tag count cannot be greater than {MAX_BUCKET_TAGS}"
        raise AwsError("BadRequest", message, status=400)
    seen: set[str] = set()
    for tag in tags:
        key, value = tag.get("Key"), tag.get("Value")
        if key is None or value is None:
            raise malformed_xml()
        if key.lower().startswith("aws:"):
            raise _invalid(system_tag, key)
        _check(key, value)
        if key in seen:
            raise _invalid("Cannot provide multiple Tags with the same key", key)
        seen.add(key)
    return tags


def tags_by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    """Returns the tags without their order."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def _check(key: str, value: str) -> None:
    if not key or len(key) > MAX_TAG_KEY or not _ALLOWED.fullmatch(key):
        raise _invalid("The TagKey you have provided is invalid", key)
    if len(value) > MAX_TAG_VALUE or not _ALLOWED.fullmatch(value):
        raise _invalid("The TagValue you have provided is invalid", key)


def _invalid(message: str, key: str) -> AwsError:
    return AwsError("InvalidTag", message, status=400, TagKey=key)
