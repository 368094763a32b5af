"""From a subscriber to its target: the first try, the others by its retry policy, and the dead letter.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-retry.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from penstock.delivery import (
    Attempt,
    Dead,
    Delivered,
    Delivery,
    DestinationError,
    ForbiddenDestination,
    Job,
    Message,
    MissingDestination,
    Origin,
    Outcome,
    Retry,
    Source,
    Undeliverable,
)
from penstock.delivery.retry_policy import exhausted
from penstock.delivery.trace_header import child_header
from penstock.delivery.turn import Turn
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.services.events.arns import SERVICE
from penstock.services.events.custom.bus import bus_of_id
from penstock.services.events.custom.checks import PARAMETERS
from penstock.services.events.custom.event import CustomEvent
from penstock.services.events.custom.expression import Unresolved, resolved
from penstock.services.events.custom.subscriber import Subscriber, subscriber_at
from penstock.services.events.putting.event import event_time
from penstock.store import ReadTx, Tx

_SESSION = "EventBridge"
_SENDER_ID = "AROAPENSTOCKEVENTS00:EventBridge"
_STOPPED_MS = 60_000
_MAX_REASON = 1024


class Routes(NamedTuple):
    """Who delivers, and who knows what a role may."""

    delivery: Delivery
    identities: Identities


def deliver(tx: Tx, routes: Routes, subscriber: Subscriber, event: CustomEvent) -> None:
    """Sends the event to the subscriber's target: now, or as its retry policy says; in its group's order if it is FIFO.

    AwsError ``SlowDown``.
    """
    group = event.group if subscriber.is_fifo else None
    origin = Origin(turn=Turn(None, group))
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    kept = Message(_kept(event), trace, origin=origin)
    if routes.delivery.is_behind(tx, subscriber.arn, origin):
        routes.delivery.carry(tx, subscriber.arn, None, kept)
        return
    try:
        _try(tx, routes, subscriber, event, kept)
    except DestinationError as refused:
        reason = str(refused)
        ladder = subscriber.ladder
        due_ms = ladder.due_ms(1, tx.now_ms, tx.now_ms, tx.ids.fraction())
        if due_ms is None or isinstance(refused, _Unfit):
            end = Undeliverable(reason, _bury(tx, routes, subscriber, event, refused, 1))
            sender = Source.of_service(SERVICE, subscriber.arn, subscriber.key[0], _SENDER_ID)
            routes.delivery.put_off(tx, subscriber.arn, sender, kept, ladder, end)
            return
        routes.delivery.carry_later(tx, subscriber.arn, kept, Retry(due_ms, reason, ladder))


def stopped(tx: ReadTx, arn: str) -> Attempt:
    """Returns whether a delivery to a subscriber may be tried now: one of a stopped subscriber waits for it."""
    found = subscriber_at(tx, arn)
    if found is not None and not found.running and found.until_ms is None and not found.revoked:
        return Attempt(ok=False, error=f"{arn} is stopped", throttled=True)
    return Attempt(ok=True)


def finish(tx: Tx, routes: Routes, job: Job, attempt: Attempt) -> Outcome:
    """Tries the target of a subscriber once more and returns what becomes of the event."""
    found = subscriber_at(tx, job.arn)
    if found is None or found.revoked:
        return Dead(f"The subscriber {job.arn} has been {'revoked' if found else 'deleted'}.")
    ladder, event = found.ladder, _read(job.message.body)
    if attempt.throttled:
        return Retry(tx.now_ms + _STOPPED_MS, attempt.error, ladder)
    try:
        return Delivered(_try(tx, routes, found, event, job.message) or event.id)
    except DestinationError as refused:
        failures = job.attempts + 1
        due_ms = ladder.due_ms(failures, job.created_ms, tx.now_ms, tx.ids.fraction())
        if due_ms is not None and not isinstance(refused, _Unfit):
            return Retry(due_ms, str(refused), ladder)
        return Dead(str(refused), _bury(tx, routes, found, event, refused, failures))


class _Unfit(DestinationError):
    """The event has not what the target's parameters want of it: no other try ends better."""


def _try(tx: Tx, routes: Routes, subscriber: Subscriber, event: CustomEvent, kept: Message) -> str | None:
    source = _source(tx, routes, subscriber)
    try:
        message = _message(subscriber, event, kept)
    except Unresolved as missing:
        raise _Unfit(str(missing)) from None
    try:
        return routes.delivery.pass_on(tx, subscriber.target_arn, source, message, subscriber.arn)
    except AwsError as full:
        raise MissingDestination(f"{subscriber.target_arn} takes no more at the moment: {full}") from None


def _source(tx: ReadTx, routes: Routes, subscriber: Subscriber) -> Source:
    role = subscriber.invoke["RoleArn"]
    keeper = routes.identities.keeper
    principal = keeper.role_principal(tx, role, service=SERVICE, session=_SESSION, source=subscriber.arn)
    if principal is None:
        raise ForbiddenDestination(f"EventBridge may not assume the role {role}.")
    return Source.of_role(SERVICE, principal, subscriber.arn)


def _message(subscriber: Subscriber, event: CustomEvent, kept: Message) -> Message:
    service = subscriber.target_arn.split(":", 3)[2]
    value = event.value(is_live=event.number > subscriber.live_after)
    with_metadata = (subscriber.settings.get("Transformer") or {}).get("Type") == "WITH_METADATA"
    body = orjson.dumps(value) if with_metadata else event.text.encode()
    if service == "lambda":
        return kept._replace(body=body if _alone(subscriber) else b"[" + body + b"]")
    given = subscriber.invoke.get(PARAMETERS[service]) or {}
    texts = {name: resolved(text, value) for name, text in given.items() if isinstance(text, str)}
    attributes = {
        resolved(name, value): _attribute(one, value)
        for name, one in (given.get("MessageAttributes") or {}).items()
    }
    return kept._replace(
        body=body,
        attributes=attributes,
        group=texts.get("MessageGroupId"),
        deduplication_id=texts.get("MessageDeduplicationId"),
        subject=texts.get("Subject"),
    )


def _alone(subscriber: Subscriber) -> bool:
    return (subscriber.settings.get("BatchConfiguration") or {}).get("MaxBatchSize") == 1


def _attribute(one: Mapping[str, str], value: Mapping[str, Any]) -> dict[str, str]:
    return {name: resolved(text, value) for name, text in one.items() if text is not None}


def _bury(
    tx: Tx,
    routes: Routes,
    subscriber: Subscriber,
    event: CustomEvent,
    failed: DestinationError,
    failures: int,
) -> str | None:
    """Returns the queue that has the record of the failure now, if there is one that takes it."""
    queue = subscriber.dead_letter
    if queue is None:
        return None
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    group = (event.parts.get("group") or event.id) if queue.endswith(".fifo") else None
    body = orjson.dumps(_record(tx, subscriber, event, failed, failures))
    letter = Message(body, trace, group=group, deduplication_id=event.id if group else None)
    try:
        routes.delivery.offer(tx, queue, _source(tx, routes, subscriber), letter)
    except (DestinationError, AwsError):
        return None
    return queue


def _record(
    tx: ReadTx, subscriber: Subscriber, event: CustomEvent, failed: DestinationError, failures: int
) -> dict[str, Any]:
    bus = bus_of_id(tx, subscriber.bus)
    message = {
        "eventId": event.id,
        "eventGroupId": event.parts.get("group"),
        "deduplicationId": event.parts.get("dedup"),
        "timestamp": event_time(event.kept_ms),
        "targetRequestId": None,
    }
    return {
        "version": "1.0",
        "busArn": bus.arn if bus else None,
        "subscriberArn": subscriber.arn,
        "targetArn": subscriber.target_arn,
        "errorCode": _code(failed),
        "errorMessage": str(failed)[:_MAX_REASON],
        "exhaustedRetryCondition": exhausted(subscriber.ladder, failures).value,
        "retryAttempts": failures - 1,
        "failedMessages": [message],
    }


def _code(failed: DestinationError) -> str:
    if isinstance(failed, ForbiddenDestination):
        return "ACCESS_DENIED"
    return "RESOURCE_NOT_FOUND" if isinstance(failed, MissingDestination) else "INVALID_REQUEST"


def _kept(event: CustomEvent) -> bytes:
    """Returns the event as a delivery keeps it: the bus may have dropped it before the last try."""
    fields = (event.number, event.id, event.account, event.kept_ms, event.document)
    return orjson.dumps({"v": 1, "event": fields})


def _read(body: bytes) -> CustomEvent:
    return CustomEvent(*orjson.loads(body)["event"])
