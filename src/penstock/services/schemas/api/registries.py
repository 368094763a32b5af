"""CreateRegistry, UpdateRegistry, DescribeRegistry, DeleteRegistry, ListRegistries."""

import re

import orjson

from penstock.server import Call, Params, operation
from penstock.services.schemas.api.pages import page_after, page_of
from penstock.services.schemas.api.tags import checked_tags, requested_tags
from penstock.services.schemas.arns import Place, asked_registry, every_registry, place_of
from penstock.services.schemas.errors import bad_request, exists
from penstock.services.schemas.records import (
    Registry,
    add_registry,
    bounds,
    document,
    find_registry,
    get_registry,
)
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.schemas")

_NAME = re.compile(r"[0-9A-Za-z_.\-@]{1,64}")


@operation("CreateRegistry", action="schemas:CreateRegistry", resource=asked_registry, context=requested_tags)
async def create_registry(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the new registry."""
    if not _NAME.fullmatch(params["RegistryName"]) or params["RegistryName"].startswith("aws."):
        raise bad_request(f"The registry name {params['RegistryName']} is not valid.")
    tags = checked_tags({}, params.get("Tags") or {})
    made = await schemas.store.write(_create, place_of(call), params, tags)
    return _shown(place_of(call), made)


@operation("UpdateRegistry", action="schemas:UpdateRegistry", resource=asked_registry)
async def update_registry(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the registry with its new description."""
    return _shown(place_of(call), await schemas.store.write(_update, place_of(call), params))


@operation("DescribeRegistry", action="schemas:DescribeRegistry", resource=asked_registry)
async def describe_registry(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the registry."""
    found = await schemas.store.read(get_registry, place_of(call), params["RegistryName"])
    return _shown(place_of(call), found)


@operation("DeleteRegistry", action="schemas:DeleteRegistry", resource=asked_registry)
async def delete_registry(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns when the registry, which must be empty, is gone."""
    await schemas.store.write(_delete, place_of(call), params["RegistryName"])
    return {}


@operation("ListRegistries", action="schemas:ListRegistries", resource=every_registry)
async def list_registries(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the account's registries by name; there are none of AWS's own."""
    after, limit = page_after(params)
    place = place_of(call)
    if params.get("Scope") == "AWS":
        return {"Registries": []}
    rows = await schemas.store.read(_list, place, after, params.get("RegistryNamePrefix") or "", limit)
    shown: list[Params] = [
        {"RegistryName": name, "RegistryArn": place.registry_arn(name), "Tags": orjson.loads(tags)}
        for name, tags in rows
    ]
    return page_of("Registries", shown, [name for name, _ in rows], limit)


def _create(tx: Tx, place: Place, params: Params, tags: dict[str, str]) -> Registry:
    if find_registry(tx, place, params["RegistryName"]):
        raise exists("Registry", params["RegistryName"])
    return add_registry(tx, place, params["RegistryName"], params.get("Description") or "", tags)


def _update(tx: Tx, place: Place, params: Params) -> Registry:
    old = get_registry(tx, place, params["RegistryName"])
    new = old._replace(description=params.get("Description", old.description))
    tx.run(Q.put_registry, new.description, document(new.tags), new.id)
    return new


def _delete(tx: Tx, place: Place, name: str) -> None:
    registry = get_registry(tx, place, name)
    if tx.all(Q.find_schemas, registry.id, *bounds("", "", 0)):
        raise bad_request(f"The registry {name} has schemas and cannot be deleted.")
    tx.run(Q.delete_registry, registry.id)


def _list(tx: ReadTx, place: Place, after: str, prefix: str, limit: int) -> list[Row]:
    return list(tx.all(Q.find_registries, *place, *bounds(after, prefix, limit)))


def _shown(place: Place, registry: Registry) -> Params:
    return {
        "RegistryName": registry.name,
        "RegistryArn": place.registry_arn(registry.name),
        "Description": registry.description,
        "Tags": registry.tags,
    }
