"""How many tags there may be, and what is said of those that may not be."""

from collections.abc import Iterable, Mapping

from penstock.server import merged_tags
from penstock.services.ssm.errors import too_many_tags, validation
from penstock.services.ssm.limits import MAX_TAGS


def checked_tags(old: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given, over those with the same keys; AwsError."""
    return merged_tags(
        old,
        given,
        MAX_TAGS,
        reserved=validation("Tag keys that begin with aws: are reserved."),
        too_many=too_many_tags(),
    )
