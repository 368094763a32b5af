"""PutMetricData.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

import asyncio

from penstock.access import Keys
from penstock.server import Call, Params, operation
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import place
from penstock.services.cloudwatch.errors import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from penstock.services.cloudwatch.metrics.datum import Datum, read_data, size
from penstock.services.cloudwatch.metrics.recording import record
from penstock.services.cloudwatch.state import CloudWatchState

_READ_AT_ONCE = 500  # values; that many take a millisecond or two


def requested_namespace(cloudwatch: CloudWatchState, call: Call, params: Params) -> Keys:
    """Returns the condition key of the namespace that data are put into."""
    return {"cloudwatch:namespace": params.get("Namespace") or ""}


def check_names(params: Params) -> None:
    """Returns when what must be there is, before the model's constraints are looked at; AwsError."""
    if not params.get("Namespace"):
        raise missing_parameter("Namespace")
    for where, datum in _entries(params):
        if not datum.get("MetricName"):
            raise missing_parameter(f"{where}.MetricName")


@operation(
    "PutMetricData",
    action="cloudwatch:PutMetricData",
    context=requested_namespace,
    check=check_names,
    max_body=limits.MAX_PUT_BODY,
)
async def put_metric_data(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the data are durable, all of them."""
    namespace = params["Namespace"]
    if namespace.startswith("AWS/"):
        raise invalid_value(f"The value {namespace} for parameter Namespace is invalid.")
    entries = _entries(params)
    _check_count(entries)
    asked = (place(call), namespace, entries, call.now_ms)
    if sum(size(datum) for _, datum in entries) > _READ_AT_ONCE:
        data = await asyncio.to_thread(read_data, *asked)
    else:
        data = read_data(*asked)
    await record(cloudwatch.store, data)


def _entries(params: Params) -> list[tuple[str, Datum]]:
    found = [(f"MetricData.member.{at}", datum) for at, datum in enumerate(params.get("MetricData") or (), 1)]
    for number, about in enumerate(params.get("EntityMetricData") or (), 1):
        prefix = f"EntityMetricData.member.{number}.MetricData.member"
        found += [(f"{prefix}.{at}", datum) for at, datum in enumerate(about.get("MetricData") or (), 1)]
    return found


def _check_count(entries: list[tuple[str, Datum]]) -> None:
    if not entries:
        raise invalid_combination("At least one of the parameters must be specified.")
    if len(entries) > limits.MAX_DATA:
        raise invalid_value(f"The collection MetricData must not have a size greater than {limits.MAX_DATA}.")
