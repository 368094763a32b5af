"""Results to XML text: closures per type that append to one list of strings."""

import re
from collections.abc import Callable
from typing import Any

from penstock.wire.models.shape import Member, Raw, Shape
from penstock.wire.values.text import text_writer

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

Parts = list[str]
ElementWriter = Callable[[Parts, Any], None]
"""Appends the element (or, flattened, the elements) of a value."""

_SPECIAL = re.compile('[&<>"\x00-\x08\x0b-\x1f\x7f\x85\u2028\ufffe\uffff]')
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escape(text: str) -> str:
    """Returns ``text`` fit to stand in an element.

    Control characters become references, as S3 does it (``&#x1;`` is not legal XML 1.0: that is what
    ``encoding-type=url`` is for); so a carriage return survives a parser's line-end rules.
    """
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def escape_attribute(text: str) -> str:
    """Returns ``text`` fit for an attribute, where a parser would make spaces of tabs and line ends."""
    return escape(text).replace("\t", "&#9;").replace("\n", "&#10;")


def to_bytes(parts: Parts) -> bytes:
    """Returns the document; half of a surrogate pair becomes a reference too."""
    return "".join(parts).encode("utf-8", "xmlcharrefreplace")


def element(tag: str, text: str) -> str:
    """Returns one element with text in it."""
    return f"<{tag}>{escape(text)}</{tag}>"


class XmlWriter:
    """Compiles shapes to functions that append XML; ``timestamp_format`` is the default."""

    def __init__(self, timestamp_format: str) -> None:
        self._timestamp_format = timestamp_format
        self._structures: dict[str, ElementWriter] = {}

    def compile(self, member: Member, tag: str | None = None) -> ElementWriter:
        """Returns the function that appends ``member`` as element ``tag`` (its own name by default)."""
        shape = member.shape
        name = tag or member.wire_name
        match shape.type:
            case "structure":
                return self._element(member, name)
            case "list" | "set" if member.flattened:
                return _each(self.compile(shape.member, tag or self._flat_name(member)))
            case "list" | "set":
                return _wrapped(name, _each(self.compile(shape.member, shape.member.wire_name)))
            case "map" if member.flattened:
                return self._entries(shape, name)
            case "map":
                return _wrapped(name, self._entries(shape, "entry"))
        return _text_element(name, text_writer(member, self._timestamp_format))

    def members(self, shape: Shape) -> ElementWriter:
        """Returns the function that appends the members of a structure, without an element around them."""
        found = self._structures.get(shape.name)
        if found is None:
            table: dict[str, ElementWriter] = {}
            found = self._structures[shape.name] = _members_writer(table)
            for member in shape.members.values():
                if member.location is None and not member.raw.get("xmlAttribute"):
                    table[member.name] = self.compile(member)
        return found

    def _element(self, member: Member, tag: str) -> ElementWriter:
        shape = member.shape
        inner = self.members(shape)
        start = f"<{tag}{namespace_attribute(member.namespace)}"
        attributes = [(m.name, m.wire_name) for m in shape.members.values() if m.raw.get("xmlAttribute")]

        def write(parts: Parts, value: Any) -> None:
            parts.append(start)
            for name, attribute in attributes:
                if value.get(name) is not None:
                    parts.append(f' {attribute}="{escape_attribute(str(value[name]))}"')
            parts.append(">")
            inner(parts, value)
            parts.append(f"</{tag}>")

        return write

    def _entries(self, shape: Shape, tag: str) -> ElementWriter:
        key_tag = shape.key.wire_name
        write_value = self.compile(shape.value, shape.value.wire_name)

        def write(parts: Parts, value: Any) -> None:
            for key, item in value.items():
                if item is not None:
                    parts.append(f"<{tag}>{element(key_tag, str(key))}")
                    write_value(parts, item)
                    parts.append(f"</{tag}>")

        return write

    def _flat_name(self, member: Member) -> str:
        return str(
            member.raw.get("locationName") or member.shape.member.raw.get("locationName") or member.name
        )


def namespace_attribute(namespace: Raw | None) -> str:
    """Returns `` xmlns="…"`` (or `` xmlns:xsi="…"``) for a declared namespace."""
    if not namespace:
        return ""
    prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
    return f' xmlns{prefix}="{namespace["uri"]}"'


def _members_writer(table: dict[str, ElementWriter]) -> ElementWriter:
    def write(parts: Parts, value: Any) -> None:
        for name, item in value.items():
            if item is not None and (known := table.get(name)) is not None:
                known(parts, item)

    return write


def _each(write: ElementWriter) -> ElementWriter:
    def write_all(parts: Parts, value: Any) -> None:
        for item in value:
            if item is not None:
                write(parts, item)

    return write_all


def _wrapped(tag: str, inner: ElementWriter) -> ElementWriter:
    def write(parts: Parts, value: Any) -> None:
        parts.append(f"<{tag}>")
        inner(parts, value)
        parts.append(f"</{tag}>")

    return write


def _text_element(tag: str, to_text: Callable[[Any], str]) -> ElementWriter:
    start, end = f"<{tag}>", f"</{tag}>"
    if to_text is str:

        def write_text(parts: Parts, value: Any) -> None:
            parts.append(f"{start}{escape(value if type(value) is str else str(value))}{end}")

        return write_text

    def write(parts: Parts, value: Any) -> None:
        parts.append(f"{start}{escape(to_text(value))}{end}")

    return write


def _reference(found: re.Match[str]) -> str:
    char = found.group()
    return _NAMED.get(char) or f"&#{ord(char)};"
