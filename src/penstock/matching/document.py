"""Events as patterns see them: nested names and names with dots are one, and lists in lists are one list.

Source: https://github.com/aws/event-ruler, "JSON array matching" and "Compiled rules and JSON keys with dots".
"""

from collections.abc import Iterator
from typing import Any

from penstock.matching.operators import Scalar

Document = dict[str, Any]

# Deeper than any pattern reaches.
_MAX_LEVELS = 101
_CONTAINERS = (dict, list)


def spread(document: Document) -> Document:
    """Returns the document with ``{"a.b": 1}`` as ``{"a": {"b": 1}}``; the very document if no name has a dot.

    What two names have in common is merged; what cannot be merged becomes a list, of which any element will do.
    """
    return _undotted(document, _MAX_LEVELS) if _has_dots(document) else document


def elements(value: list[Any]) -> Iterator[Any]:
    """Yields what is in the list and the lists in it, in order; no list itself."""
    pending = [iter(value)]
    while pending:
        for element in pending[-1]:
            if isinstance(element, list):
                pending.append(iter(element))
                break
            yield element
        else:
            pending.pop()


def scalars(value: Any) -> Iterator[Scalar]:
    """Yields the strings, numbers, booleans and nulls that stand at a place: it or its elements."""
    if isinstance(value, list):
        for element in elements(value):
            if not isinstance(element, dict):
                yield element
    elif not isinstance(value, dict):
        yield value


def _has_dots(document: Document) -> bool:
    pending: list[Any] = [document]
    for value in pending:
        if isinstance(value, dict):
            if "." in "".join(value):
                return True
            pending += [member for member in value.values() if isinstance(member, _CONTAINERS)]
        else:
            pending += [element for element in value if isinstance(element, _CONTAINERS)]
    return False


def _undotted(value: Any, levels: int) -> Any:
    """Returns a copy of the value without dots in names; what lies deeper than the levels is left out."""
    if isinstance(value, list):
        return [_undotted(element, levels) for element in elements(value)]
    if not isinstance(value, dict):
        return value
    made: Document = {}
    for name, member in value.items() if levels else ():
        first, *rest = name.split(".")[:levels]
        inner = _undotted(member, levels - 1 - len(rest))
        for step in reversed(rest):
            inner = {step: inner}
        _merge(made, first, inner)
    return made


def _merge(document: Document, name: str, value: Any) -> None:
    if name not in document:
        document[name] = value
        return
    present = document[name]
    if isinstance(present, dict) and isinstance(value, dict):
        for inner, member in value.items():
            _merge(present, inner, member)
        return
    if not isinstance(present, list):
        document[name] = present = [present]
    present += value if isinstance(value, list) else [value]
