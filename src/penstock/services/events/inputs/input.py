"""Input, InputPath and InputTransformer of a target."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.matching.json_path import NOTHING, JsonPath
from penstock.services.events.errors import validation
from penstock.services.events.inputs.template import Facts, Template, Unrenderable

Input = Callable[[Facts], bytes]
"""Returns what a target gets of an event; Unrenderable."""

_KINDS = ("Input", "InputPath", "InputTransformer")


def checked_input(target: Mapping[str, Any]) -> None:
    """Returns when at most one of a target's inputs is given, and that one can be used; AwsError."""
    id = target["Id"]
    if sum(kind in target for kind in _KINDS) > 1:
        raise validation(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
        )
    try:
        if "Input" in target:
            orjson.loads(target["Input"])
        compile_input(target)
    except orjson.JSONDecodeError:
        raise validation(f"Input for target {id} is not a valid JSON text.") from None
    except ValueError as error:
        raise validation(str(error)) from None
    if "InputTransformer" in target:
        _check_template(id, _template(target["InputTransformer"]))


def compile_input(target: Mapping[str, Any]) -> Input:
    """Returns the target's input; ValueError for a path that is none."""
    if (constant := target.get("Input")) is not None:
        data = str(constant).encode()
        return lambda facts: data
    if (path := target.get("InputPath")) is not None:
        return _part(JsonPath(path))
    if transformer := target.get("InputTransformer"):
        return _template(transformer).render
    return _whole


def _whole(facts: Facts) -> bytes:
    return facts.text


def _template(transformer: Mapping[str, Any]) -> Template:
    return Template(transformer["InputTemplate"], transformer.get("InputPathsMap") or {})


def _part(path: JsonPath) -> Input:
    def find(facts: Facts) -> bytes:
        value = path.find(facts.document)
        try:
            return orjson.dumps(None if value is NOTHING else value)
        except TypeError:
            raise Unrenderable("The part of the event at InputPath is nested too deeply.") from None

    return find


def _check_template(id: str, template: Template) -> None:
    if template.unknown:
        raise validation(f"InputTemplate for target {id} contains invalid placeholder {template.unknown}.")
    if not template.is_whole():
        raise validation(f"Input for target {id} is not a valid JSON text.")
