"""Tags as KMS writes them: a list of keys and values."""

from collections.abc import Iterable, Mapping

from penstock.access import Keys
from penstock.server import Params, tag_keys
from penstock.services.kms.errors import limit_exceeded, tag_problem
from penstock.services.kms.limits import TAGS_PER_KEY


def checked_tags(old: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys; AwsError."""
    tags, seen = dict(old), set[str]()
    for tag in given:
        key = tag["TagKey"]
        if key.lower().startswith("aws:"):
            raise tag_problem("Tag keys that begin with aws: are reserved for AWS use.")
        if key in seen:
            raise tag_problem("Duplicate tag keys")
        seen.add(key)
        tags[key] = tag["TagValue"]
    if len(tags) > TAGS_PER_KEY:
        raise limit_exceeded(f"A key can have no more than {TAGS_PER_KEY} tags.")
    return tags


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the list of tags by key."""
    return [{"TagKey": key, "TagValue": tags[key]} for key in sorted(tags)]


def requested_tags(params: Params) -> Keys:
    """Returns the condition keys of the tags that a request sets or takes away."""
    given = {tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags") or []}
    return tag_keys(given, params.get("TagKeys") or ())
