"""ExportSchema and GetDiscoveredSchema: documents that are made when they are asked for."""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.schemas.arns import Place, asked_schema, place_of
from penstock.services.schemas.errors import bad_request
from penstock.services.schemas.inference.document import discovered, draft4
from penstock.services.schemas.inference.shape import Shape, TooDeep, merged, shape_of
from penstock.services.schemas.records import Version, get_schema, get_version
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx

_DRAFT4 = "JSONSchemaDraft4"


@operation("ExportSchema", action="schemas:ExportSchema", resource=asked_schema)
async def export_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns an OpenAPI schema as JSON Schema draft 4."""
    if params["Type"] != _DRAFT4:
        raise bad_request(f"The type to export must be {_DRAFT4}.")
    version = await schemas.store.read(_find, place_of(call), params)
    if version.type != "OpenApi3":
        raise bad_request("Only schemas of the type OpenApi3 can be exported.")
    try:
        content = orjson.dumps(draft4(orjson.loads(version.content))).decode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise bad_request("The schema cannot be exported.") from None
    return {
        "Content": content,
        "SchemaArn": asked_schema(schemas, call, params),
        "SchemaName": params["SchemaName"],
        "SchemaVersion": str(version.version),
        "Type": _DRAFT4,
    }


@operation("GetDiscoveredSchema", action="schemas:GetDiscoveredSchema")
async def get_discovered_schema(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the schema that all the events fit."""
    events = [_event(text) for text in params["Events"]]
    try:
        shape = _common([shape_of(event) for event in events])
        found = discovered(events, shape)
    except (TooDeep, RecursionError):
        raise bad_request("The events are nested too deeply.") from None
    if params["Type"] == _DRAFT4:
        found = draft4(found)
    return {"Content": orjson.dumps(found).decode()}


def _event(text: str) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise bad_request("Each event must be a JSON object.")
    return event


def _common(shapes: list[Shape]) -> Shape:
    found = shapes[0]
    for shape in shapes[1:]:
        found = merged(found, shape, "", [])
    return found


def _find(tx: ReadTx, place: Place, params: Params) -> Version:
    schema = get_schema(tx, place, params["RegistryName"], params["SchemaName"])
    return get_version(tx, schema, params.get("SchemaVersion"))
