"""The filters of ListSecrets and BatchGetSecretValue: all must hold, each by one of its values.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_search-secret.html
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from penstock.services.secretsmanager.errors import invalid_parameter
from penstock.services.secretsmanager.secrets.secret import Secret

Wanted = Callable[[Secret], bool]

_WORDS = re.compile(r"[ /_+=.@!-]+")


def wanted_by(filters: Iterable[dict[str, Any]]) -> Wanted:
    """Returns what tells whether a secret passes all ``filters``; AwsError for one that cannot be."""
    tests = [_test(one) for one in filters]
    return lambda secret: all(test(secret) for test in tests)


def _test(one: dict[str, Any]) -> Wanted:
    key, values = one.get("Key"), one.get("Values") or []
    if not key:
        raise invalid_parameter("Invalid filter key.")
    if not values:
        raise invalid_parameter("Invalid filter values for key: " + key)
    holds = _KEYS[key]
    return lambda secret: any(_holds(holds, secret, value) for value in values)


def _holds(holds: Callable[[Secret, str], bool], secret: Secret, value: str) -> bool:
    return not holds(secret, value[1:]) if value.startswith("!") else holds(secret, value)


def _name(secret: Secret, value: str) -> bool:
    return secret.name.startswith(value)


def _description(secret: Secret, value: str) -> bool:
    return _has_words(secret.settings.get("Description", ""), value)


def _tag_key(secret: Secret, value: str) -> bool:
    return any(key.startswith(value) for key in secret.tags)


def _tag_value(secret: Secret, value: str) -> bool:
    return any(tag.startswith(value) for tag in secret.tags.values())


def _region(secret: Secret, value: str) -> bool:
    return secret.place[1].startswith(value)


def _owning_service(secret: Secret, value: str) -> bool:
    return False  # no other service keeps secrets here


def _all(secret: Secret, value: str) -> bool:
    texts = [secret.name, secret.settings.get("Description", ""), *secret.tags, *secret.tags.values()]
    return any(_has_words(text, value) for text in texts)


def _has_words(text: str, value: str) -> bool:
    """Returns whether each word of ``value`` begins a word of ``text``, whatever the case."""
    words = _words(text)
    return all(any(word.startswith(part) for word in words) for part in _words(value))


def _words(text: str) -> list[str]:
    return [word for word in _WORDS.split(text.lower()) if word]


_KEYS: dict[str, Callable[[Secret, str], bool]] = {
    "all": _all,
    "description": _description,
    "name": _name,
    "owning-service": _owning_service,
    "primary-region": _region,
    "tag-key": _tag_key,
    "tag-value": _tag_value,
}
