"""CreateFunctionUrlConfig and its like.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
"""

from typing import Any

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.condition_keys import function_keys
from penstock.services.lambda_.api.naming import function_arn, function_name, whole_name
from penstock.services.lambda_.errors import conflict, invalid, not_found
from penstock.services.lambda_.functions.function import Function, get_function
from penstock.services.lambda_.functions.qualified import get_qualified, is_number
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.services.lambda_.urls.url import FunctionUrl, InvokeMode, find_url, url_page
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 50
_ALL = 1 << 30
_ID_LENGTH = 32
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def _url_keys(service: object, call: Call, params: Params) -> Keys:
    keys = function_keys(service, call, params)
    return {**keys, "lambda:FunctionUrlAuthType": params["AuthType"]} if params.get("AuthType") else keys


@operation(
    "CreateFunctionUrlConfig",
    action="lambda:CreateFunctionUrlConfig",
    resource=function_arn,
    context=_url_keys,
)
async def create_function_url_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new URL."""
    url = await lambda_.store.write(_create, _named(call, params), params)
    return url.configuration(call.endpoint)


@operation(
    "UpdateFunctionUrlConfig",
    action="lambda:UpdateFunctionUrlConfig",
    resource=function_arn,
    context=_url_keys,
)
async def update_function_url_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the URL, which stays where it is, with what was set."""
    url = await lambda_.store.write(_update, _named(call, params), params)
    return url.configuration(call.endpoint)


@operation(
    "GetFunctionUrlConfig",
    action="lambda:GetFunctionUrlConfig",
    resource=function_arn,
    context=function_keys,
)
async def get_function_url_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the URL of the function, or of its alias."""
    return (await lambda_.store.read(_get, _named(call, params))).configuration(call.endpoint)


@operation("ListFunctionUrlConfigs", action="lambda:ListFunctionUrlConfigs", resource=function_arn)
async def list_function_url_configs(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of the URLs of the function and its aliases."""
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    marker = params.get("Marker", "")
    found = await lambda_.store.read(_page, whole_name(call, params), marker, limit + 1)
    result: Params = {"FunctionUrlConfigs": [url.configuration(call.endpoint) for url in found[:limit]]}
    if len(found) > limit:
        result["NextMarker"] = found[limit - 1].name.qualifier or LATEST
    return result


@operation(
    "DeleteFunctionUrlConfig",
    action="lambda:DeleteFunctionUrlConfig",
    resource=function_arn,
    context=function_keys,
)
async def delete_function_url_config(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Returns when the URL is gone."""
    await lambda_.store.write(_delete, _named(call, params))


def delete_urls(tx: Tx, function: Function) -> None:
    """Deletes the URLs of a function that is being deleted."""
    for url in url_page(tx, function.id, "", _ALL):
        _remove(tx, url)
    if own := find_url(tx, function.id, ""):
        _remove(tx, own)


def delete_url_of_alias(tx: Tx, function_id: int, alias: str) -> None:
    """Deletes the URL of an alias that is being deleted."""
    if url := find_url(tx, function_id, alias):
        _remove(tx, url)


def _named(call: Call, params: Params) -> FunctionName:
    name = function_name(call, params)
    if is_number(name.qualifier) or name.qualifier == LATEST:
        raise invalid("Function URLs are available for $LATEST, without a qualifier, and for aliases only.")
    return name


def _create(tx: Tx, name: FunctionName, params: Params) -> FunctionUrl:
    function = get_qualified(tx, name)
    if find_url(tx, function.id, name.qualifier):
        raise conflict(
            f"Failed to create function url config for [functionArn = {name.qualified_arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    url_id = tx.ids.text(_ID_LENGTH, _ID_LETTERS)
    tx.insert(
        Q.add_url,
        url_id,
        function.id,
        name.account,
        name.region,
        name.name,
        name.qualifier,
        params["AuthType"],
        _json(params.get("Cors") or {}),
        tx.now_ms,
        tx.now_ms,
        params.get("InvokeMode") or InvokeMode.BUFFERED.value,
    )
    tx.forget("lambda.url", url_id)
    return _get(tx, name)


def _update(tx: Tx, name: FunctionName, params: Params) -> FunctionUrl:
    old = _get(tx, name)
    cors = old.cors if params.get("Cors") is None else params["Cors"]
    auth_type = params.get("AuthType") or old.auth_type.value
    mode = params.get("InvokeMode") or old.invoke_mode.value
    tx.run(Q.put_url, auth_type, _json(cors), tx.now_ms, mode, old.id)
    tx.forget("lambda.url", old.url_id)
    return _get(tx, name)


def _get(tx: ReadTx, name: FunctionName) -> FunctionUrl:
    url = find_url(tx, get_qualified(tx, name).id, name.qualifier)
    if url is None:
        raise not_found("The resource you requested does not exist.")
    return url


def _page(tx: ReadTx, name: FunctionName, marker: str, limit: int) -> list[FunctionUrl]:
    function = get_function(tx, name)
    own = find_url(tx, function.id, "") if not marker else None
    found = url_page(tx, function.id, "" if marker == LATEST else marker, limit)
    return ([own] if own else []) + found


def _delete(tx: Tx, name: FunctionName) -> None:
    _remove(tx, _get(tx, name))


def _remove(tx: Tx, url: FunctionUrl) -> None:
    tx.run(Q.delete_url, url.id)
    tx.forget("lambda.url", url.url_id)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
