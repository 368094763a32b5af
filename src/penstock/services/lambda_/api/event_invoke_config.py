"""How asynchronous invocations of a function are retried, and who hears of their end."""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.functions import function_arn, function_name
from penstock.services.lambda_.api.settings import check_queue_target
from penstock.services.lambda_.errors import not_found
from penstock.services.lambda_.functions.function import Function, cache_key, get_function
from penstock.services.lambda_.functions.role import check_may, role_principal
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import Tx, queries

Q = queries(__package__)

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
    function = await lambda_.store.read(get_function, function_name(call, params))
    return await _set(lambda_, call, params, _configured(function))


@operation(
    "GetFunctionEventInvokeConfig", action="lambda:GetFunctionEventInvokeConfig", resource=function_arn
)
async def get_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the configuration."""
    function = await lambda_.store.read(get_function, function_name(call, params))
    return _shown(function, _configured(function))


@operation(
    "ListFunctionEventInvokeConfigs", action="lambda:ListFunctionEventInvokeConfigs", resource=function_arn
)
async def list_function_event_invoke_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the one configuration there may be."""
    function = await lambda_.store.read(get_function, function_name(call, params))
    config = function.async_config
    return {"FunctionEventInvokeConfigs": [_shown(function, config)] if config else []}


@operation(
    "DeleteFunctionEventInvokeConfig", action="lambda:DeleteFunctionEventInvokeConfig", resource=function_arn
)
async def delete_function_event_invoke_config(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Goes back to AWS's defaults."""
    await lambda_.store.write(_store, function_name(call, params), None)


async def _set(lambda_: LambdaState, call: Call, params: Params, old: dict[str, Any]) -> Params:
    name = function_name(call, params)
    function = await lambda_.store.read(get_function, name)
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
        check_queue_target(arn, f"DestinationConfig {kind}")
        principal = await role_principal(
            lambda_.parts, function.account, function.region, function.name, function.role
        )
        await check_may(call, principal, "sqs:SendMessage", arn)


def _configured(function: Function) -> dict[str, Any]:
    if function.async_config is None:
        raise not_found(f"The function {function.arn}:{LATEST} doesn't have an EventInvokeConfig")
    return function.async_config


def _shown(function: Function, config: dict[str, Any]) -> Params:
    return {
        **config,
        "FunctionArn": f"{function.arn}:{LATEST}",
        "LastModified": datetime.fromtimestamp(config["LastModified"] / 1000, UTC),
        "DestinationConfig": config.get("DestinationConfig") or {"OnSuccess": {}, "OnFailure": {}},
    }


def _store(tx: Tx, name: FunctionName, config: dict[str, Any] | None) -> None:
    function = get_function(tx, name)
    if config is None:
        _configured(function)
    tx.run(Q.put_async_config, orjson.dumps(config).decode() if config else None, function.id)
    tx.forget("lambda.function", cache_key(function))
