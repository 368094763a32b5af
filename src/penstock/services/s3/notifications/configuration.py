"""Which events of a bucket go where: put and get of its notification configuration."""

import orjson

from penstock.arn import Arn
from penstock.delivery import (
    Delivery,
    DestinationError,
    ForbiddenDestination,
    Message,
    MissingDestination,
    Rule,
    Source,
)
from penstock.delivery.stamps import iso_time
from penstock.delivery.trace_header import message_header
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Bucket, requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.notifications import errors
from penstock.services.s3.notifications.checks import KINDS, checked_rules, configuration_of
from penstock.services.s3.notifications.event_bridge import bridge_rule
from penstock.services.s3.notifications.sender import SUBJECT, bucket_source
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
    _check_regions(bucket, rules)
    _refuse_fifo(rules)
    source = bucket_source(bucket.name, bucket.account)
    # The test event is how S3 validates a destination, so skipping the one skips the other.
    if not params.get("SkipDestinationValidation"):
        _check_destinations(tx, delivery, source, rules)
        _send_test_events(tx, delivery, call, bucket, source, rules)
    bridge = [bridge_rule(bucket.region, bucket.account)] if has_bridge else []
    delivery.put_rules(tx, bucket.name, rules + bridge)


def _get(tx: ReadTx, delivery: Delivery, call: Call, params: Params) -> list[Rule]:
    return delivery.rules(tx, requested_bucket(tx, call, params).name)


def _check_regions(bucket: Bucket, rules: list[Rule]) -> None:
    for rule in rules:
        arn = Arn.parse(rule.arn)
        if arn.region != bucket.region:
            raise errors.wrong_region(KINDS[arn.service].element, rule.arn)


def _refuse_fifo(rules: list[Rule]) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    fifo = dict.fromkeys(rule.arn for rule in rules if rule.arn.endswith(".fifo"))
    if fifo:
        reason = "FIFO queues and topics are not supported as a destination"
        raise errors.invalid_destinations([(arn, reason) for arn in fifo])


def _check_destinations(tx: ReadTx, delivery: Delivery, source: Source, rules: list[Rule]) -> None:
    refused: list[tuple[str, str]] = []
    for arn in dict.fromkeys(rule.arn for rule in rules):
        try:
            delivery.check(tx, arn, source)
        except DestinationError as error:
            refused.append(_refusal(arn, error))
    if refused:
        raise errors.invalid_destinations(refused)


def _refusal(arn: str, error: DestinationError) -> tuple[str, str]:
    service = Arn.parse(arn).service
    if service == "lambda":
        # AWS says the same of a function that is missing and one that forbids.
        return f"{arn}, null", f"Not authorized to invoke function [{arn}]"
    kind = "topic" if service == "sns" else "queue"
    if isinstance(error, MissingDestination):
        return arn, f"The destination {kind} does not exist"
    if isinstance(error, ForbiddenDestination):
        reason = (
            f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
        )
        return arn, reason
    return arn, str(error)


def _send_test_events(
    tx: Tx, delivery: Delivery, call: Call, bucket: Bucket, source: Source, rules: list[Rule]
) -> None:
    body = orjson.dumps(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso_time(tx.now_ms),
            "Bucket": bucket.name,
            "RequestId": call.request_id,
            "HostId": call.host_id,
        }
    )
    for arn in dict.fromkeys(rule.arn for rule in rules):
        if Arn.parse(arn).service != "lambda":  # functions are not invoked to be tested
            trace = message_header(call.trace, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
            delivery.offer(tx, arn, source, Message(body, trace, subject=SUBJECT))
