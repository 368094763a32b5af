"""Events that are put on a bus with a key of KMS: what the key keeps EventBridge from goes to no rule.

It goes to the bus's dead-letter queue, if that takes it; as a dead delivery it can be redriven when the key is mended.
Events of AWS's own services are not encrypted with it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
"""

from collections.abc import Collection

from penstock.delivery import DestinationError, Message, Undeliverable
from penstock.delivery.retry_policy import policy_ladder
from penstock.services.customer_keys import KeyRefusal
from penstock.services.events.arns import Key, fan_out_arn
from penstock.services.events.buses.bus import Bus, find_bus
from penstock.services.events.keys import weigh_bus
from penstock.services.events.putting.event import Event
from penstock.services.events.putting.failure import ErrorCode, Failure, key_letter
from penstock.services.events.putting.parcel import for_resource
from penstock.services.events.putting.rest import Rest, rest_document
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx

_OF_AWS = "aws."
_BEFORE_ALL = -1


def refusal_of_key(tx: ReadTx, events: EventsState, key: Key, event: Event) -> Failure | None:
    """Returns why the bus's key keeps the event from its rules; None when it does not."""
    if event.source.startswith(_OF_AWS):
        return None
    bus = find_bus(tx, key)
    if bus is None or bus.kms_key is None:
        return None
    try:
        weigh_bus(tx, events.keys, key, bus.kms_key)
    except KeyRefusal as refusal:
        denied = refusal.code == "AccessDeniedException"
        code = ErrorCode.NO_PERMISSIONS if denied else ErrorCode.SDK_CLIENT_ERROR
        return Failure(code, f"{refusal.code}: {refusal.message}")
    return None


def keep_back(
    tx: Tx, events: EventsState, key: Key, only: Collection[str], event: Event, message: Message, why: Failure
) -> None:
    """Puts the event where those are that cannot be delivered; ``only`` as the fan-out was to have it."""
    bus = find_bus(tx, key)
    assert bus is not None
    end = _buried(tx, events, bus, message, why)
    rest = message._replace(body=rest_document(Rest(event, _BEFORE_ALL, only)))
    source = for_resource(bus.arn, bus.account)
    events.delivery.put_off(tx, fan_out_arn(key), source, rest, policy_ladder(None), end)


def _buried(tx: Tx, events: EventsState, bus: Bus, message: Message, why: Failure) -> Undeliverable:
    if bus.dead_letter is None:
        return Undeliverable(why.reason)
    letter = message._replace(attributes=key_letter(bus.arn, why))
    try:
        events.delivery.offer(tx, bus.dead_letter, for_resource(bus.arn, bus.account), letter)
    except DestinationError as refused:
        return Undeliverable(f"{why.reason}; {refused}")
    return Undeliverable(why.reason, bus.dead_letter)
