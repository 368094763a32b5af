"""Tags as EventBridge writes them: a list of keys and values."""

from collections.abc import Iterable, Mapping

from penstock.services.events.errors import limit_exceeded, validation
from penstock.services.events.limits import MAX_TAGS


def checked_tags(old: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys; AwsError."""
    tags = dict(old)
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise validation("Tag keys that begin with aws: are reserved.")
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > MAX_TAGS:
        raise limit_exceeded(f"A resource can have no more than {MAX_TAGS} tags.")
    return tags


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the list of tags by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
