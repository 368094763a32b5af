"""What a change of an alarm sets going: deliveries, made in the transaction that changes it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
"""

import orjson

from penstock.arn import Arn, arn
from penstock.delivery import Delivery, DestinationError, Ladder, Message, Phase, Source
from penstock.delivery.trace_header import Trace, child_header
from penstock.services.cloudwatch.alarms.alarm import Alarm
from penstock.services.cloudwatch.alarms.event import bus_event, function_event
from penstock.services.cloudwatch.alarms.history import Item, note
from penstock.services.cloudwatch.alarms.letter import letter
from penstock.services.cloudwatch.alarms.message import Change, document, subject
from penstock.services.cloudwatch.arns import SERVICE
from penstock.store import Tx

FUNCTIONS_SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
"""In whose name alarms invoke functions."""

KINDS = ("sns", "lambda")
"""The services that actions may be of."""

LADDER = Ladder(
    phases=(Phase(tries=None, first_ms=1000, last_ms=300_000, growth=2.0),),
    max_age_ms=24 * 3_600_000,
    source="Penstock's own: AWS says only that it tries again",
)
"""An action whose target is missing or forbids it: from one second doubling to five minutes, for a day."""

_SENDER_ID = "AROAPENSTOCKALARMS000:CloudWatchAlarms"


def take_actions(tx: Tx, delivery: Delivery, change: Change) -> None:
    """Delivers the actions of the state that the alarm has come into, and notes what became of each."""
    alarm = change.alarm
    if not alarm.has_actions:
        return
    for action in alarm.actions(alarm.state):
        refused = _send(tx, delivery, action, change)
        _note(tx, change, action, refused)


def tell_bus(tx: Tx, delivery: Delivery, change: Change) -> None:
    """Puts the change on the account's bus, if this server has buses."""
    alarm = change.alarm
    bus = arn("events", alarm.key.region, alarm.key.account, "event-bus/default")
    if delivery.serves(bus):
        body = bus_event(change, tx.ids.uuid())
        delivery.send(tx, bus, _source(alarm, SERVICE), Message(body, _trace(tx)), LADDER)


def _send(tx: Tx, delivery: Delivery, action: str, change: Change) -> DestinationError | None:
    """Delivers one action, or puts it off; returns why it was refused."""
    if Arn.parse(action).service == "lambda":
        source = _source(change.alarm, FUNCTIONS_SERVICE)
        message = Message(function_event(change, tx.ids.uuid()), _trace(tx))
    else:
        source = _source(change.alarm, SERVICE)
        texts = {"default": document(change).decode(), "email": letter(change)}
        body = orjson.dumps(texts)
        message = Message(body, _trace(tx), subject=subject(change), structured=True)
    try:
        delivery.offer(tx, action, source, message)
    except DestinationError as refused:
        delivery.put_off(tx, action, source, message, LADDER, refused)
        return refused
    return None


def _note(tx: Tx, change: Change, action: str, refused: DestinationError | None) -> None:
    published = orjson.dumps({"default": document(change).decode()}).decode()
    data = {
        "actionState": "Failed" if refused else "Succeeded",
        "stateUpdateTimestamp": change.at_ms,
        "notificationResource": action,
        "publishedMessage": None if refused else published,
        "error": str(refused) if refused else None,
    }
    summary = f"Successfully executed action {action}"
    if refused:
        summary = f"Failed to execute action {action}. Received error: {refused}"
    note(tx, change.alarm, change.at_ms, Item.ACTION, summary, data)


def _source(alarm: Alarm, service: str) -> Source:
    return Source.of_service(service, alarm.arn, alarm.key.account, _SENDER_ID)


def _trace(tx: Tx) -> Trace:
    return child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
