"""Tags of alarms and dashboards as requests and answers have them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_TagResource.html
"""

from collections.abc import Iterable, Mapping

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.errors import invalid_value


def checked_tags(present: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Returns the tags that are there with those that are given; AwsError."""
    merged, seen = dict(present), set[str]()
    for tag in given:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise invalid_value("Tag keys must not start with aws:")
        if key in seen:
            raise invalid_value(f"The tag key {key} occurs more than once.")
        seen.add(key)
        merged[key] = tag["Value"]
    if len(merged) > limits.MAX_TAGS:
        raise invalid_value(f"A resource can have at most {limits.MAX_TAGS} tags.")
    return merged


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns the tags as answers have them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
