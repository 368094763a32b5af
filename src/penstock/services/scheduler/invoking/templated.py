"""What each templated target gets."""

import orjson

from penstock.arn import Arn
from penstock.delivery import Message
from penstock.services.scheduler.invoking.firing import Firing, shown_time
from penstock.services.scheduler.invoking.kind import Kind
from penstock.store import Tx


def message_for(tx: Tx, firing: Firing, message: Message, attempt: int) -> Message:
    """Returns the message for the target, with the trace of ``message``."""
    if firing.kind is Kind.BUS:
        return message._replace(body=_event(tx, firing, attempt))
    group = (firing.target.get("SqsParameters") or {}).get("MessageGroupId")
    return message._replace(body=firing.payload(attempt).encode(), group=group)


def _event(tx: Tx, firing: Firing, attempt: int) -> bytes:
    parameters = firing.target["EventBridgeParameters"]
    detail = firing.payload(attempt) if "Input" in firing.target else "{}"
    return orjson.dumps(
        {
            "version": "0",
            "id": tx.ids.uuid(),
            "detail-type": parameters["DetailType"],
            "source": parameters["Source"],
            "account": firing.schedule.account,
            "time": shown_time(tx.now_ms),
            "region": Arn.parse(firing.target["Arn"]).region,
            "resources": [firing.schedule.arn],
            "detail": orjson.Fragment(detail),
        }
    )
