"""PutMetricFilter, DescribeMetricFilters, DeleteMetricFilter, TestMetricFilter.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.api.filters import check_class, check_regexes, refuse_transformed
from penstock.services.logs.errors import invalid_parameter, no_filter, too_many_filters
from penstock.services.logs.group import Key, every_group_resource, get_group, group_key, group_resource
from penstock.services.logs.metrics.values import is_name, number_of
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.patterns import Pattern, compile_pattern
from penstock.services.logs.state import LogsState
from penstock.services.logs.watch import forget_watch, watch_of
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.logs")

_STEP = 200


@operation("PutMetricFilter", action="logs:PutMetricFilter", resource=group_resource)
async def put_metric_filter(logs: LogsState, call: Call, params: Params) -> None:
    """Returns when events that come from now on are measured."""
    refuse_transformed(params, "emitSystemFieldDimensions")
    (transformation,) = params["metricTransformations"]
    _check(compile_pattern(params["filterPattern"]), transformation)
    name, pattern = params["filterName"], params["filterPattern"]
    await logs.store.write(_put, group_key(call, params), name, pattern, transformation)


def listed_groups(logs: LogsState, call: Call, params: Params) -> str:
    """Returns the ARN of the log group whose filters are asked for; that of all when they are."""
    asked = group_resource if params.get("logGroupName") else every_group_resource
    return asked(logs, call, params)


@operation("DescribeMetricFilters", action="logs:DescribeMetricFilters", resource=listed_groups)
async def describe_metric_filters(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns metric filters by name: those of a log group, those of a metric, or all."""
    if (params.get("metricName") is None) != (params.get("metricNamespace") is None):
        raise invalid_parameter("metricName and metricNamespace must be specified together.")
    after = tuple(read_token(params["nextToken"], str, str)) if params.get("nextToken") else ("", "")
    limit = params.get("limit") or limits.MAX_DESCRIBED
    found: list[dict[str, Any]] = []
    while len(found) <= limit:
        rows = await logs.store.read(_page, call, params, after)
        found += [shown for row in rows if _is_wanted(shown := _shown(row), params)]
        if len(rows) < _STEP:
            break
        after = rows[-1][:2]
    answer: Params = {"metricFilters": found[:limit]}
    if len(found) > limit:
        last = found[limit - 1]
        answer["nextToken"] = make_token(last["logGroupName"], last["filterName"])
    return answer


@operation("DeleteMetricFilter", action="logs:DeleteMetricFilter", resource=group_resource)
async def delete_metric_filter(logs: LogsState, call: Call, params: Params) -> None:
    """Returns when no more events are measured by the filter."""
    await logs.store.write(_delete, group_key(call, params), params["filterName"])


@operation("TestMetricFilter", action="logs:TestMetricFilter")
async def test_metric_filter(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns which of the messages match the pattern, with what it names in them."""
    pattern = compile_pattern(params["filterPattern"])
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": message, "extractedValues": pattern.extracted(message)}
            for number, message in enumerate(params["logEventMessages"], 1)
            if pattern(message)
        ]
    }


def _check(pattern: Pattern, transformation: Mapping[str, Any]) -> None:
    value, dimensions = transformation["metricValue"], transformation.get("dimensions") or {}
    if not is_name(transformation["metricName"]) or not is_name(transformation["metricNamespace"]):
        raise invalid_parameter("Invalid metric transformation: the metric needs a name and a namespace.")
    if transformation["metricNamespace"].startswith("AWS/"):
        raise invalid_parameter("Invalid metric transformation: the namespace must not begin with AWS/.")
    if value.startswith("$"):
        _check_reference(pattern, value)
    elif number_of(value) is None:
        raise invalid_parameter(f"Invalid metric transformation: {value} is neither a number nor a field.")
    if dimensions and transformation.get("defaultValue") is not None:
        raise invalid_parameter(
            "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
        )
    default = transformation.get("defaultValue")
    if default is not None and number_of(default) is None:
        raise invalid_parameter("Invalid metric transformation: the default value is not a number.")
    if len(dimensions) > limits.MAX_FILTER_DIMENSIONS:
        raise invalid_parameter(
            f"Invalid metric transformation: a metric has at most {limits.MAX_FILTER_DIMENSIONS} dimensions."
        )
    for name, reference in dimensions.items():
        if not is_name(name):
            raise invalid_parameter(f"Invalid metric transformation: {name} cannot be a dimension's name.")
        _check_reference(pattern, reference)


def _check_reference(pattern: Pattern, reference: str) -> None:
    if not pattern.means(reference):
        raise invalid_parameter(
            f"Invalid metric transformation: {reference} is not a field of the filter pattern."
        )


def _put(tx: Tx, key: Key, name: str, pattern: str, transformation: Mapping[str, Any]) -> None:
    group = get_group(tx, key)
    check_class(group, "Metric filters")
    watch = watch_of(tx, group)
    others = [found for found in watch.metric_filters if found.name != name]
    if len(others) >= limits.MAX_METRIC_FILTERS:
        raise too_many_filters()
    check_regexes(pattern, (*others, *watch.subscriptions))
    document = orjson.dumps(transformation).decode()
    tx.run(Q.put_metric_filter, group.id, name, *key, pattern, document, tx.now_ms)
    forget_watch(tx, group)


def _delete(tx: Tx, key: Key, name: str) -> None:
    group = get_group(tx, key)
    if not tx.run(Q.delete_metric_filter, group.id, name):
        raise no_filter("metric")
    forget_watch(tx, group)


def _page(tx: ReadTx, call: Call, params: Params, after: tuple[str, str]) -> list[Row]:
    if params.get("logGroupName") is None:
        return tx.all(Q.find_metric_filters_of_account, call.account, call.region, *after, _STEP)
    key = group_key(call, params)
    rows = tx.all(Q.find_metric_filters, get_group(tx, key).id)  # a hundred at most
    return [(key[2], *row) for row in rows if row[0] > after[1]]


def _is_wanted(shown: Mapping[str, Any], params: Params) -> bool:
    (transformation,) = shown["metricTransformations"]
    metric = (transformation["metricNamespace"], transformation["metricName"])
    wanted = (params.get("metricNamespace"), params.get("metricName"))
    return shown["filterName"].startswith(params.get("filterNamePrefix") or "") and wanted in (
        metric,
        (None, None),
    )


def _shown(row: Row) -> dict[str, Any]:
    group, name, pattern, transformation, created_ms = row
    return {
        "filterName": name,
        "filterPattern": pattern,
        "metricTransformations": [orjson.loads(transformation)],
        "creationTime": created_ms,
        "logGroupName": group,
        "applyOnTransformedLogs": False,
    }
