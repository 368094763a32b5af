"""How asynchronous invocations of a function are retried, and who hears of their end."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.digits import whole_number
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, function_name, whole_name
from penstock.services.lambda_.api.settings import check_destination
from penstock.services.lambda_.errors import invalid, not_found
from penstock.services.lambda_.functions.function import Function, Holder
from penstock.services.lambda_.functions.qualified import find_qualified, forget, get_qualified, is_number
from penstock.services.lambda_.functions.role import check_may_send, role_principal
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PUT = {
    Holder.FUNCTION: Q.put_async_config,
    Holder.VERSION: Q.put_version_async_config,
    Holder.ALIAS: Q.put_alias_async_config,
}
_PAGE = 50
_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


@operation(
    "PutFunctionEventInvokeConfig", action="lambda:PutFunctionEventInvokeConfig", resource=function_arn
)
async def put_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the configuration, which replaces the former one whole."""
    return await _set(lambda_, call, params, {})


@operation(
    "UpdateFunctionEventInvokeConfig", action="lambda:UpdateFunctionEventInvokeConfig", resource=function_arn
)
async def update_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the configuration, of which what was not given stays."""
    function = await lambda_.store.read(_existing, function_name(call, params))
    return await _set(lambda_, call, params, _configured(function))


@operation(
    "GetFunctionEventInvokeConfig", action="lambda:GetFunctionEventInvokeConfig", resource=function_arn
)
async def get_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the configuration."""
    function = await lambda_.store.read(_with_config, function_name(call, params))
    return _shown(function, _configured(function))


@operation(
    "ListFunctionEventInvokeConfigs", action="lambda:ListFunctionEventInvokeConfigs", resource=function_arn
)
async def list_function_event_invoke_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns those of ``$LATEST``, the versions and the aliases that have one, in this order."""
    name = whole_name(call, params)
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    found = await lambda_.store.read(_configured_page, name, params.get("Marker", ""), limit + 1)
    result: Params = {
        "FunctionEventInvokeConfigs": [_shown(function, _configured(function)) for function in found[:limit]]
    }
    if len(found) > limit:
        result["NextMarker"] = found[limit - 1].qualifier or LATEST
    return result


@operation(
    "DeleteFunctionEventInvokeConfig", action="lambda:DeleteFunctionEventInvokeConfig", resource=function_arn
)
async def delete_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Goes back to AWS's defaults."""
    await lambda_.store.write(_store, function_name(call, params), None)


async def _set(lambda_: LambdaState, call: Call, params: Params, old: dict[str, Any]) -> Params:
    name = function_name(call, params)
    if not any(params.get(member) is not None for member in _MEMBERS):
        raise invalid("You must specify at least one of error handling or destination setting.")
    function = await lambda_.store.read(_existing, name)
    config = {**old, **{member: params[member] for member in _MEMBERS if params.get(member) is not None}}
    config["LastModified"] = call.now_ms
    await _check_destinations(lambda_, call, function, config.get("DestinationConfig", {}))
    await lambda_.store.write(_store, name, config)
    return _shown(function, config)


async def _check_destinations(
    lambda_: LambdaState, call: Call, function: Function, destinations: dict[str, Any]
) -> None:
    for kind in ("OnSuccess", "OnFailure"):
        arn = (destinations.get(kind) or {}).get("Destination")
        if not arn:
            continue
        check_destination(arn, f"DestinationConfig {kind}")
        principal = await role_principal(
            lambda_.parts, function.account, function.region, function.name, function.role
        )
        await check_may_send(call, principal, arn)


def _configured_page(tx: ReadTx, name: FunctionName, after: str, limit: int) -> list[Function]:
    function = _existing(tx, name)
    found = [""] if not after and function.async_config else []
    if not after or after == LATEST or is_number(after):
        number = whole_number(after) or 0
        found += [
            qualifier for (qualifier,) in tx.all(Q.find_configured_versions, function.id, number, limit)
        ]
        after = ""
    found += [qualifier for (qualifier,) in tx.all(Q.find_configured_aliases, function.id, after, limit)]
    return [get_qualified(tx, replace(name, qualifier=qualifier)) for qualifier in found[:limit]]


def _existing(tx: ReadTx, name: FunctionName) -> Function:
    function = find_qualified(tx, name)
    if function is None:
        raise not_found("The function doesn't exist.")
    return function


def _with_config(tx: ReadTx, name: FunctionName) -> Function:
    """Returns the function; AWS tells one that is not there from one without a configuration only where it is set."""
    function = find_qualified(tx, name)
    if function is None or function.async_config is None:
        raise _not_configured(f"{name.arn}:{name.qualifier or LATEST}")
    return function


def _configured(function: Function) -> dict[str, Any]:
    if function.async_config is None:
        raise _not_configured(function.whole_arn)
    return function.async_config


def _not_configured(function_arn: str) -> AwsError:
    return not_found(f"The function {function_arn} doesn't have an EventInvokeConfig")


def _shown(function: Function, config: dict[str, Any]) -> Params:
    return {
        **config,
        "FunctionArn": function.whole_arn,
        "LastModified": datetime.fromtimestamp(config["LastModified"] / 1000, UTC),
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}, **config.get("DestinationConfig", {})},
    }


def _store(tx: Tx, name: FunctionName, config: dict[str, Any] | None) -> None:
    function = _existing(tx, name) if config else _with_config(tx, name)
    tx.run(_PUT[function.holder], orjson.dumps(config).decode() if config else None, function.holder_row)
    forget(tx, function)
