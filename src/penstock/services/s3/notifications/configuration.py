"""Which events of a bucket go where: put and get of its notification configuration."""

from dataclasses import replace

from penstock.delivery import Delivery, Rule
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.notifications.checks import checked_rules, configuration_of
from penstock.services.s3.notifications.destinations import (
    Asked,
    check_destinations,
    check_regions,
    refuse_fifo,
    send_test_events,
)
from penstock.services.s3.notifications.event_bridge import bridge_rule
from penstock.services.s3.notifications.sender import bucket_source
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx


@operation("PutBucketNotificationConfiguration", action="s3:PutBucketNotification", resource=bucket_arn)
async def put_bucket_notification_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the configuration has replaced the former one and its destinations have a test event."""
    configuration = payload(call, params, "NotificationConfiguration")
    rules = checked_rules(configuration, s3.ids)
    has_bridge = configuration.get("EventBridgeConfiguration") is not None
    await s3.store.write(_put, s3.delivery, call, params, rules, has_bridge)


@operation("GetBucketNotificationConfiguration", action="s3:GetBucketNotification", resource=bucket_arn)
async def get_bucket_notification_configuration(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the configuration; nothing when there is none."""
    return configuration_of(await s3.store.read(_get, s3.delivery, call, params))


def _put(tx: Tx, delivery: Delivery, call: Call, params: Params, rules: list[Rule], has_bridge: bool) -> None:
    bucket = requested_bucket(tx, call, params)
    check_regions(bucket, rules)
    refuse_fifo(rules)
    source = bucket_source(bucket.name, bucket.account)
    # The test event is how S3 validates a destination, so skipping the one skips the other.
    if not params.get("SkipDestinationValidation"):
        check_destinations(tx, delivery, source, rules)
        send_test_events(tx, delivery, Asked(call.request_id, call.host_id, call.trace), bucket, rules)
    bridge = [bridge_rule(bucket.region, bucket.account)] if has_bridge else []
    delivery.put_rules(tx, bucket.name, _with_precedence(delivery.rules(tx, bucket.name), rules + bridge))


def _with_precedence(former: list[Rule], rules: list[Rule]) -> list[Rule]:
    """Returns the rules with the priority and group key of those that had their ids: AWS has no words for these."""
    said = {rule.id: rule for rule in former if rule.priority or rule.group_key}
    return [
        replace(rule, priority=old.priority, group_key=old.group_key) if (old := said.get(rule.id)) else rule
        for rule in rules
    ]


def _get(tx: ReadTx, delivery: Delivery, call: Call, params: Params) -> list[Rule]:
    return delivery.rules(tx, requested_bucket(tx, call, params).name)
