"""XML documents to parameters. No DTDs, no entities, no namespaces that matter, no depth that hurts."""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from penstock.wire.malformed import Malformed
from penstock.wire.models.shape import Member, Shape
from penstock.wire.values.text import text_reader

MAX_DEPTH = 64
"""No AWS document is nested deeper than a dozen elements."""


class Element:
    """One element: local name, attributes as written, children, text."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""


ElementReader = Callable[[Element], Any]


def parse_document(body: bytes) -> Element:
    """Returns the root element; Malformed when the text is not well-formed or declares a document type."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as reason:
        raise Malformed(str(reason)) from None
    return builder.root.children[0]


class _Builder:
    def __init__(self) -> None:
        self.root = Element("", {})
        self._stack = [self.root]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._stack) > MAX_DEPTH:
            raise Malformed("The document is nested too deeply")
        element = Element(name.rpartition(":")[2], attributes)
        self._stack[-1].children.append(element)
        self._stack.append(element)

    def end(self, name: str) -> None:
        self._stack.pop()

    def data(self, text: str) -> None:
        self._stack[-1].text += text


def _refuse(*_: object) -> None:
    raise Malformed("Document types are not allowed")


class XmlReader:
    """Compiles shapes to functions over elements."""

    def __init__(self) -> None:
        self._structures: dict[str, ElementReader] = {}

    def compile(self, member: Member) -> ElementReader:
        """Returns the function that reads ``member`` from its element."""
        match member.shape.type:
            case "structure":
                return self.structure(member.shape)
            case "list" | "set":
                return _list_reader(self.compile(member.shape.member))
            case "map":
                return _map_reader(member.shape, self.compile(member.shape.value))
        read = text_reader(member, "iso8601")
        return lambda element: read(element.text)

    def structure(self, shape: Shape) -> ElementReader:
        """Returns the function that reads a structure from the element around its members."""
        found = self._structures.get(shape.name)
        if found is None:
            members: dict[str, tuple[str, ElementReader, str]] = {}
            attributes: dict[str, tuple[str, Callable[[str], Any]]] = {}
            found = self._structures[shape.name] = _structure_reader(members, attributes)
            for member in shape.members.values():
                if member.raw.get("xmlAttribute"):
                    attributes[member.wire_name] = (member.name, text_reader(member, "iso8601"))
                elif member.location is None:
                    tag, read, kind = self._bind(member)
                    members[tag] = (member.name, read, kind)
        return found

    def _bind(self, member: Member) -> tuple[str, ElementReader, str]:
        shape = member.shape
        if member.flattened and shape.type in ("list", "set"):
            # A flattened list goes by its own name, else by the member's; never by "member".
            tag = member.raw.get("locationName") or shape.member.raw.get("locationName") or member.name
            return tag, self.compile(shape.member), "list"
        if member.flattened and shape.type == "map":
            return member.wire_name, _entry_reader(shape, self.compile(shape.value)), "map"
        return member.wire_name, self.compile(member), "one"


def _structure_reader(
    members: dict[str, tuple[str, ElementReader, str]],
    attributes: dict[str, tuple[str, Callable[[str], Any]]],
) -> ElementReader:
    def read(element: Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in element.children:
            if (known := members.get(child.tag)) is None:
                continue
            name, convert, kind = known
            if kind == "one":
                found[name] = convert(child)
            elif kind == "list":
                found.setdefault(name, []).append(convert(child))
            elif (entry := convert(child)) is not None:
                found.setdefault(name, {})[entry[0]] = entry[1]
        for attribute, (name, parse) in attributes.items():
            if (text := _attribute(element, attribute)) is not None:
                found[name] = parse(text)
        return found

    return read


def _attribute(element: Element, name: str) -> str | None:
    """Returns an attribute by its name, whatever prefix the client bound to its namespace (``xsi:type``)."""
    if (found := element.attributes.get(name)) is not None:
        return found
    local = name.rpartition(":")[2]
    return next((v for k, v in element.attributes.items() if k.rpartition(":")[2] == local), None)


def _list_reader(convert: ElementReader) -> ElementReader:
    return lambda element: [convert(child) for child in element.children]


def _map_reader(shape: Shape, convert: ElementReader) -> ElementReader:
    entry = _entry_reader(shape, convert)

    def read(element: Element) -> dict[str, Any]:
        return dict(pair for child in element.children if (pair := entry(child)) is not None)

    return read


def _entry_reader(shape: Shape, convert: ElementReader) -> ElementReader:
    key_tag, value_tag = shape.key.wire_name, shape.value.wire_name

    def read(element: Element) -> tuple[str, Any] | None:
        key: str | None = None
        value: Any = None
        for child in element.children:
            if child.tag == key_tag:
                key = child.text
            elif child.tag == value_tag:
                value = convert(child)
        return None if key is None or value is None else (key, value)

    return read
