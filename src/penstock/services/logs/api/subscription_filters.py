"""PutSubscriptionFilter, DescribeSubscriptionFilters, DeleteSubscriptionFilter.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
"""

from typing import Any

from penstock.access import Keys
from penstock.arn import Arn
from penstock.delivery import DestinationError
from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.api.filters import check_class, check_regexes, refuse_transformed
from penstock.services.logs.errors import invalid_parameter, no_filter, too_many_filters
from penstock.services.logs.group import Key, get_group, group_key, group_resource
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.patterns import compile_pattern
from penstock.services.logs.state import LogsState
from penstock.services.logs.subscription import Subscription, sender
from penstock.services.logs.watch import forget_watch, watch_of
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.logs")

_BY_STREAM = "ByLogStream"
_FUNCTION_GROUPS = "/aws/lambda/"


def asked_destination(logs: LogsState, call: Call, params: Params) -> Keys:
    """Returns the condition key of where events are to be sent."""
    return {"logs:DestinationArn": params.get("destinationArn") or ""}


@operation(
    "PutSubscriptionFilter",
    action="logs:PutSubscriptionFilter",
    resource=group_resource,
    context=asked_destination,
)
async def put_subscription_filter(logs: LogsState, call: Call, params: Params) -> None:
    """Returns when events that come from now on are sent to the destination."""
    refuse_transformed(params, "emitSystemFields")
    compile_pattern(params["filterPattern"])
    key, destination = group_key(call, params), params["destinationArn"]
    _check_destination(key, destination, params)
    distribution = params.get("distribution") or _BY_STREAM
    found = Subscription(
        params["filterName"], params["filterPattern"], destination, distribution, call.now_ms
    )
    await logs.store.write(_put, logs, key, found)


@operation("DescribeSubscriptionFilters", action="logs:DescribeSubscriptionFilters", resource=group_resource)
async def describe_subscription_filters(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the log group's subscription filters by name."""
    key = group_key(call, params)
    after = read_token(params["nextToken"], str)[0] if params.get("nextToken") else ""
    prefix, limit = params.get("filterNamePrefix") or "", params.get("limit") or limits.MAX_DESCRIBED
    all_found = await logs.store.read(_subscriptions, key)
    found = [one for one in all_found if one.name > after and one.name.startswith(prefix)]
    answer: Params = {"subscriptionFilters": [_shown(key, one) for one in found[:limit]]}
    if len(found) > limit:
        answer["nextToken"] = make_token(found[limit - 1].name)
    return answer


@operation("DeleteSubscriptionFilter", action="logs:DeleteSubscriptionFilter", resource=group_resource)
async def delete_subscription_filter(logs: LogsState, call: Call, params: Params) -> None:
    """Returns when no more events are sent by the filter; what is on its way arrives."""
    await logs.store.write(_delete, group_key(call, params), params["filterName"])


def _check_destination(key: Key, destination: str, params: Params) -> None:
    try:
        parts = Arn.parse(destination)
    except ValueError:
        raise invalid_parameter(f"Invalid destinationArn: {destination}") from None
    if parts.service != "lambda":
        raise invalid_parameter(
            "Could not deliver test message to specified destination. Check if the destination is valid. "
            "This server sends log events to functions only."
        )
    if params.get("roleArn"):
        raise invalid_parameter("destinationArn for vendor lambda cannot be used with roleArn")
    function = parts.resource.removeprefix("function:").partition(":")[0]
    if key == (parts.account, parts.region, _FUNCTION_GROUPS + function):
        raise invalid_parameter(
            "The log group provided is reserved for the function logs of the destination function."
        )


def _put(tx: Tx, logs: LogsState, key: Key, new: Subscription) -> None:
    group = get_group(tx, key)
    check_class(group, "Subscription filters")
    watch = watch_of(tx, group)
    others = [found for found in watch.subscriptions if found.name != new.name]
    if len(others) >= limits.MAX_SUBSCRIPTION_FILTERS:
        raise too_many_filters()
    check_regexes(new.pattern, (*watch.metric_filters, *others))
    try:
        logs.delivery.check(tx, new.destination, sender(tx, logs.delivery, key, new.destination))
    except DestinationError:
        raise invalid_parameter(
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
            "execute your function."
        ) from None
    named = (new.pattern, new.destination, new.distribution)
    tx.run(Q.put_subscription_filter, group.id, new.name, *named, tx.now_ms)
    forget_watch(tx, group)


def _delete(tx: Tx, key: Key, name: str) -> None:
    group = get_group(tx, key)
    if not tx.run(Q.delete_subscription_filter, group.id, name):
        raise no_filter("subscription")
    forget_watch(tx, group)


def _subscriptions(tx: ReadTx, key: Key) -> tuple[Subscription, ...]:
    return watch_of(tx, get_group(tx, key)).subscriptions


def _shown(key: Key, found: Subscription) -> dict[str, Any]:
    return {
        "filterName": found.name,
        "logGroupName": key[2],
        "filterPattern": found.pattern,
        "destinationArn": found.destination,
        "distribution": found.distribution,
        "applyOnTransformedLogs": False,
        "creationTime": found.created_ms,
    }
