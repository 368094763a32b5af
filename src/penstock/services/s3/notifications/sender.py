"""S3 as the sender of changes: in whose name, in which shape, and how long it keeps trying."""

from functools import lru_cache

from penstock.delivery import ChangeSender, Ladder, ObjectChange, Phase, Rule, Source
from penstock.services.s3.notifications.event_bridge import bridge_event, bridge_rule_to, is_bridge
from penstock.services.s3.notifications.events import EVENTS
from penstock.services.s3.notifications.record import s3_message

_SERVICE = "s3.amazonaws.com"

# In AWS, SenderId of an event message is the session of a role that S3 keeps for itself.
_SENDER_ID = "AROAPENSTOCKS3SENDER0:S3-PROD-END"

_REPLAY = "replay"

SUBJECT = "Amazon S3 Notification"
"""Under what S3 publishes to topics."""

LADDER = Ladder(
    phases=(Phase(tries=None, first_ms=1000, last_ms=300_000, growth=2.0),),
    max_age_ms=24 * 3_600_000,
    source="Penstock's own: AWS says only that delivery is at least once",
)
"""An event whose destination is missing or forbids S3: from one second doubling to five minutes, for a day."""


@lru_cache(maxsize=1024)  # every change asks
def bucket_source(bucket: str, account: str) -> Source:
    """Returns S3, sending for a bucket."""
    return Source.of_service(_SERVICE, f"arn:aws:s3:::{bucket}", account, _SENDER_ID)


def change_sender(event_version: str) -> ChangeSender:
    """Returns what delivery must know of S3; ``event_version`` is that of its records, ``2.6``."""

    def body(change: ObjectChange, seq: int, rule: Rule) -> bytes:
        if is_bridge(rule):
            return bridge_event(change, seq)
        return s3_message(change, seq, rule.id, event_version)

    def replayed(change: ObjectChange, seq: int, rule: Rule, replay: str) -> bytes:
        if is_bridge(rule):
            return bridge_event(change, seq, replay)
        return body(change, seq, rule)

    return ChangeSender(bucket_source, body, replayed, rule_to, LADDER, SUBJECT)


def rule_to(arn: str) -> Rule:
    """Returns the rule that sends to ``arn`` whatever it can be told of."""
    if arn.startswith("arn:aws:events:"):
        return bridge_rule_to(arn)
    return Rule(_REPLAY, arn, tuple(name.removeprefix("s3:") for name in EVENTS))
