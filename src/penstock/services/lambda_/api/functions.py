"""CreateFunction, its like, and what reads them."""

import asyncio
from typing import Any

import orjson

from penstock.access import Principal
from penstock.digits import whole_number
from penstock.errors import AwsError
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.lambda_ import limits
from penstock.services.lambda_.api.condition_keys import configuration_keys, new_function_keys
from penstock.services.lambda_.api.download import location
from penstock.services.lambda_.api.layers import check_room, layers_used
from penstock.services.lambda_.api.naming import function_arn, function_name, whole_name
from penstock.services.lambda_.api.receiving import receive
from penstock.services.lambda_.api.settings import (
    changed_settings,
    new_settings,
    refuse_unsupported,
)
from penstock.services.lambda_.api.shown import listed, setter_of, shown
from penstock.services.lambda_.api.tags import check_tags
from penstock.services.lambda_.api.urls import delete_urls
from penstock.services.lambda_.api.versions import delete_all, delete_version, every_version, place, publish
from penstock.services.lambda_.errors import conflict, invalid
from penstock.services.lambda_.functions.environment_key import Setter
from penstock.services.lambda_.functions.function import (
    Function,
    cache_key,
    find_function,
    function_page,
    get_function,
    get_revision,
)
from penstock.services.lambda_.functions.layer import forget_layers, use_layers
from penstock.services.lambda_.functions.package import Package
from penstock.services.lambda_.functions.phase import LASTS_MS, check_changeable
from penstock.services.lambda_.functions.provision import claimed
from penstock.services.lambda_.functions.qualified import get_qualified
from penstock.services.lambda_.functions.role import check_may_send, check_role, role_principal
from penstock.services.lambda_.functions.stored_settings import encode_settings
from penstock.services.lambda_.functions.version import version_page
from penstock.services.lambda_.names import FunctionName
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 50


@operation(
    "CreateFunction",
    action="lambda:CreateFunction",
    resource=function_arn,
    context=new_function_keys,
    max_body=limits.MAX_CODE_REQUEST,
)
async def create_function(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new function, which is active shortly."""
    name = whole_name(call, params)
    if len(name.name) > 64:
        raise invalid(
            f"1 validation error detected: Value '{name.name}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
    settings = new_settings(name.name, params)
    tags = check_tags(params.get("Tags", {}))
    if tags:
        await call.authorize("lambda:TagResource", name.arn, tag_keys(tags))
    if await lambda_.store.read(find_function, call.account, call.region, name.name):
        raise _exists(name)
    principal = await check_role(lambda_.parts, call, params["Role"], name)
    await _check_dead_letter(call, principal, settings)
    settings |= await layers_used(lambda_, call, params)
    package = await receive(lambda_, call, params["Code"])
    create = _create_published if params.get("Publish") else _create
    try:
        check_room(settings, package.unzipped_bytes)
        setter = setter_of(lambda_, call, name.arn)
        function = await lambda_.store.write(
            create, lambda_, setter, name, params["Role"], package, settings, tags
        )
    except AwsError:
        await lambda_.discard_code(package.ref)
        raise
    lambda_.pool.look_at(function)
    return await shown(lambda_, call, function)


@operation("GetFunction", action="lambda:GetFunction", resource=function_arn)
async def get_function_(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns configuration, tags, concurrency, and where the package can be fetched for ten minutes."""
    name = function_name(call, params)
    function, url = await lambda_.store.read(_with_location, name, call)
    found: Params = {
        "Configuration": await shown(lambda_, call, function, name.qualifier),
        "Code": {"RepositoryType": "S3", "Location": url},
    }
    found |= await _shown_tags(call, function)
    if function.reserved is not None:
        found["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return found


async def _shown_tags(call: Call, function: Function) -> Params:
    """Returns ``Tags``, or ``TagsError`` for a caller who may not list them.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
    """
    if not function.tags:
        return {}
    try:
        await call.authorize("lambda:ListTags", function.arn)
    except AwsError as error:
        return {"TagsError": {"ErrorCode": error.code, "Message": error.message}}
    return {"Tags": function.tags}


@operation("GetFunctionConfiguration", action="lambda:GetFunctionConfiguration", resource=function_arn)
async def get_function_configuration(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the configuration."""
    name = function_name(call, params)
    return await shown(lambda_, call, await lambda_.store.read(get_qualified, name), name.qualifier)


@operation("ListFunctions", action="lambda:ListFunctions")
async def list_functions(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of functions in the order of their names."""
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    with_versions = params.get("FunctionVersion") == "ALL"
    read = _page_with_versions if with_versions else function_page
    found = await lambda_.store.read(read, call.account, call.region, params.get("Marker", ""), limit + 1)
    page = found[:limit]
    result: Params = {
        "Functions": [
            await listed(lambda_, call, function, function.version if with_versions else "")
            for function in page
        ]
    }
    if len(found) > limit:
        last = page[-1]
        result["NextMarker"] = f"{last.name}:{place(last)}" if with_versions else last.name
    return result


@operation(
    "GetFunctionCodeSigningConfig", action="lambda:GetFunctionCodeSigningConfig", resource=function_arn
)
async def get_function_code_signing_config(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns that there is none."""
    function = await lambda_.store.read(get_function, function_name(call, params))
    return {"CodeSigningConfigArn": "", "FunctionName": function.name}


@operation(
    "UpdateFunctionCode",
    action="lambda:UpdateFunctionCode",
    resource=function_arn,
    max_body=limits.MAX_CODE_REQUEST,
)
async def update_function_code(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the function with its new code, which the next invocation runs."""
    name = whole_name(call, params)
    refuse_unsupported(params)
    if params.get("ImageUri"):
        raise invalid("Container images (ImageUri) are not supported by this server; send a zip.")
    function = await lambda_.store.read(_changeable, name, params.get("RevisionId"))
    package = await receive(lambda_, call, params)
    if params.get("DryRun"):
        await lambda_.discard_code(package.ref)
        configuration = await shown(lambda_, call, function)
        return {**configuration, "CodeSha256": package.sha256, "CodeSize": package.size}
    try:
        function, told, old = await lambda_.store.write(_replace_code, lambda_, name, package, params)
    except AwsError:
        await lambda_.discard_code(package.ref)
        raise
    lambda_.pool.retire(function.worker_key, function.generation)
    await lambda_.discard_code(old)
    lambda_.pool.look_at(function)
    return await shown(lambda_, call, told, told.qualifier)


@operation(
    "UpdateFunctionConfiguration",
    action="lambda:UpdateFunctionConfiguration",
    resource=function_arn,
    context=configuration_keys,
    max_body=limits.MAX_CONFIGURATION_REQUEST,
)
async def update_function_configuration(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the function with its new settings, under which the next invocation runs."""
    name = whole_name(call, params)
    function = await lambda_.store.read(_changeable, name, params.get("RevisionId"))
    role = params.get("Role", function.role)
    used = await layers_used(lambda_, call, params)
    settings = changed_settings(name.name, function.settings, params) | used
    if used.get("Layers"):
        unzipped = await asyncio.to_thread(lambda_.packages.unzipped_bytes, function.code)
        check_room(settings, unzipped)
    if role != function.role:
        await _check_dead_letter(call, await check_role(lambda_.parts, call, role, name), settings)
    elif params.get("DeadLetterConfig"):
        principal = await role_principal(lambda_.parts, name.account, name.region, name.name, role)
        await _check_dead_letter(call, principal, settings)
    setter = setter_of(lambda_, call, name.arn)
    function, gone = await lambda_.store.write(_reconfigure, lambda_, name, role, (params, used), setter)
    lambda_.pool.retire(function.worker_key, function.generation)
    for code in gone:
        await lambda_.discard_code(code)
    return await shown(lambda_, call, function)


@operation("DeleteFunction", action="lambda:DeleteFunction", resource=function_arn)
async def delete_function(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns when the function, or one version of it, is gone; its event source mappings stay and say so."""
    name = function_name(call, params)
    gone, codes = await lambda_.store.write(_delete, name)
    lambda_.provisions.changed()
    for each in gone:
        lambda_.pool.retire(each.worker_key, each.generation + 1)
    for code in codes:
        await lambda_.discard_code(code)
    return {"StatusCode": 204}


@operation("GetAccountSettings", action="lambda:GetAccountSettings")
async def get_account_settings(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns AWS's limits and what is used of them."""
    count, size, held = await lambda_.store.read(_usage, call.account, call.region)
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.TOTAL_CODE_BYTES,
            "CodeSizeUnzipped": limits.MAX_UNZIPPED_BYTES,
            "CodeSizeZipped": limits.MAX_ZIP_BYTES,
            "ConcurrentExecutions": limits.MAX_CONCURRENCY,
            "UnreservedConcurrentExecutions": limits.MAX_CONCURRENCY - held,
        },
        "AccountUsage": {"TotalCodeSize": size, "FunctionCount": count},
    }


async def _check_dead_letter(call: Call, principal: Principal, settings: dict[str, Any]) -> None:
    if arn := settings.get("DeadLetterConfig", {}).get("TargetArn"):
        await check_may_send(call, principal, arn)


def _page_with_versions(tx: ReadTx, account: str, region: str, marker: str, limit: int) -> list[Function]:
    """Returns a page of the functions, each with its versions; ``marker`` has the last one's name and place."""
    name, _, after = marker.partition(":")
    found: list[Function] = []
    if name and find_function(tx, account, region, name):
        behind = whole_number(after or "0") or 0
        found = every_version(tx, FunctionName(account, region, name, ""), behind, limit)
    for function in function_page(tx, account, region, name, limit):
        if len(found) < limit:
            own = FunctionName(account, region, function.name, "")
            found += every_version(tx, own, -1, limit - len(found))
    return found


def _with_location(tx: ReadTx, name: FunctionName, call: Call) -> tuple[Function, str]:
    function = get_qualified(tx, name)
    return function, location(tx, call.endpoint, function.code, call.now_ms)


def _create(
    tx: Tx,
    lambda_: LambdaState,
    setter: Setter,
    name: FunctionName,
    role: str,
    package: Package,
    settings: dict[str, Any],
    tags: dict[str, str],
) -> Function:
    if find_function(tx, name.account, name.region, name.name):
        raise _exists(name)
    tx.insert(
        Q.add_function,
        name.account,
        name.region,
        name.name,
        role,
        tx.ids.uuid(),
        package.ref,
        package.sha256,
        package.size,
        tx.now_ms,
        encode_settings(tx.sealer, name.arn, setter.encrypted(tx, {}, settings)),
        _json(tags),
        tx.now_ms + LASTS_MS,
    )
    tx.after_commit(lambda_.transitions.wake)
    function = _changed(tx, name)
    use_layers(tx, function)
    return function


def _create_published(tx: Tx, *what: Any) -> Function:
    return publish(tx, _create(tx, *what))


def _replace_code(
    tx: Tx, lambda_: LambdaState, name: FunctionName, package: Package, params: Params
) -> tuple[Function, Function, str]:
    """Returns the function, what the caller is shown of it, and the package that it had."""
    function = _changeable(tx, name, params.get("RevisionId"))
    architectures = params.get("Architectures") or function.settings["Architectures"]
    tx.run(
        Q.put_code,
        tx.ids.uuid(),
        package.ref,
        package.sha256,
        package.size,
        encode_settings(tx.sealer, name.arn, {**function.settings, "Architectures": architectures}),
        tx.now_ms,
        tx.now_ms + LASTS_MS,
        function.id,
    )
    tx.after_commit(lambda_.transitions.wake)
    changed = _changed(tx, name)
    return changed, publish(tx, changed) if params.get("Publish") else changed, function.code


def _reconfigure(
    tx: Tx, lambda_: LambdaState, name: FunctionName, role: str, what: tuple[Params, Params], setter: Setter
) -> tuple[Function, list[str]]:
    """Returns the function, and the zips of layers that nobody needs any more."""
    params, used = what
    function = _changeable(tx, name, params.get("RevisionId"))
    settings = changed_settings(name.name, function.settings, params) | used
    stored = encode_settings(tx.sealer, name.arn, setter.encrypted(tx, function.settings, settings))
    ends_ms = tx.now_ms + LASTS_MS
    tx.run(Q.put_configuration, tx.ids.uuid(), role, stored, tx.now_ms, ends_ms, function.id)
    tx.after_commit(lambda_.transitions.wake)
    changed = _changed(tx, name)
    return changed, use_layers(tx, changed) if used else []


def _changeable(tx: ReadTx, name: FunctionName, revision: str | None) -> Function:
    function = get_revision(tx, name, revision)
    check_changeable(function.phase, function.arn)
    return function


def _delete(tx: Tx, name: FunctionName) -> tuple[list[Function], list[str]]:
    """Returns what is gone, and the zips that it leaves."""
    gone = [delete_version(tx, name)] if name.qualifier else _delete_whole(tx, get_function(tx, name))
    codes = [each.code for each in gone]
    return gone, codes + [code for each in gone for code in forget_layers(tx, each)]


def _delete_whole(tx: Tx, function: Function) -> list[Function]:
    versions = version_page(tx, function, 0, function.last_version)
    delete_all(tx, function)
    delete_urls(tx, function)
    tx.run(Q.delete_function, function.id)
    tx.forget("lambda.function", cache_key(function))
    return [function, *versions]


def _changed(tx: Tx, name: FunctionName) -> Function:
    tx.forget("lambda.function", cache_key(name))
    return get_function(tx, name)


def _usage(tx: ReadTx, account: str, region: str) -> tuple[int, int, int]:
    row = tx.one(Q.find_account_usage, account, region)
    assert row is not None
    versions = tx.one(Q.find_version_usage, account, region)
    assert versions is not None
    return row[0], row[1] + versions[0], claimed(tx, account, region)


def _exists(name: FunctionName) -> AwsError:
    return conflict(f"Function already exist: {name.name}")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
