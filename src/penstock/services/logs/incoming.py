"""What CloudWatch is told of log events that come.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

from collections.abc import Iterable

from penstock.measurements import Measurements, Series
from penstock.services.logs.metrics.embedded import Fault

NAMESPACE = "AWS/Logs"

_FAULTS = {Fault.PARSING: "EMFParsingErrors", Fault.VALIDATION: "EMFValidationErrors"}


def count_in(measurements: Measurements, group: tuple[str, str, str], events: int, size: int) -> None:
    """Counts ``events`` of ``size`` bytes together; ``group`` is account, region and name of a log group."""
    account, region, name = group
    for dimensions in ((("LogGroupName", name),), ()):
        count = Series(account, region, NAMESPACE, "IncomingLogEvents", dimensions, "Count")
        measurements.add(count, events)
        measurements.add(Series(account, region, NAMESPACE, "IncomingBytes", dimensions, "Bytes"), size)


def count_faults(measurements: Measurements, group: tuple[str, str, str], faults: Iterable[Fault]) -> None:
    """Counts documents in the embedded metric format that gave no metrics."""
    account, region, name = group
    for fault in faults:
        for dimensions in ((("LogGroupName", name),), ()):
            measurements.add(Series(account, region, NAMESPACE, _FAULTS[fault], dimensions, "Count"), 1)
