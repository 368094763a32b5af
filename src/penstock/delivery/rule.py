"""Notification rules: which changes of a bucket go where."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote_plus

from penstock.delivery.priority import Priority
from penstock.delivery.turn import Precedence
from penstock.matching.affix import AffixIndex

_SAFE = re.compile(r"[A-Za-z0-9_.~/*-]*")


@dataclass(frozen=True, slots=True)
class Rule:
    """One notification configuration.

    ``events`` are AWS's names without ``s3:``; a name may end in ``:*``. ``prefix`` and ``suffix`` are as
    configured: they are compared with the key as it stands in the event, form-encoded. ``empty`` names those that were
    configured as nothing, which is given back. ``priority`` and ``group_key`` are what `penstock rules set` has said.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """

    id: str
    arn: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""
    empty: tuple[str, ...] = ()
    priority: str | None = None
    group_key: str | None = None

    @property
    def precedence(self) -> Precedence:
        """Returns what is said of its events; AWS's configurations say nothing."""
        return Precedence(Priority.of(self.priority) if self.priority else None, self.group_key)

    def covers(self, event_name: str) -> bool:
        """Returns whether it is about such events at all."""
        return any(_covers(event, event_name) for event in self.events)

    def why_not(self, event_name: str, key: str) -> str | None:
        """Returns why the rule does not take this event, or None when it does."""
        if not self.covers(event_name):
            return f"{event_name} is not among its events ({', '.join(self.events)})"
        encoded = encode_key(key)
        if not encoded.startswith(self.prefix):
            return f"key {encoded} does not start with {self.prefix}"
        if not encoded.endswith(self.suffix):
            return f"key {encoded} does not end with {self.suffix}"
        return None


class RuleSet:
    """A bucket's rules at one moment, compiled: event name, then prefix, then suffix."""

    def __init__(self, id: int, rules: Iterable[Rule]) -> None:
        self.id = id
        self.rules = list(rules)
        self._of_all_keys: dict[str, list[Rule]] = {}
        by_event: dict[str, list[tuple[str, str, Rule]]] = {}
        for rule in self.rules:
            for event in rule.events:
                by_event.setdefault(event, []).append((rule.prefix, rule.suffix, rule))
        self._by_event = {event: AffixIndex(entries) for event, entries in by_event.items()}

    def match(self, event_name: str, encoded_key: str) -> list[Rule]:
        """Returns the rules that take the event, each once."""
        if (known := self._of_all_keys.get(event_name)) is not None:
            return known
        found: dict[int, Rule] = {}
        looks_at_keys = False
        for name in (event_name, event_name.partition(":")[0] + ":*"):
            if index := self._by_event.get(name):
                looks_at_keys |= index.has_affixes
                for rule in index.match(encoded_key):
                    found[id(rule)] = rule
        rules = list(found.values())
        if not looks_at_keys:
            self._of_all_keys[event_name] = rules
        return rules


@lru_cache(maxsize=256)  # a change asks twice: to match its rules, and to be written
def encode_key(key: str) -> str:
    """Returns the key as event records carry it: form-encoded UTF-8, slashes kept (``a b+é`` → ``a+b%2B%C3%A9``).

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return key if _SAFE.fullmatch(key) else quote_plus(key, safe="/*")


def _covers(event: str, event_name: str) -> bool:
    return event == event_name or (event.endswith(":*") and event_name.startswith(event[:-1]))
