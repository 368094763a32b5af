"""Schemas and their versions: made, changed, shown, listed, searched, deleted."""

import re
from typing import NamedTuple

import orjson

from penstock.server import Call, Params, operation, page_token
from penstock.services.schemas.api.pages import page_after, page_of
from penstock.services.schemas.api.tags import checked_tags, requested_tags
from penstock.services.schemas.arns import Place, asked_schema, every_schema, place_of
from penstock.services.schemas.errors import bad_request, exists
from penstock.services.schemas.records import (
    Schema,
    Version,
    add_schema,
    add_version,
    bounds,
    find_schema,
    get_registry,
    get_schema,
    get_version,
    shown_time,
)
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.schemas")

_NAME = re.compile(r"[0-9A-Za-z_.\-@]{1,385}")
_NEWEST = 1 << 31
_SEARCHED = 100  # schemas that one page of a search looks at


class _Found(NamedTuple):
    """A schema, and one version of it."""

    schema: Schema
    version: Version


@operation("CreateSchema", action="schemas:CreateSchema", resource=asked_schema, context=requested_tags)
async def create_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the new schema, which has version 1."""
    if not _NAME.fullmatch(params["SchemaName"]):
        raise bad_request(f"The schema name {params['SchemaName']} is not valid.")
    _check_content(params["Type"], params["Content"])
    tags = checked_tags({}, params.get("Tags") or {})
    return _shown(call, params, await schemas.store.write(_create, place_of(call), params, tags))


@operation("UpdateSchema", action="schemas:UpdateSchema", resource=asked_schema)
async def update_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the schema with a new version."""
    if params.get("Content") is not None and params.get("Type") is not None:
        _check_content(params["Type"], params["Content"])
    return _shown(call, params, await schemas.store.write(_update, place_of(call), params))


@operation("DescribeSchema", action="schemas:DescribeSchema", resource=asked_schema)
async def describe_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the version that is asked for, or the newest; its description names what it breaks."""
    found = await schemas.store.read(_find, place_of(call), params)
    return {**_shown(call, params, found), "Content": found.version.content}


@operation("DeleteSchema", action="schemas:DeleteSchema", resource=asked_schema)
async def delete_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns when the schema and its versions are gone."""
    await schemas.store.write(_delete, place_of(call), params)
    return {}


@operation("DeleteSchemaVersion", action="schemas:DeleteSchemaVersion", resource=asked_schema)
async def delete_schema_version(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns when the version is gone."""
    await schemas.store.write(_delete_version, place_of(call), params)
    return {}


@operation("ListSchemas", action="schemas:ListSchemas", resource=every_schema)
async def list_schemas(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the registry's schemas by name."""
    after, limit = page_after(params)
    prefix = params.get("SchemaNamePrefix") or ""
    rows = await schemas.store.read(_list, place_of(call), params["RegistryName"], after, prefix, limit)
    shown: list[Params] = [
        {
            "SchemaName": name,
            "SchemaArn": place_of(call).schema_arn(params["RegistryName"], name),
            "Tags": orjson.loads(tags),
            "LastModified": shown_time(modified_ms),
            "VersionCount": count,
        }
        for name, tags, modified_ms, count, _ in rows
    ]
    return page_of("Schemas", shown, [row[0] for row in rows], limit)


@operation("ListSchemaVersions", action="schemas:ListSchemaVersions", resource=asked_schema)
async def list_schema_versions(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the schema's versions, the newest first."""
    after, limit = page_after(params)
    rows = await schemas.store.read(_versions, place_of(call), params, after, limit)
    arn = asked_schema(schemas, call, params)
    shown: list[Params] = [
        {
            "SchemaName": params["SchemaName"],
            "SchemaArn": arn,
            "SchemaVersion": str(version),
            "Type": type,
        }
        for version, type, _ in rows
    ]
    return page_of("SchemaVersions", shown, [str(row[0]) for row in rows], limit)


@operation("SearchSchemas", action="schemas:SearchSchemas", resource=every_schema)
async def search_schemas(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the schemas whose names or newest contents hold every keyword; a page looks at 100 schemas."""
    after, _ = page_after(params)
    words = params["Keywords"].lower().split()
    place, registry = place_of(call), params["RegistryName"]
    found, last = await schemas.store.read(_search, place, registry, after, words)
    shown = [
        {
            "RegistryName": registry,
            "SchemaName": schema,
            "SchemaArn": place.schema_arn(registry, schema),
            "SchemaVersions": [
                {"SchemaVersion": str(version), "Type": type, "CreatedDate": shown_time(created_ms)}
                for version, type, created_ms in versions
            ],
        }
        for schema, versions in found
    ]
    return {"Schemas": shown, **({"NextToken": page_token(last)} if last else {})}


def _check_content(type: str, content: str) -> None:
    try:
        found = orjson.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise bad_request("The content of a schema must be a JSON object.")
    if type == "OpenApi3" and not str(found.get("openapi", "")).startswith("3."):
        raise bad_request("The content is not an OpenAPI 3 document.")


def _create(tx: Tx, place: Place, params: Params, tags: dict[str, str]) -> _Found:
    registry = get_registry(tx, place, params["RegistryName"])
    if find_schema(tx, registry, params["SchemaName"]):
        raise exists("Schema", params["SchemaName"])
    schema = add_schema(tx, registry, params["SchemaName"], tags)
    said = (params["Type"], params["Content"], params.get("Description") or "")
    return _Found(schema, add_version(tx, schema, *said))


def _update(tx: Tx, place: Place, params: Params) -> _Found:
    old = _find(tx, place, params)
    content = params.get("Content") or old.version.content
    type = params.get("Type") or old.version.type
    _check_content(type, content)
    said = (type, content, params.get("Description", old.version.description))
    return _Found(old.schema, add_version(tx, old.schema, *said))


def _find(tx: ReadTx, place: Place, params: Params) -> _Found:
    schema = get_schema(tx, place, params["RegistryName"], params["SchemaName"])
    return _Found(schema, get_version(tx, schema, params.get("SchemaVersion")))


def _delete(tx: Tx, place: Place, params: Params) -> None:
    schema = get_schema(tx, place, params["RegistryName"], params["SchemaName"])
    tx.run(Q.delete_versions, schema.id)
    tx.run(Q.delete_schema, schema.id)


def _delete_version(tx: Tx, place: Place, params: Params) -> None:
    found = _find(tx, place, params)
    if len(tx.all(Q.find_versions, found.schema.id, _NEWEST, 2)) == 1:
        raise bad_request("The only version of a schema cannot be deleted: delete the schema.")
    tx.run(Q.delete_version, found.schema.id, found.version.version)


def _list(tx: ReadTx, place: Place, registry: str, after: str, prefix: str, limit: int) -> list[Row]:
    found = get_registry(tx, place, registry)
    return list(tx.all(Q.find_schemas, found.id, *bounds(after, prefix, limit)))


def _versions(tx: ReadTx, place: Place, params: Params, after: str, limit: int) -> list[Row]:
    schema = get_schema(tx, place, params["RegistryName"], params["SchemaName"])
    before = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else _NEWEST
    return list(tx.all(Q.find_versions, schema.id, before, limit + 1))


def _search(
    tx: ReadTx, place: Place, registry: str, after: str, words: list[str]
) -> tuple[list[tuple[str, list[Row]]], str]:
    rows = _list(tx, place, registry, after, "", _SEARCHED)
    found = []
    for name, _, _, _, id in rows[:_SEARCHED]:
        row = tx.one(Q.find_newest_version, id)
        text = f"{name} {row[2] if row else ''}".lower()
        if words and all(word in text for word in words):
            found.append((name, list(tx.all(Q.find_versions, id, _NEWEST, _SEARCHED))))
    return found, rows[_SEARCHED - 1][0] if len(rows) > _SEARCHED else ""


def _shown(call: Call, params: Params, found: _Found) -> Params:
    schema, version = found
    return {
        "SchemaName": schema.name,
        "SchemaArn": place_of(call).schema_arn(params["RegistryName"], schema.name),
        "SchemaVersion": str(version.version),
        "Type": version.type,
        "Description": version.description,
        "Tags": schema.tags,
        "LastModified": shown_time(max(schema.modified_ms, version.created_ms)),
        "VersionCreatedDate": shown_time(version.created_ms),
    }
