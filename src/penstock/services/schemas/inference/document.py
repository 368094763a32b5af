"""Schemas of events as documents: OpenAPI 3.0 as AWS lays them out, and JSON Schema draft 4 made of them.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schemas-infer-from-json.html
"""

import re
from typing import Any

import orjson

from penstock.services.schemas.inference.shape import Shape, is_shape, shape_of

_EVENT = "AWSEvent"
_REQUIRED = ["detail-type", "resources", "detail", "id", "source", "time", "region", "version", "account"]
_TEXT = {"type": "string"}
_REF = "#/components/schemas/"
_DRAFT4 = "http://json-schema.org/draft-04/schema#"


def title_of(detail_type: str) -> str:
    """Returns what the detail of such events is called: ``Order Placed`` is ``OrderPlaced``."""
    words = re.split(r"[^A-Za-z0-9_]+", detail_type)
    return "".join(word[:1].upper() + word[1:] for word in words) or "Detail"


def schema_name(source: str, detail_type: str) -> str:
    """Returns what the schema of such events is called: ``my.shop@OrderPlaced``."""
    return re.sub(r"[^A-Za-z0-9_.\-]", "-", source)[:128] + "@" + title_of(detail_type)[:128]


def openapi_of(event: dict[str, Any], detail: Shape) -> dict[str, Any]:
    """Returns the document of events like ``event`` whose details have the shape."""
    title = title_of(str(event.get("detail-type", "")))
    envelope = {
        "type": "object",
        "required": _REQUIRED,
        "x-amazon-events-detail-type": event.get("detail-type", ""),
        "x-amazon-events-source": event.get("source", ""),
        "properties": {
            "detail": {"$ref": _REF + title},
            **dict.fromkeys(("account", "detail-type", "id", "region", "source", "version"), _TEXT),
            "resources": {"type": "array", "items": _TEXT},
            "time": {"type": "string", "format": "date-time"},
        },
    }
    return _openapi(title, {_EVENT: envelope, title: detail})


def openapi_of_shape(shape: Shape) -> dict[str, Any]:
    """Returns the document of values that are no events."""
    return _openapi("Event", {"Event": shape})


def _openapi(title: str, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.0.0",
        "info": {"version": "1.0.0", "title": title},
        "paths": {},
        "components": {"schemas": schemas},
    }


def detail_shape(content: str, detail_type: str) -> Shape | None:
    """Returns the shape of details that a document of ours has; None when it is none of ours."""
    try:
        found = orjson.loads(content)["components"]["schemas"][title_of(detail_type)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if is_shape(found) else None


def is_event(value: Any) -> bool:
    """Returns whether it is an event as buses carry them."""
    if not isinstance(value, dict) or not isinstance(value.get("detail"), dict):
        return False
    return all(isinstance(value.get(name), str) for name in ("detail-type", "source"))


def discovered(events: list[Any], shape: Shape) -> dict[str, Any]:
    """Returns the document of the events, all of which have the shape."""
    if all(is_event(event) for event in events):
        return openapi_of(events[0], shape["properties"]["detail"])
    return openapi_of_shape(shape)


def draft4(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the JSON Schema that an OpenAPI document says; ValueError when it has no schema."""
    schemas = (document.get("components") or {}).get("schemas") or {}
    if not isinstance(schemas, dict) or not schemas:
        raise ValueError("the document has no schemas")
    first = _EVENT if _EVENT in schemas else next(iter(schemas))
    rest = {name: _draft4(schema) for name, schema in schemas.items() if name != first}
    return {"$schema": _DRAFT4, "title": first, "definitions": rest, **_draft4(schemas[first])}


def _draft4(value: Any) -> Any:
    if isinstance(value, list):
        return [_draft4(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _draft4(one) for name, one in value.items() if name != "nullable"}
    if isinstance(ref := value.get("$ref"), str):
        made["$ref"] = ref.replace(_REF, "#/definitions/")
    if value.get("nullable") is True:
        made["type"] = [value["type"], "null"] if isinstance(value.get("type"), str) else "null"
    return made


def shape_of_event(event: dict[str, Any]) -> Shape:
    """Returns the shape of an event's detail; TooDeep."""
    return shape_of(event["detail"])
