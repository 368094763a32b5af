"""Tags as most services write them: a list of keys and values."""

from collections.abc import Iterable, Mapping

from penstock.access import Keys
from penstock.errors import AwsError
from penstock.server.call import Call, Params
from penstock.server.circumstances import tag_keys


def requested_tags(state: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    return tag_keys(tags, params.get("TagKeys") or ())


def merged_tags(
    old: Mapping[str, str],
    given: Iterable[Mapping[str, str]],
    most: int,
    *,
    reserved: AwsError,
    too_many: AwsError,
) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys.

    Raises ``reserved`` for a key that only AWS may set, and ``too_many`` when there would be more than ``most``.
    """
    tags = dict(old)
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise reserved
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > most:
        raise too_many
    return tags


def listed_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the list of tags by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]
