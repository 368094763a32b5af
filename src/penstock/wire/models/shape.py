"""The types of a service model, linked lazily from AWS's JSON."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

Raw = Mapping[str, Any]

SCALARS = frozenset(
    {
        "string", "character", "boolean", "byte", "short", "integer", "long", "bigInteger",
        "float", "double", "bigDecimal", "timestamp", "blob",
    }
)  # fmt: skip


class Shape:
    """One named type. What only some types have (members, key, value …) raises KeyError on the others."""

    def __init__(self, name: str, raw: Raw, shapes: "Shapes") -> None:
        self.name = name
        self.raw = raw
        self.type: str = raw["type"]
        self._shapes = shapes

    def __repr__(self) -> str:
        return f"<{self.type} {self.name}>"

    @cached_property
    def members(self) -> dict[str, "Member"]:
        """Returns a structure's members by AWS's names, in the model's order."""
        return {
            name: Member(name, self._shapes[raw["shape"]], raw)
            for name, raw in self.raw.get("members", {}).items()
        }

    @cached_property
    def member(self) -> "Member":
        """Returns what a list is a list of."""
        return self._element("member")

    @cached_property
    def key(self) -> "Member":
        """Returns a map's key type."""
        return self._element("key")

    @cached_property
    def value(self) -> "Member":
        """Returns a map's value type."""
        return self._element("value")

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Returns the names of the members that must be given."""
        return tuple(self.raw.get("required", ()))

    @cached_property
    def payload(self) -> "Member | None":
        """Returns the member that is the HTTP body, when one is."""
        name = self.raw.get("payload")
        return self.members[name] if name else None

    @cached_property
    def error_code(self) -> str:
        """Returns the code that an exception shape goes by."""
        return str(self.raw.get("error", {}).get("code", self.name))

    def _element(self, name: str) -> "Member":
        raw = self.raw[name]
        return Member(name, self._shapes[raw["shape"]], raw)


class Member:
    """A use of a shape: as a member of a structure, an element of a list, a key or value of a map."""

    def __init__(self, name: str, shape: Shape, raw: Raw) -> None:
        self.name = name
        self.shape = shape
        self.raw = raw
        self.location: str | None = raw.get("location")
        self.wire_name: str = raw.get("locationName", name)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.shape!r}>"

    @property
    def flattened(self) -> bool:
        """Returns whether list elements or map entries stand without an element around them."""
        return bool(self.raw.get("flattened") or self.shape.raw.get("flattened"))

    @property
    def timestamp_format(self) -> str | None:
        """Returns the format that the model prescribes here, else None (the location's default holds)."""
        return self.raw.get("timestampFormat") or self.shape.raw.get("timestampFormat")

    @property
    def json_value(self) -> bool:
        """Returns whether the string carries a JSON text."""
        return bool(self.raw.get("jsonvalue") or self.shape.raw.get("jsonvalue"))

    @property
    def streaming(self) -> bool:
        """Returns whether the body is passed on instead of being read here."""
        return bool(
            self.raw.get("streaming") or self.shape.raw.get("streaming") or self.shape.raw.get("eventstream")
        )

    @property
    def namespace(self) -> Raw | None:
        """Returns the XML namespace declared on the element: ``uri`` and perhaps ``prefix``."""
        return self.raw.get("xmlNamespace") or self.shape.raw.get("xmlNamespace")


class Shapes:
    """The shapes of one service by name, made when first asked for."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._made: dict[str, Shape] = {}

    def __getitem__(self, name: str) -> Shape:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = Shape(name, self._raw[name], self)
        return found

    def exceptions(self) -> list[Shape]:
        """Returns the shapes that are errors."""
        return [self[name] for name, raw in self._raw.items() if raw.get("exception") or "error" in raw]
