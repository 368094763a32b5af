"""Tags as Secrets Manager writes them: a list of keys and values."""

from collections.abc import Iterable, Mapping

from penstock.services.secretsmanager.errors import invalid_parameter, limit_exceeded
from penstock.services.secretsmanager.limits import MAX_TAGS


def checked_tags(old: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys; AwsError."""
    tags = dict(old)
    for tag in given:
        key = tag.get("Key")
        if not key:
            raise invalid_parameter("A tag has no key.")
        if key.lower().startswith("aws:"):
            raise invalid_parameter("Tag keys can't begin with aws: because it's reserved for AWS use.")
        tags[key] = tag.get("Value", "")
    if len(tags) > MAX_TAGS:
        raise limit_exceeded(f"A secret can have no more than {MAX_TAGS} tags.")
    return tags
