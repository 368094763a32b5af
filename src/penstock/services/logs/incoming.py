"""What CloudWatch is told of log events that come.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

from penstock.measurements import Measurements, Series

NAMESPACE = "AWS/Logs"


def count_in(measurements: Measurements, group: tuple[str, str, str], events: int, size: int) -> None:
    """Counts ``events`` of ``size`` bytes together; ``group`` is account, region and name of a log group."""
    account, region, name = group
    for dimensions in ((("LogGroupName", name),), ()):
        count = Series(account, region, NAMESPACE, "IncomingLogEvents", dimensions, "Count")
        measurements.add(count, events)
        measurements.add(Series(account, region, NAMESPACE, "IncomingBytes", dimensions, "Bytes"), size)
