"""What CloudWatch is told of topics.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
"""

from enum import StrEnum
from functools import lru_cache, partial

from penstock.measurements import Measurements, Series
from penstock.services.sns.arns import Key
from penstock.store import Tx

NAMESPACE = "AWS/SNS"


class Happened(StrEnum):
    """What is counted, as AWS calls it."""

    PUBLISHED = "NumberOfMessagesPublished"
    DELIVERED = "NumberOfNotificationsDelivered"
    FAILED = "NumberOfNotificationsFailed"
    REDRIVEN = "NumberOfNotificationsRedrivenToDlq"
    NOT_REDRIVEN = "NumberOfNotificationsFailedToRedriveToDlq"
    FILTERED = "NumberOfNotificationsFilteredOut"
    FILTERED_BY_ATTRIBUTES = "NumberOfNotificationsFilteredOut-MessageAttributes"
    FILTERED_WITHOUT_ATTRIBUTES = "NumberOfNotificationsFilteredOut-NoMessageAttributes"
    FILTERED_BY_BODY = "NumberOfNotificationsFilteredOut-MessageBody"


class Traffic:
    """Counts for every topic, once what is counted is durable."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements

    def count(self, tx: Tx, topic: Key, *happened: Happened) -> None:
        """Promises to count each of what ``happened`` once."""
        for name in happened:
            tx.after_commit(partial(self._measurements.add, _series(topic, name.value, "Count"), 1))

    def published(self, tx: Tx, topic: Key, size: int) -> None:
        """Promises to count a message of ``size`` bytes."""
        self.count(tx, topic, Happened.PUBLISHED)
        tx.after_commit(partial(self._measurements.add, _series(topic, "PublishSize", "Bytes"), size))


@lru_cache(maxsize=4096)
def _series(topic: Key, name: str, unit: str) -> Series:
    account, region, topic_name = topic
    return Series(account, region, NAMESPACE, name, (("TopicName", topic_name),), unit)
