"""Values that arrive and leave as trees of dicts and lists: what JSON and CBOR have in common.

A reader or writer is compiled once per type: a closure that walks the value, not the shape. Structures are
registered before their members are compiled, so a type may contain itself.
"""

from collections.abc import Callable
from typing import Any

from penstock.wire.malformed import Malformed
from penstock.wire.models.shape import Member, Shape
from penstock.wire.values.text import in_bounds

Convert = Callable[[Any], Any]
Table = dict[str, tuple[str, Convert]]

_KINDS: dict[type, str] = {
    bool: "TRUE_VALUE",
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    dict: "START_OBJECT",
    list: "START_ARRAY",
    bytes: "BYTES_VALUE",
}


class TreeConverter:
    """Compiles shapes to functions over trees; subclasses say what a scalar is."""

    def __init__(self) -> None:
        self._structures: dict[str, Convert] = {}

    def compile(self, member: Member) -> Convert:
        """Returns the function that converts a value of ``member``."""
        shape = member.shape
        if shape.raw.get("document"):
            return _same
        match shape.type:
            case "structure":
                return self.structure(shape)
            case "list" | "set":
                return self.list_of(self.compile(shape.member))
            case "map":
                return self.map_of(self.compile(shape.value))
        return self.scalar(member)

    def structure(self, shape: Shape) -> Convert:
        """Returns the function that converts a dict of the structure's members."""
        found = self._structures.get(shape.name)
        if found is None:
            table: Table = {}
            found = self._structures[shape.name] = self.members_of(table)
            self.fill(table, shape)
        return found

    def fill(self, table: Table, shape: Shape) -> None:
        """Adds each member of ``shape`` to ``table``, under the name by which it is looked up."""
        raise NotImplementedError

    def scalar(self, member: Member) -> Convert:
        """Returns the function for a value without parts."""
        raise NotImplementedError

    def members_of(self, table: Table) -> Convert:
        """Returns a function that converts the members in ``table``, and leaves out nulls and strangers."""

        def convert(value: Any) -> Any:
            if not isinstance(value, dict):
                raise wrong_type(value, "structure or map")
            found = {}
            for name, item in value.items():
                if item is not None and (known := table.get(name)) is not None:
                    found[known[0]] = known[1](item)
            return found

        return convert

    def list_of(self, element: Convert) -> Convert:
        """Returns a function over lists."""

        def convert(value: Any) -> Any:
            if not isinstance(value, list | tuple):
                raise wrong_type(value, "list")
            return [element(item) for item in value if item is not None]

        return convert

    def map_of(self, element: Convert) -> Convert:
        """Returns a function over maps with text keys."""

        def convert(value: Any) -> Any:
            if not isinstance(value, dict):
                raise wrong_type(value, "structure or map")
            return {check_string(name): element(item) for name, item in value.items() if item is not None}

        return convert


class TreeReader(TreeConverter):
    """From the wire: names on the wire become AWS's member names."""

    def fill(self, table: Table, shape: Shape) -> None:
        for member in shape.members.values():
            table[member.wire_name] = (member.name, self.compile(member))


class TreeWriter(TreeConverter):
    """To the wire: AWS's member names become names on the wire."""

    def fill(self, table: Table, shape: Shape) -> None:
        for member in shape.members.values():
            table[member.name] = (member.wire_name, self.compile(member))


def check_string(value: Any) -> str:
    """Returns ``value`` when it is text; else Malformed."""
    if isinstance(value, str):
        return value
    raise wrong_type(value, "a String")


def check_boolean(value: Any) -> bool:
    """Returns ``value`` when it is a boolean; else Malformed."""
    if isinstance(value, bool):
        return value
    raise wrong_type(value, "a Boolean")


def check_integer(kind: str) -> Convert:
    """Returns a function that accepts whole numbers which ``kind`` can hold."""

    def check(value: Any) -> int:
        if type(value) is int:
            return in_bounds(kind, value)
        if type(value) is float and value.is_integer():
            return in_bounds(kind, int(value))
        raise wrong_type(value, "an Integer" if kind == "integer" else f"a {kind.title()}")

    return check


def check_float(value: Any) -> float:
    """Returns ``value`` as a float when it is a number; else Malformed."""
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise Malformed("Number out of range") from None
    raise wrong_type(value, "a Double")


def wrong_type(value: Any, expected: str) -> Malformed:
    """Returns AWS's complaint about a value of another type."""
    kind = _KINDS.get(type(value), "UNKNOWN_VALUE")
    if expected in ("structure or map", "list"):
        return Malformed(f"{kind} found where a {expected} was expected")
    return Malformed(f"{kind} can not be converted to {expected}")


def _same(value: Any) -> Any:
    return value
