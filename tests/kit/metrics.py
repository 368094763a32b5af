"""What tests of CloudWatch need: a server whose time stands, and short ways to put and read data."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from tests.kit.functions import client
from tests.kit.policies import ACCOUNT, document

START = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
"""What time it is when a still server starts: a whole hour."""


@contextmanager
def still_server(**settings: Any) -> Iterator[LocalServer]:
    """Runs a server whose time stands at ``START``, and moves when the test moves it."""
    server = LocalServer(**settings)
    server.clock.freeze(round(START.timestamp() * 1000))
    with server:
        yield server


def moment(minutes: float) -> datetime:
    """Returns the moment so many minutes after ``START``."""
    return START + timedelta(minutes=minutes)


def put(
    server: LocalServer, name: str, *values: float, at: float = 0, namespace: str = "App", **more: Any
) -> None:
    """Publishes values of a metric, ``at`` so many minutes after ``START``."""
    data = [{"MetricName": name, "Value": value, "Timestamp": moment(at), **more} for value in values]
    client(server, "cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def statistics(
    server: LocalServer,
    name: str,
    *wanted: str,
    begin: float = -60,
    end: float = 60,
    period: int = 60,
    **more: Any,
) -> list[dict[str, Any]]:
    """Returns the datapoints of a metric between two moments, the earliest first."""
    found = client(server, "cloudwatch").get_metric_statistics(
        **{"Namespace": "App", **more},
        MetricName=name,
        StartTime=moment(begin),
        EndTime=moment(end),
        Period=period,
        **{
            "ExtendedStatistics" if wanted[0][0] in "ptPT" or len(wanted[0]) < 5 else "Statistics": list(
                wanted
            )
        },
    )
    points: list[dict[str, Any]] = sorted(found["Datapoints"], key=lambda point: point["Timestamp"])
    return points


def query(id: str, name: str = "", stat: str = "Sum", period: int = 60, **more: Any) -> dict[str, Any]:
    """Returns a query of a metric; of what ``Expression`` says when it is given."""
    if "Expression" in more:
        return {"Id": id, **more}
    metric = {
        "Namespace": more.pop("namespace", "App"),
        "MetricName": name,
        "Dimensions": more.pop("dimensions", []),
    }
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}, **more}


def data(
    server: LocalServer, *queries: dict[str, Any], begin: float = -60, end: float = 60, **more: Any
) -> Any:
    """Returns what GetMetricData answers, the earliest values first."""
    return client(server, "cloudwatch").get_metric_data(
        StartTime=moment(begin),
        EndTime=moment(end),
        MetricDataQueries=list(queries),
        **{"ScanBy": "TimestampAscending", **more},
    )


def values(server: LocalServer, *queries: dict[str, Any], **more: Any) -> dict[str, list[float]]:
    """Returns the values of each query, by their labels."""
    return {found["Label"]: found["Values"] for found in data(server, *queries, **more)["MetricDataResults"]}


def refusal(operation: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message with which an operation is refused."""
    with pytest.raises(ClientError) as refused:
        operation(**params)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def put_alarm(server: LocalServer, name: str, metric: str = "", **settings: Any) -> str:
    """Returns the ARN of an alarm on the sum of a metric by the minute, which is not to be above 10."""
    watched = {"Namespace": "App", "MetricName": metric or name, "Statistic": "Sum", "Period": 60}
    asked = {
        **({} if "Metrics" in settings else watched),
        "EvaluationPeriods": 1,
        "Threshold": 10,
        "ComparisonOperator": "GreaterThanThreshold",
        **settings,
    }
    client(server, "cloudwatch").put_metric_alarm(
        AlarmName=name,
        **{name: value for name, value in asked.items() if value is not None},
    )
    return alarm_arn(name)


def alarm_arn(name: str) -> str:
    """Returns the ARN of an alarm of the default account."""
    return f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"


def alarm(server: LocalServer, name: str) -> dict[str, Any]:
    """Returns an alarm as it is described."""
    found = client(server, "cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (one,) = found["MetricAlarms"] + found["CompositeAlarms"]
    described: dict[str, Any] = one
    return described


def state(server: LocalServer, name: str) -> str:
    """Returns the state of an alarm."""
    return str(alarm(server, name)["StateValue"])


def pass_minutes(server: LocalServer, minutes: float) -> None:
    """Moves the server's time, and returns when all that was due has been done."""
    server.advance(minutes * 60)
    server.settle()


def history(server: LocalServer, name: str, **wanted: Any) -> list[str]:
    """Returns what has become of an alarm, the earliest first."""
    found = client(server, "cloudwatch").describe_alarm_history(
        AlarmName=name, ScanBy="TimestampAscending", **wanted
    )
    return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]


def alarms_may(action: str, service: str = "cloudwatch.amazonaws.com") -> str:
    """Returns the policy of a topic that takes what alarms say."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": action,
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}},
        }
    )
