"""Tags as EventBridge Scheduler writes them: a list of keys and values."""

from collections.abc import Iterable, Mapping

from penstock.access import Keys
from penstock.server import Call, Params, tag_keys
from penstock.services.scheduler.errors import too_many, validation
from penstock.services.scheduler.limits import MAX_TAGS
from penstock.services.scheduler.state import SchedulerState


def checked_tags(old: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys; AwsError."""
    tags = dict(old)
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise validation("Tag keys that begin with aws: are reserved.")
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > MAX_TAGS:
        raise too_many("tags")
    return tags


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the list of tags by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def requested_tags(scheduler: SchedulerState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or []}
    return tag_keys(tags, params.get("TagKeys") or ())
