"""Tells an account's event bus of calls that change something.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

import orjson

from penstock.arn import arn
from penstock.audit import Record
from penstock.delivery import Delivery, Ladder, Message, Phase, Source
from penstock.delivery.trace_header import child_header
from penstock.store import Tx

SERVICE = "cloudtrail.amazonaws.com"
LADDER = Ladder(
    phases=(Phase(tries=None, first_ms=1000, last_ms=300_000, growth=2.0),),
    max_age_ms=24 * 3_600_000,
    source="Penstock's own: AWS says only that events are told as well as can be",
)

_DETAIL_TYPE = "AWS API Call via CloudTrail"
_SENDER_ID = "AROAPENSTOCKTRAIL0000:CloudTrail"


def tell_bus(delivery: Delivery, tx: Tx, record: Record) -> None:
    """Puts a record on the default bus of its account and region, if this server has buses."""
    document = record.document
    account, region = document["recipientAccountId"], document["awsRegion"]
    bus = arn("events", region, account, "event-bus/default")
    if not account or not delivery.serves(bus):
        return
    event = {
        "version": "0",
        "id": tx.ids.uuid(),
        "detail-type": _DETAIL_TYPE,
        "source": f"aws.{document['eventSource'].partition('.')[0]}",
        "account": account,
        "time": document["eventTime"],
        "region": region,
        "resources": [],
        "detail": document,
    }
    trail = arn("cloudtrail", region, account, "trail/penstock")
    source = Source.of_service(SERVICE, trail, account, _SENDER_ID)
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    delivery.send(tx, bus, source, Message(orjson.dumps(event), trace), LADDER)
