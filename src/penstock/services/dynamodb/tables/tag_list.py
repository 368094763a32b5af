"""Tags as requests bring them.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, invalid_value, too_many


def checked_tags(present: Mapping[str, str], given: list[dict[str, Any]]) -> dict[str, str]:
    """Returns ``present`` with the tags ``given``; AwsError when there are too many, or one cannot be."""
    keys = [tag["Key"] for tag in given]
    if len(set(keys)) < len(keys):
        raise invalid("One or more parameter values are not valid: Duplicate tag keys found")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid_value("Tag keys starting with 'aws:' are reserved for system use")
    tags = {**present, **{tag["Key"]: tag["Value"] for tag in given}}
    if len(tags) > limits.MAX_TAGS:
        raise too_many(f"Too many tags: a resource can have no more than {limits.MAX_TAGS}")
    return tags


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Returns tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
