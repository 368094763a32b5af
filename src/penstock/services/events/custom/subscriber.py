"""A subscriber as a value: which events of its bus it takes, in what shape, and where they go."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from penstock.delivery import Ladder
from penstock.delivery.retry_policy import policy_ladder
from penstock.services.events.custom.arns import SUBSCRIBER, Key, named, resource_arn
from penstock.services.events.custom.bus import Bus
from penstock.services.events.custom.errors import invalid, not_found
from penstock.services.events.custom.event import CustomEvent
from penstock.services.events.rules.pattern import compiled
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

_RETRIES = 5
_MAX_AGE_S = 300
_SCOPES = {"DATA": "Data", "METADATA": "Metadata", "SYSTEM_METADATA": "SystemMetadata"}


class Subscriber(NamedTuple):
    """One subscriber; ``settings`` has AWS's member names.

    It stands behind the event with the number ``after``; what was there when it was made, to ``live_after``, is a
    replay to it. ``until_ms`` is when it stops.
    """

    id: int
    bus: int
    key: Key
    uid: str
    settings: dict[str, Any]
    tags: dict[str, str]
    token: str | None
    request: str
    running: bool
    revoked: bool
    after: int
    live_after: int
    until_ms: int | None
    created_ms: int
    changed_ms: int

    @property
    def arn(self) -> str:
        """Returns its ARN, to which its deliveries are addressed, too."""
        return resource_arn(SUBSCRIBER, self.key, self.uid)

    @property
    def invoke(self) -> Mapping[str, Any]:
        """Returns how its target is invoked."""
        found: Mapping[str, Any] = self.settings["InvokeConfiguration"]
        return found

    @property
    def target_arn(self) -> str:
        """Returns where its events go."""
        return str(self.invoke["TargetArn"])

    @property
    def is_fifo(self) -> bool:
        """Returns whether the events of a group come in order."""
        return self.settings.get("Type") == "FIFO"

    @property
    def dead_letter(self) -> str | None:
        """Returns the queue for what could not be delivered, if there is one."""
        return (self.settings.get("OnFailureConfiguration") or {}).get("Arn")

    @property
    def ladder(self) -> Ladder:
        """Returns when it is tried again, and how often."""
        given = self.settings.get("RetryPolicy") or {}
        retries, age_s = given.get("MaxRetryAttempts"), given.get("MaxEventAgeInSeconds")
        return policy_ladder(
            {
                "MaximumRetryAttempts": _RETRIES if retries is None else retries,
                "MaximumEventAgeInSeconds": _MAX_AGE_S if age_s is None else age_s,
            }
        )

    def takes(self, event: CustomEvent) -> bool:
        """Returns whether the event passes every filter."""
        filters = (self.settings.get("FilterConfiguration") or {}).get("Filters") or ()
        if not filters:
            return True
        value = event.value(is_live=event.number > self.live_after)
        return all(_matches(one, value) for one in filters)


def find_subscriber(tx: ReadTx, key: Key) -> Subscriber | None:
    """Returns the subscriber, or None."""
    row = tx.one(Q.find_subscriber, *key)
    return subscriber_of(row) if row else None


def get_subscriber(tx: ReadTx, arn: str) -> Subscriber:
    """Returns the subscriber; AwsError ``ResourceNotFoundException``."""
    if not is_subscriber(arn):
        raise invalid(f"{arn} is not the ARN of a subscriber.")
    found = subscriber_at(tx, arn)
    if found is None:
        raise not_found(f"Subscriber {arn}")
    return found


def subscriber_at(tx: ReadTx, arn: str) -> Subscriber | None:
    """Returns the subscriber with the ARN, or None."""
    name = named(arn)
    found = find_subscriber(tx, name.key) if name and name.kind == SUBSCRIBER else None
    return found if found and found.arn == arn else None


@lru_cache(maxsize=4096)
def is_subscriber(arn: str) -> bool:
    """Returns whether the ARN is that of a subscriber."""
    name = named(arn)
    return name is not None and name.kind == SUBSCRIBER


def subscriber_of_id(tx: ReadTx, id: int) -> Subscriber | None:
    """Returns the subscriber, or None."""
    row = tx.one(Q.find_subscriber_of_id, id)
    return subscriber_of(row) if row else None


def subscriber_of(row: Row) -> Subscriber:
    """Returns the subscriber in a row."""
    id, bus, account, region, name, uid, settings, tags, token, request, running, revoked, *rest = row
    texts = (orjson.loads(settings), orjson.loads(tags), token, request)
    return Subscriber(id, bus, (account, region, name), uid, *texts, bool(running), bool(revoked), *rest)


def standing(subscriber: Subscriber, bus: Bus) -> dict[str, Any]:
    """Returns what every answer says of a subscriber."""
    return {
        "SubscriberArn": subscriber.arn,
        "Name": subscriber.key[2],
        "EventBusArn": bus.arn,
        "Type": subscriber.settings.get("Type", "UNORDERED"),
        "State": "RUNNING" if subscriber.running else "STOPPED",
        "CreationTime": subscriber.created_ms,
        "LastModifiedTime": subscriber.changed_ms,
        **({"Revoked": True} if subscriber.revoked else {}),
    }


def _matches(one: Mapping[str, str], value: Mapping[str, Any]) -> bool:
    part = value[_SCOPES[one["Scope"]]]
    return isinstance(part, dict) and compiled(one["Pattern"]).matches(part)
