"""What S3 asks of destinations before it takes a rule, and the test event that it sends them."""

from typing import NamedTuple

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
from penstock.services.s3.buckets.bucket import Bucket
from penstock.services.s3.notifications import errors
from penstock.services.s3.notifications.checks import KINDS
from penstock.services.s3.notifications.sender import SUBJECT, bucket_source
from penstock.store import ReadTx, Tx


class Asked(NamedTuple):
    """The request that puts the rules, as test events tell of it."""

    request_id: str
    host_id: str
    trace: str | None = None


def check_regions(bucket: Bucket, rules: list[Rule]) -> None:
    """Raises AwsError when a destination is not in the bucket's region."""
    for rule in rules:
        arn = Arn.parse(rule.arn)
        if arn.region != bucket.region:
            raise errors.wrong_region(KINDS[arn.service].element, rule.arn)


def refuse_fifo(rules: list[Rule]) -> None:
    """Raises AwsError when a destination is a FIFO queue or topic."""
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    fifo = dict.fromkeys(rule.arn for rule in rules if rule.arn.endswith(".fifo"))
    if fifo:
        reason = "FIFO queues and topics are not supported as a destination"
        raise errors.invalid_destinations([(arn, reason) for arn in fifo])


def check_destinations(tx: ReadTx, delivery: Delivery, source: Source, rules: list[Rule]) -> None:
    """Raises AwsError, in S3's words, when a destination is missing or does not let the bucket in."""
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


def send_test_events(tx: Tx, delivery: Delivery, asked: Asked, bucket: Bucket, rules: list[Rule]) -> None:
    """Sends S3's test event to the queues and topics of the rules; DestinationError."""
    source = bucket_source(bucket.name, bucket.account)
    body = orjson.dumps(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": iso_time(tx.now_ms),
            "Bucket": bucket.name,
            "RequestId": asked.request_id,
            "HostId": asked.host_id,
        }
    )
    for arn in dict.fromkeys(rule.arn for rule in rules):
        if Arn.parse(arn).service != "lambda":  # functions are not invoked to be tested
            trace = message_header(asked.trace, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
            delivery.offer(tx, arn, source, Message(body, trace, subject=SUBJECT))
