"""CreateAlias and its like.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html and
https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
"""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.lambda_.api.naming import function_arn, whole_name
from penstock.services.lambda_.api.urls import delete_url_of_alias
from penstock.services.lambda_.errors import (
    conflict,
    function_not_found,
    invalid,
    not_found,
    stale_revision,
    unpublished,
)
from penstock.services.lambda_.functions.alias import Alias, alias_page, find_alias, forget_alias
from penstock.services.lambda_.functions.function import Function, find_function, get_function
from penstock.services.lambda_.functions.provision import find_provision, forget_provision
from penstock.services.lambda_.functions.version import find_version
from penstock.services.lambda_.names import LATEST, FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 50


@operation("CreateAlias", action="lambda:CreateAlias", resource=function_arn)
async def create_alias(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new alias."""
    name = whole_name(call, params)
    return (await lambda_.store.write(_create, name, params)).configuration(name.arn)


@operation("UpdateAlias", action="lambda:UpdateAlias", resource=function_arn)
async def update_alias(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the alias, which leads where it says from the next invocation on."""
    name = whole_name(call, params)
    alias = await lambda_.store.write(_update, name, params)
    lambda_.provisions.changed()
    return alias.configuration(name.arn)


@operation("GetAlias", action="lambda:GetAlias", resource=function_arn)
async def get_alias(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the alias."""
    name = whole_name(call, params)
    return (await lambda_.store.read(_get, name, params["Name"])).configuration(name.arn)


@operation("ListAliases", action="lambda:ListAliases", resource=function_arn)
async def list_aliases(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of aliases in the order of their names, of one version when asked."""
    name = whole_name(call, params)
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    version, after = params.get("FunctionVersion", ""), params.get("Marker", "")
    found = await lambda_.store.read(_page, name, version, after, limit + 1)
    result: Params = {"Aliases": [alias.configuration(name.arn) for alias in found[:limit]]}
    if len(found) > limit:
        result["NextMarker"] = found[limit - 1].name
    return result


@operation("DeleteAlias", action="lambda:DeleteAlias", resource=function_arn)
async def delete_alias(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Returns when the alias is gone, also when there was none."""
    await lambda_.store.write(_delete, whole_name(call, params), params["Name"])
    lambda_.provisions.changed()


def _create(tx: Tx, name: FunctionName, params: Params) -> Alias:
    function, alias = get_function(tx, name), params["Name"]
    version, weights = params["FunctionVersion"], _weights(params)
    _check(tx, function, version, weights)
    if find_alias(tx, function, alias):
        raise conflict(f"Alias already exists: {name.arn}:{alias}")
    description = params.get("Description") or ""
    tx.insert(Q.add_alias, function.id, alias, version, _json(weights), description, tx.ids.uuid())
    forget_alias(tx, function.id, alias)
    return _get(tx, name, alias)


def _update(tx: Tx, name: FunctionName, params: Params) -> Alias:
    function, old = get_function(tx, name), _get(tx, name, params["Name"])
    if params.get("RevisionId") not in (None, "", old.revision):
        raise stale_revision()
    version = params.get("FunctionVersion") or old.version
    weights = old.weights if params.get("RoutingConfig") is None else _weights(params)
    description = old.description if params.get("Description") is None else params["Description"]
    _check(tx, function, version, weights)
    if version == LATEST and find_provision(tx, function, old.name):
        raise unpublished()
    tx.run(Q.put_alias, version, _json(weights), description, tx.ids.uuid(), old.id)
    forget_alias(tx, function.id, old.name)
    return _get(tx, name, old.name)


def _get(tx: ReadTx, name: FunctionName, alias: str) -> Alias:
    found = find_alias(tx, get_function(tx, name), alias)
    if found is None:
        raise not_found(f"Cannot find alias arn: {name.arn}:{alias}")
    return found


def _page(tx: ReadTx, name: FunctionName, version: str, after: str, limit: int) -> list[Alias]:
    return alias_page(tx, get_function(tx, name), version, after, limit)


def _delete(tx: Tx, name: FunctionName, alias: str) -> None:
    function = find_function(tx, name.account, name.region, name.name)
    if function and (found := find_alias(tx, function, alias)):
        tx.run(Q.delete_alias, found.id)
        delete_url_of_alias(tx, function.id, alias)
        forget_provision(tx, function, alias)
        forget_alias(tx, function.id, alias)


def _weights(params: Params) -> dict[str, float]:
    found: dict[str, float] = (params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return found


def _check(tx: ReadTx, function: Function, version: str, weights: dict[str, float]) -> None:
    """Raises AwsError unless the alias can lead there."""
    _check_there(tx, function, version)
    if not weights:
        return
    if len(weights) > 1:
        raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version == LATEST:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    for other in weights:
        if other == version:
            raise invalid(
                f"Invalid function version {other}. Function version {other} is already included in routing "
                "configuration."
            )
        _check_there(tx, function, other)


def _check_there(tx: ReadTx, function: Function, version: str) -> None:
    if version != LATEST and find_version(tx, function, version) is None:
        raise function_not_found(f"{function.arn}:{version}")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
