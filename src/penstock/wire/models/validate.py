"""AWS's generic model validation, in AWS's words.

A shape is compiled once to a closure that checks what the model constrains and nothing else; where a value
stands is only spelt out when it is wrong.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from penstock.errors import AwsError
from penstock.wire.models.patterns import compile_pattern
from penstock.wire.models.shape import Member, Shape

Path = tuple[Any, ...]
"""Where a value stands: ``(parent path, step)``; ``()`` at the top."""

Check = Callable[[Any, Path, list[str]], None]
Constraint = tuple[str, Callable[[Any], bool]]
"""AWS's phrase, and whether a value satisfies it."""

_LENGTHS = frozenset({"string", "list", "map", "blob", "set"})
_OPEN_ENUMS = frozenset({"Runtime"})
"""Enumerations that the service itself checks, with words of its own: Lambda's runtimes."""
_VALUES = frozenset({"byte", "short", "integer", "long", "float", "double"})


def validation_errors(shape: Shape, params: dict[str, Any]) -> list[str]:
    """Returns AWS's complaints about ``params``, in the model's order; none when they satisfy the model."""
    found: list[str] = []
    check = _structure(shape)
    if check is not None:
        try:
            check(params, (), found)
        except RecursionError:
            raise AwsError("SerializationException", "The request is nested too deeply", status=400) from None
    return found


@cache
def _structure(shape: Shape) -> Check | None:
    """Returns the check of a structure, or None when nothing below it is constrained."""
    if not _constrained(shape, set()):
        return None
    # Members are compiled at first use, for a structure may contain itself.
    compiled: list[tuple[str, str, bool, Check | None]] = []

    def check(value: Any, path: Path, found: list[str]) -> None:
        if not compiled:
            compiled.extend(_members(shape))
        if not isinstance(value, dict):
            return
        for name, step, required, inner in compiled:
            item = value.get(name)
            if item is None:
                if required:
                    found.append(f"Value null at '{_spell((path, step))}' failed {_SATISFY}{_NOT_NULL}")
            elif inner is not None:
                inner(item, (path, step), found)

    return check


_SATISFY = "to satisfy constraint: "
_NOT_NULL = "Member must not be null"


def _members(shape: Shape) -> list[tuple[str, str, bool, Check | None]]:
    checks = []
    for name, member in shape.members.items():
        required, check = name in shape.required, _compile(member)
        if required or check is not None:
            checks.append((name, name[:1].lower() + name[1:], required, check))
    return checks


def _compile(member: Member) -> Check | None:
    shape = member.shape
    own = _own(shape)
    inner = _inner(shape)
    if own is None or inner is None:
        return own or inner

    def both(value: Any, path: Path, found: list[str]) -> None:
        own(value, path, found)
        inner(value, path, found)

    return both


def _inner(shape: Shape) -> Check | None:
    match shape.type:
        case "structure":
            return _structure(shape)
        case "list" | "set":
            return _list(shape)
        case "map":
            return _map(shape)
    return None


def _own(shape: Shape) -> Check | None:
    """Returns the check of the shape's own constraints, each a complaint of its own."""
    constraints = _constraints(shape)
    if not constraints:
        return None
    hidden = bool(shape.raw.get("sensitive"))

    def check(value: Any, path: Path, found: list[str]) -> None:
        for phrase, satisfied in constraints:
            if not satisfied(value):
                found.append(f"Value{_shown(value, hidden)} at '{_spell(path)}' failed {_SATISFY}{phrase}")

    return check


def _list(shape: Shape) -> Check | None:
    element = shape.member.shape
    if element.type not in ("structure", "list", "map"):
        return _elements(element, "Member", list)
    inner = _compile(shape.member)
    if inner is None:
        return None

    def check(value: Any, path: Path, found: list[str]) -> None:
        for number, item in enumerate(value, 1):
            inner(item, ((path, str(number)), "member"), found)

    return check


def _map(shape: Shape) -> Check | None:
    keys = _elements(shape.key.shape, "Map keys", list)
    values = _map_values(shape)
    if keys is None or values is None:
        return keys or values

    def check(value: Any, path: Path, found: list[str]) -> None:
        keys(value, path, found)
        values(value, path, found)

    return check


def _map_values(shape: Shape) -> Check | None:
    element = shape.value.shape
    if element.type not in ("structure", "list", "map"):
        return _elements(element, "Map value", lambda value: value.values())
    inner = _compile(shape.value)
    if inner is None:
        return None

    def check(value: Any, path: Path, found: list[str]) -> None:
        for key, item in value.items():
            inner(item, ((path, key), "member"), found)

    return check


def _elements(shape: Shape, what: str, items: Callable[[Any], Any]) -> Check | None:
    """Returns a check of scalars in a collection: one complaint for all, which names every constraint."""
    constraints = _constraints(shape)
    if not constraints:
        return None
    hidden = bool(shape.raw.get("sensitive"))
    phrases = ", ".join(
        [*(phrase for phrase, _ in constraints), *([_NOT_NULL] if "enum" in shape.raw else [])]
    )
    phrases = f"{what} must satisfy constraint: [{phrases}]"

    def check(value: Any, path: Path, found: list[str]) -> None:
        if not all(satisfied(item) for item in items(value) for _, satisfied in constraints):
            found.append(f"Value{_shown(value, hidden)} at '{_spell(path)}' failed {_SATISFY}{phrases}")

    return check


def _constraints(shape: Shape) -> list[Constraint]:
    raw = shape.raw
    found: list[Constraint] = []
    if (enum := raw.get("enum")) and shape.name not in _OPEN_ENUMS:
        allowed = frozenset(enum)
        found.append((f"Member must satisfy enum value set: [{', '.join(enum)}]", allowed.__contains__))
    if shape.type in _LENGTHS:
        found += _bounds(raw, "length", len)
    elif shape.type in _VALUES:
        found += _bounds(raw, "value", _itself)
    if (java := raw.get("pattern")) and shape.type == "string":
        pattern = compile_pattern(java)
        if pattern is not None:
            found.append((f"Member must satisfy regular expression pattern: {java}", pattern.accepts))
    return found


def _bounds(raw: Any, what: str, measure: Callable[[Any], Any]) -> list[Constraint]:
    found: list[Constraint] = []
    if (high := raw.get("max")) is not None:
        found.append((f"Member must have {what} less than or equal to {high}", lambda v: measure(v) <= high))
    # A least length of 0 constrains nothing, but AWS names it in lists of constraints.
    if (low := raw.get("min")) is not None:
        found.append((f"Member must have {what} greater than or equal to {low}", lambda v: measure(v) >= low))
    return found


def _constrained(shape: Shape, seen: set[str]) -> bool:
    if shape.name in seen:
        return False
    seen.add(shape.name)
    match shape.type:
        case "structure":
            return bool(shape.required) or any(_constrained(m.shape, seen) for m in shape.members.values())
        case "list" | "set":
            return bool(_constraints(shape)) or _constrained(shape.member.shape, seen)
        case "map":
            return bool(_constraints(shape)) or any(
                _constrained(m.shape, seen) for m in (shape.key, shape.value)
            )
    return bool(_constraints(shape))


def _spell(path: Path) -> str:
    steps: list[str] = []
    while path:
        path, step = path
        steps.append(step)
    return ".".join(reversed(steps))


def _shown(value: Any, hidden: bool) -> str:
    return "" if hidden else f" '{_java(value)}'"


def _java(value: Any) -> str:
    """Returns ``value`` as Java prints it, for that is what AWS shows."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, list):
        return f"[{', '.join(_java(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(item)}" for key, item in value.items()) + "}"
    return str(value)


def _itself(value: Any) -> Any:
    return value
