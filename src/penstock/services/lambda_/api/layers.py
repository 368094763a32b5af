"""PublishLayerVersion and its like, and which layers a function is to have.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
"""

from typing import Any

import orjson

from penstock.digits import whole_number
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.lambda_ import limits
from penstock.services.lambda_.api.download import location
from penstock.services.lambda_.api.receiving import receive
from penstock.services.lambda_.errors import invalid, not_found
from penstock.services.lambda_.functions.layer import (
    LayerName,
    LayerVersion,
    dropped_layers,
    find_layer_version,
    is_extension,
    layer_named,
    layer_version,
)
from penstock.services.lambda_.functions.package import Package
from penstock.services.lambda_.state import LambdaState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 50


def layer_name(call: Call, params: Params) -> LayerName:
    """Returns the layer, or its version, that ``params`` name by its name or ARN."""
    text, version = params["LayerName"], params.get("VersionNumber", 0)
    named = layer_named(text) if text.startswith("arn:") else LayerName(call.account, call.region, text)
    if named is None:
        raise invalid(f"Invalid Layer name: {text}")
    if "VersionNumber" in params and version < 1:
        raise invalid("Layer Version Cannot be less than 1.")
    return LayerName(named.account, named.region, named.name, version)


def _layer_arn(service: object, call: Call, params: Params) -> str:
    return layer_name(call, params).arn


def version_arn(service: object, call: Call, params: Params) -> str:
    """Returns the ARN of the layer's version, which authorisation is about."""
    return layer_name(call, params).version_arn


def _named_arn(service: object, call: Call, params: Params) -> str:
    arn: str = params["Arn"]
    return arn


@operation(
    "PublishLayerVersion",
    action="lambda:PublishLayerVersion",
    resource=_layer_arn,
    max_body=limits.MAX_LAYER_REQUEST,
)
async def publish_layer_version(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new version, and where its zip can be fetched for ten minutes."""
    name = layer_name(call, params)
    package = await receive(lambda_, call, params["Content"])
    try:
        return await lambda_.store.write(_publish, name, package, params, call)
    except AwsError:
        await lambda_.discard_code(package.ref)
        raise


@operation("GetLayerVersion", action="lambda:GetLayerVersion", resource=version_arn)
async def get_layer_version(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the version, and where its zip can be fetched for ten minutes."""
    return await lambda_.store.read(_described, layer_name(call, params), call)


@operation("GetLayerVersionByArn", action="lambda:GetLayerVersion", resource=_named_arn)
async def get_layer_version_by_arn(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the version with this ARN, and where its zip can be fetched for ten minutes."""
    name = layer_named(params["Arn"])
    if name is None or not name.version:
        raise invalid(f"Invalid Layer Arn: {params['Arn']}")
    return await lambda_.store.read(_described, name, call)


@operation("ListLayers", action="lambda:ListLayers")
async def list_layers(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of layers with the newest version that fits what was asked for."""
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    found, marker = await lambda_.store.read(_layer_page, call, params, limit)
    layers = [
        {
            "LayerName": each.name.name,
            "LayerArn": each.name.arn,
            "LatestMatchingVersion": each.summary(),
        }
        for each in found
    ]
    return {"Layers": layers, **marker}


@operation("ListLayerVersions", action="lambda:ListLayerVersions")
async def list_layer_versions(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of the layer's versions that fit what was asked for, the newest first."""
    name = layer_name(call, params)
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    before = whole_number(params["Marker"]) if params.get("Marker") else 1 << 62
    if before is None:
        raise invalid("Invalid pagination token provided.")
    found = await lambda_.store.read(_version_page, name, params, before, limit + 1)
    result: Params = {"LayerVersions": [each.summary() for each in found[:limit]]}
    if len(found) > limit:
        result["NextMarker"] = str(found[limit - 1].name.version)
    return result


@operation("DeleteLayerVersion", action="lambda:DeleteLayerVersion", resource=version_arn)
async def delete_layer_version(lambda_: LambdaState, call: Call, params: Params) -> None:
    """Returns when nobody can use the version any more who does not yet, also when there was none."""
    for code in await lambda_.store.write(_delete, layer_name(call, params)):
        await lambda_.discard_code(code)


async def layers_used(lambda_: LambdaState, call: Call, params: Params) -> dict[str, Any]:
    """Returns ``Layers`` of a function's settings, when ``params`` say which; AwsError when it may not have them."""
    arns: list[str] | None = params.get("Layers")
    if arns is None:
        return {}
    if len(arns) > limits.MAX_LAYERS:
        raise invalid(f"Cannot reference more than {limits.MAX_LAYERS} layers.")
    seen: dict[str, str] = {}
    for arn in arns:
        name = _usable(call, arn)
        if (other := seen.setdefault(name.arn, arn)) != arn or arns.count(arn) > 1:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{other} and {arn} versions found."
            )
        if not is_extension(name):
            await call.authorize("lambda:GetLayerVersion", arn)
    return {"Layers": await lambda_.store.read(_existing, arns)}


def check_room(settings: dict[str, Any], unzipped_bytes: int) -> None:
    """Raises AwsError when a function's code of that size and its layers are too large together."""
    used = sum(each["UnzippedBytes"] for each in settings.get("Layers", ()))
    if used > limits.MAX_UNZIPPED_BYTES:
        raise invalid(f"Layers consume more than the available size of {limits.MAX_UNZIPPED_BYTES} bytes")
    if used and used + unzipped_bytes > limits.MAX_UNZIPPED_BYTES:
        raise invalid(
            "Function code combined with layers exceeds the maximum allowed size of "
            f"{limits.MAX_UNZIPPED_BYTES} bytes. The actual size is {used + unzipped_bytes} bytes."
        )


def get_layer_version_row(tx: ReadTx, name: LayerName) -> LayerVersion:
    """Returns the version; AwsError ``ResourceNotFoundException``."""
    found = find_layer_version(tx, name)
    if found is None:
        raise not_found("The resource you requested does not exist.")
    return found


def _usable(call: Call, arn: str) -> LayerName:
    name = layer_named(arn)
    if name is None or not name.version:
        raise invalid(f"Layer version {arn} does not exist.")
    if name.region != call.region:
        raise invalid(
            "Layers are not in the same region as the function. "
            f"Layers are expected to be in region {call.region}."
        )
    return name


def _existing(tx: ReadTx, arns: list[str]) -> list[dict[str, Any]]:
    """Returns what the settings of a function that uses them keep."""
    found = []
    for arn in arns:
        name = layer_named(arn)
        version = find_layer_version(tx, name) if name and not is_extension(name) else None
        if version:
            found.append(version.used())
        elif name and is_extension(name):
            found.append({"Arn": arn, "CodeSize": 0, "Code": "", "UnzippedBytes": 0})
        else:
            raise invalid(f"Layer version {arn} does not exist.")
    return found


def _publish(tx: Tx, name: LayerName, package: Package, params: Params, call: Call) -> Params:
    row = tx.one(Q.find_layer, name.account, name.region, name.name)
    if row is None:
        layer_id, number = tx.insert(Q.add_layer, name.account, name.region, name.name), 1
    else:
        layer_id, number = row[0], row[1] + 1
        tx.run(Q.put_layer_number, number, layer_id)
    tx.insert(
        Q.add_layer_version,
        layer_id,
        number,
        params.get("Description") or "",
        params.get("LicenseInfo") or "",
        _json(params.get("CompatibleArchitectures") or []),
        _json(params.get("CompatibleRuntimes") or []),
        tx.now_ms,
        package.ref,
        package.sha256,
        package.size,
        package.unzipped_bytes,
        tx.ids.uuid(),
    )
    return _described(tx, LayerName(name.account, name.region, name.name, number), call)


def _described(tx: ReadTx, name: LayerName, call: Call) -> Params:
    version = get_layer_version_row(tx, name)
    content = {
        "Location": location(tx, call.endpoint, version.code, call.now_ms),
        "CodeSha256": version.code_sha256,
        "CodeSize": version.code_size,
    }
    return {**version.summary(), "LayerArn": name.arn, "Content": content}


def _layer_page(tx: ReadTx, call: Call, params: Params, limit: int) -> tuple[list[LayerVersion], Params]:
    rows = tx.all(Q.find_layer_page, call.account, call.region, params.get("Marker", ""), limit + 1)
    found = []
    for (text,) in rows[:limit]:
        name = LayerName(call.account, call.region, text)
        found += _version_page(tx, name, params, 1 << 62, 1)
    return found, {"NextMarker": rows[limit - 1][0]} if len(rows) > limit else {}


def _version_page(tx: ReadTx, name: LayerName, params: Params, before: int, limit: int) -> list[LayerVersion]:
    """Returns at most ``limit`` versions that fit, the newest first, from before the number ``before``."""
    runtime = _quoted(params.get("CompatibleRuntime"))
    architecture = _quoted(params.get("CompatibleArchitecture"))
    rows = tx.all(
        Q.find_layer_version_page,
        name.account,
        name.region,
        name.name,
        before,
        runtime,
        architecture,
        limit,
    )
    return [layer_version(name, row) for row in rows]


def _quoted(value: str | None) -> str:
    return f'%"{value}"%' if value else "%"


def _delete(tx: Tx, name: LayerName) -> list[str]:
    version = find_layer_version(tx, name)
    if version is None:
        return []
    tx.run(Q.put_layer_deleted, version.id)
    return dropped_layers(tx, [version.code])


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
