"""The shape of JSON values, as OpenAPI 3.0 writes it; what two have in common, and what the later one breaks.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schemas-infer-from-json.html
"""

import re
from typing import Any

from penstock.services.schemas.limits import MAX_DEPTH

Shape = dict[str, Any]

ANY: Shape = {"description": "anything"}
UNKNOWN: Shape = {}
"""Of the items of a list that was empty."""
_LEAVES = ("boolean", "number", "string")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


class TooDeep(ValueError):
    """The value is nested deeper than is looked at."""


def shape_of(value: Any, depth: int = 0) -> Shape:
    """Returns the shape of the value; TooDeep."""
    if depth > MAX_DEPTH:
        raise TooDeep
    if value is None:
        return {"nullable": True}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string", **({"format": "date-time"} if _DATE_TIME.fullmatch(value) else {})}
    if isinstance(value, list):
        return {"type": "array", "items": _items(value, depth)}
    properties = {name: shape_of(value[name], depth + 1) for name in sorted(value)}
    return {"type": "object", "required": sorted(value), "properties": properties}


def _items(values: list[Any], depth: int) -> Shape:
    found: Shape | None = None
    for value in values:
        shape = shape_of(value, depth + 1)
        found = shape if found is None else merged(found, shape, "", [])
    return UNKNOWN if found is None else found


def is_shape(value: Any) -> bool:
    """Returns whether it is a shape as they are made here, which can be merged."""
    if not isinstance(value, dict):
        return False
    match value.get("type"):
        case "object":
            names, inner = value.get("required"), value.get("properties")
            if not isinstance(names, list) or not isinstance(inner, dict):
                return False
            return all(isinstance(name, str) and name in inner for name in names) and all(
                map(is_shape, inner.values())
            )
        case "array":
            return is_shape(value.get("items"))
        case None:
            return value in (ANY, UNKNOWN, {"nullable": True})
        case kind:
            return kind in _LEAVES


def merged(old: Shape, new: Shape, path: str, broken: list[str]) -> Shape:
    """Returns what fits both; ``broken`` gets what readers of ``old`` could rely on and cannot any more."""
    if old in (ANY, new) or new == UNKNOWN:
        return old
    if old == UNKNOWN:
        return new
    if new == ANY:
        broken.append(f"{path} is of several types")
        return ANY
    if (old_type := old.get("type")) is None or (new_type := new.get("type")) is None:
        return _nullable(old, new, path, broken)
    if old_type != new_type:
        broken.append(f"{path} is {_called(new_type)}, was {_called(old_type)}")
        return ANY
    both = _same_type(old, new, path, broken)
    if new.get("nullable") and not old.get("nullable"):
        broken.append(f"{path} may be null")
    return {**both, **({"nullable": True} if old.get("nullable") or new.get("nullable") else {})}


def _nullable(old: Shape, new: Shape, path: str, broken: list[str]) -> Shape:
    """Returns what fits both when one says only that it may be null."""
    if "type" in old and not old.get("nullable"):
        broken.append(f"{path} may be null")
    return {**old, **new, "nullable": True}


def _same_type(old: Shape, new: Shape, path: str, broken: list[str]) -> Shape:
    match old["type"]:
        case "object":
            return _object(old, new, path, broken)
        case "array":
            return {"type": "array", "items": merged(old["items"], new["items"], f"{path}[]", broken)}
        case "string" if old.get("format") != new.get("format"):
            if "format" in old:
                broken.append(f"{path} is no date-time any more")
            return {"type": "string"}
        case _:
            return {"type": old["type"], **({"format": old["format"]} if "format" in old else {})}


def _object(old: Shape, new: Shape, path: str, broken: list[str]) -> Shape:
    before, after = old["properties"], new["properties"]
    required = sorted(set(old["required"]) & set(new["required"]))
    broken += [f"{_join(path, name)} may be missing" for name in old["required"] if name not in required]
    properties = {
        name: merged(before[name], after[name], _join(path, name), broken)
        if name in before and name in after
        else before.get(name, after.get(name))
        for name in sorted({**before, **after})
    }
    return {"type": "object", "required": required, "properties": properties}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _called(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
