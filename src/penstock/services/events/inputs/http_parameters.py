"""HttpParameters of a target: headers, queries and parts of a path, each a constant or a path into the event.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.services.events.errors import validation
from penstock.services.events.inputs.json_path import NOTHING, JsonPath
from penstock.services.events.inputs.template import Unrenderable


def check_http_parameters(target: Mapping[str, Any]) -> None:
    """Returns when each path among a target's HttpParameters is one; AwsError."""
    http = target.get("HttpParameters") or {}
    named = {**(http.get("HeaderParameters") or {}), **(http.get("QueryStringParameters") or {})}
    for value in [*(http.get("PathParameterValues") or []), *named.values()]:
        if value.startswith("$"):
            try:
                JsonPath(value)
            except ValueError as error:
                raise validation(f"Parameter HttpParameters is not valid. Reason: {error}.") from None


def found_value(text: str, event: Mapping[str, Any]) -> str | None:
    """Returns the constant, or what stands in the event at the path; None when nothing does. Unrenderable."""
    if not text.startswith("$"):
        return text
    value = JsonPath(text).find(event)
    if value is NOTHING or value is None or isinstance(value, str):
        return value if isinstance(value, str) else None
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise Unrenderable("A part of the event is nested too deeply for a parameter.") from None


def found_values(parameters: Mapping[str, str] | None, event: Mapping[str, Any]) -> dict[str, str]:
    """Returns the parameters with what stands in the event; those that find nothing there are left out."""
    found = {name: found_value(value, event) for name, value in (parameters or {}).items()}
    return {name: value for name, value in found.items() if value is not None}
