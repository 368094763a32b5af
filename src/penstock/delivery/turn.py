"""Whose turn it is: the priority that a rule, mapping or function has, and the group whose order is kept.

A group key says what the events of one group have in common: ``key``, ``folder`` or ``bucket`` of an S3 event, or the
path of a member in the event as the destination would read it: ``detail.order.id``, ``Records.0.s3.object.size``.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import orjson

from penstock.delivery.priority import Priority
from penstock.errors import AwsError

PRIORITY_TAG = "penstock:priority"
GROUP_KEY_TAG = "penstock:group-key"
PRECEDENCE_TAGS = frozenset((PRIORITY_TAG, GROUP_KEY_TAG))

_PATH = re.compile(r"[\w:@/-]+(\.[\w:@/-]+)*")
_MAX_PATH = 256  # what a tag's value may have
_MAX_GROUP = 128
_S3_WORDS = {
    "bucket": ("bucket", "name"),
    "key": ("object", "key"),
    "folder": ("object", "key"),
}


class Precedence(NamedTuple):
    """What an owner says of the events for something; None: nothing."""

    priority: Priority | None = None
    group_key: str | None = None

    @classmethod
    def of_tags(cls, tags: Mapping[str, str]) -> "Precedence":
        """Returns what the tags of a resource say; a group key that is none says nothing."""
        if PRIORITY_TAG not in tags and GROUP_KEY_TAG not in tags:
            return NO_PRECEDENCE
        priority, group_key = tags.get(PRIORITY_TAG), tags.get(GROUP_KEY_TAG)
        return cls(
            Priority.of(priority) if priority else None, group_key if is_group_key(group_key) else None
        )


NO_PRECEDENCE = Precedence()


class Turn(NamedTuple):
    """When a delivery's turn comes.

    ``priority`` None: that of its destination. Of one ``group`` one delivery to a destination is under way at a time,
    in the order in which they were made; None: it waits for no other.
    """

    priority: Priority | None = None
    group: str | None = None

    def within(self, precedence: Precedence, body: bytes) -> "Turn":
        """Returns the turn of what came with this one under what a further rule says of the event ``body``."""
        if precedence is NO_PRECEDENCE:
            return self
        own = turn_of(precedence, body)
        return Turn(own.priority or self.priority, own.group if precedence.group_key else self.group)


ANY_TURN = Turn()


def is_group_key(text: str | None) -> bool:
    """Returns whether the text says what a group has in common."""
    return text is not None and len(text) <= _MAX_PATH and _PATH.fullmatch(text) is not None


def asked_precedence(args: Mapping[str, Any], present: Precedence) -> Precedence:
    """Returns what is wanted: ``priority`` and ``group_key`` of ``args``; null takes away, what is not named stays.

    AwsError ``ValidationError``.
    """
    priority, group_key = args.get("priority", present.priority), args.get("group_key", present.group_key)
    if priority is not None and priority not in list(Priority):
        raise AwsError("ValidationError", "priority must be high, normal or low.", status=400)
    if group_key is not None and not (isinstance(group_key, str) and is_group_key(group_key)):
        message = "group_key must be key, folder, bucket, or the path of a member as detail.order.id."
        raise AwsError("ValidationError", message, status=400)
    return Precedence(Priority(priority) if priority is not None else None, group_key)


def turn_of(precedence: Precedence, body: bytes) -> Turn:
    """Returns the turn of an event whose text is ``body``."""
    if precedence == NO_PRECEDENCE:
        return ANY_TURN
    if precedence.group_key is None:
        return Turn(precedence.priority)
    return Turn(precedence.priority, group_of(precedence.group_key, body))


def group_of(group_key: str, body: bytes) -> str | None:
    """Returns the group of an event; None when it has no such member: it belongs to none."""
    try:
        document: object = orjson.loads(body)
    except (ValueError, RecursionError):
        return None
    value = _of_s3(group_key, document) if group_key in _S3_WORDS else None
    if value is None:
        value = _member(document, group_key.split("."))
    if value is None:
        return None
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return text if len(text) <= _MAX_GROUP else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _of_s3(word: str, document: object) -> str | None:
    """Returns what the word names in S3's record, in its event on a bus, or in either as a topic passed it on."""
    wrapped = _member(document, ("Records", "0", "Sns", "Message"))
    for text in (wrapped, _member(document, ("Message",))):
        if isinstance(text, str):
            try:
                document = orjson.loads(text)
            except (ValueError, RecursionError):
                return None
    record = _member(document, ("Records", "0", "s3"))
    found = _member(record or _member(document, ("detail",)), _S3_WORDS[word])
    if not isinstance(found, str):
        return None
    value = unquote_plus(found) if record is not None else found
    return value.rpartition("/")[0] if word == "folder" else value


def _member(document: object, path: tuple[str, ...] | list[str]) -> Any:
    for name in path:
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and len(name) < 6 and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document
