"""How asynchronous invocations of a function are retried, and who hears of their end."""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.functions import function_arn, function_name
from penstock.services.lambda_.api.settings import check_destination
from penstock.services.lambda_.errors import invalid, not_found
from penstock.services.lambda_.functions.function import Function, cache_key, find_function
from penstock.services.lambda_.functions.role import check_may_send, role_principal
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

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
    """Returns the one configuration there may be."""
    function = await lambda_.store.read(_existing, function_name(call, params))
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


def _existing(tx: ReadTx, name: FunctionName) -> Function:
    function = find_function(tx, name.account, name.region, name.name)
    if function is None:
        raise not_found("The function doesn't exist.")
    return function


def _with_config(tx: ReadTx, name: FunctionName) -> Function:
    """Returns the function; AWS tells one that is not there from one without a configuration only where it is set."""
    function = find_function(tx, name.account, name.region, name.name)
    if function is None or function.async_config is None:
        raise _not_configured(name.arn)
    return function


def _configured(function: Function) -> dict[str, Any]:
    if function.async_config is None:
        raise _not_configured(function.arn)
    return function.async_config


def _not_configured(function_arn: str) -> AwsError:
    return not_found(f"The function {function_arn}:{LATEST} doesn't have an EventInvokeConfig")


def _shown(function: Function, config: dict[str, Any]) -> Params:
    return {
        **config,
        "FunctionArn": f"{function.arn}:{LATEST}",
        "LastModified": datetime.fromtimestamp(config["LastModified"] / 1000, UTC),
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}, **config.get("DestinationConfig", {})},
    }


def _store(tx: Tx, name: FunctionName, config: dict[str, Any] | None) -> None:
    function = _existing(tx, name) if config else _with_config(tx, name)
    tx.run(Q.put_async_config, orjson.dumps(config).decode() if config else None, function.id)
    tx.forget("lambda.function", cache_key(function))
