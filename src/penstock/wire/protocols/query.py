"""awsQuery: a form in (``Action=…&Tags.member.1.Key=…``), XML out (IAM, STS, SNS)."""

from collections.abc import Callable
from typing import Any

from penstock.errors import AwsError
from penstock.wire.codec import Codec, with_length
from penstock.wire.form import form
from penstock.wire.headers import Headers, error_headers
from penstock.wire.malformed import Malformed
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Member, Shape
from penstock.wire.values.text import text_reader
from penstock.wire.values.xml_out import ElementWriter, XmlWriter, element, to_bytes

MAX_DEPTH = 40
"""Steps in one parameter's name; AWS's deepest has about ten."""

Tree = dict[str, Any]
"""A form as a tree of its names' steps; a node's own value is under ``""``."""

TreeReader = Callable[[Tree], Any]


class Query(Codec):
    """IAM, STS, SNS, CloudWatch's older clients."""

    protocol = "query"

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._reader = QueryReader()
        self._writer = XmlWriter("iso8601")
        self._read: dict[str, TreeReader] = {}
        self._write: dict[str, ElementWriter] = {}

    def route(self, request: WireRequest) -> Route:
        action = _fields(request).get("Action")
        if not action:
            raise AwsError("MissingAction", "The request must contain the parameter Action", status=400)
        if action not in self.model.operations:
            raise self.unknown_action(action)
        return Route(self.model.operations[action])

    def unknown_action(self, action: str) -> AwsError:
        """Returns what a client is told about an action that the service does not have."""
        version = self.model.api_version
        return AwsError(
            "InvalidAction", f"Could not find operation {action} for version {version}", status=400
        )

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        name = operation.name
        parts = [f'<{name}Response xmlns="{self.model.xml_namespace}">']
        if operation.output is not None:
            write = self._write.get(name)
            if write is None:
                write = self._write[name] = self._writer.members(operation.output)
            wrapper = operation.result_wrapper or f"{name}Result"
            parts.append(f"<{wrapper}>")
            write(parts, result or {})
            parts.append(f"</{wrapper}>")
        parts.append(f"<ResponseMetadata>{element('RequestId', request_id)}</ResponseMetadata>")
        parts.append(f"</{name}Response>")
        return self.answer(200, request_id, to_bytes(parts))

    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        known = self.errors.find(operation, error)
        parts = [f'<ErrorResponse xmlns="{self.model.xml_namespace}"><Error>']
        parts += [
            element("Type", known.fault),
            element("Code", known.code),
            element("Message", error.message),
        ]
        parts += [element(name, str(value)) for name, value in error.fields.items() if value is not None]
        parts += ["</Error>", element("RequestId", request_id), "</ErrorResponse>"]
        response = self.answer(known.status, request_id, to_bytes(parts))
        response.headers.extend(error_headers(error))
        return response

    def answer(self, status: int, request_id: str, body: bytes) -> WireResponse:
        """Returns the answer with this document."""
        headers: Headers = [(b"content-type", b"text/xml"), (b"x-amzn-requestid", request_id.encode())]
        return with_length(status, headers, body)

    def malformed(self, reason: str) -> AwsError:
        return AwsError("MalformedInput", reason, status=400)

    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        operation = route.operation
        if operation.input is None:
            return {}
        read = self._read.get(operation.name)
        if read is None:
            read = self._read[operation.name] = self._reader.structure(operation.input)
        params: dict[str, Any] = read(_tree(_fields(request)))
        return params


class QueryReader:
    """Compiles shapes to functions over form trees."""

    def __init__(self) -> None:
        self._structures: dict[str, TreeReader] = {}

    def compile(self, member: Member) -> TreeReader:
        """Returns the function that reads ``member`` from its node."""
        shape = member.shape
        match shape.type:
            case "structure":
                return self.structure(shape)
            case "list" | "set":
                return self._list(member)
            case "map":
                return self._map(member)
        read = text_reader(member, "iso8601")

        def read_value(node: Tree) -> Any:
            if "" not in node:
                raise Malformed("Unexpected list or structure")
            return read(node[""])

        return read_value

    def structure(self, shape: Shape) -> TreeReader:
        """Returns the function that reads a structure's members from their common node."""
        found = self._structures.get(shape.name)
        if found is None:
            table: dict[str, tuple[str, TreeReader]] = {}
            found = self._structures[shape.name] = _structure_reader(table)
            for member in shape.members.values():
                table[_name(member)] = (member.name, self.compile(member))
        return found

    def _list(self, member: Member) -> TreeReader:
        read = self.compile(member.shape.member)
        step = None if member.flattened else member.shape.member.wire_name

        def read_list(node: Tree) -> list[Any]:
            inner = node if step is None else node.get(step, {})
            numbered = _numbered(inner)
            # A flattened list of one may go without its number: AttributeName=All.
            if not numbered and step is None and node.get(""):
                return [read(node)]
            return [read(item) for item in numbered]

        return read_list

    def _map(self, member: Member) -> TreeReader:
        shape = member.shape
        key_step, value_step = shape.key.wire_name, shape.value.wire_name
        read = self.compile(shape.value)
        step = None if member.flattened else "entry"

        def read_map(node: Tree) -> dict[str, Any]:
            inner = node if step is None else node.get(step, {})
            # A flattened map of one may go without its number, too: Attribute.Name=…&Attribute.Value=….
            entries = [inner] if step is None and key_step in inner else _numbered(inner)
            found = {}
            for entry in entries:
                if "" not in entry.get(key_step, {}) or value_step not in entry:
                    raise Malformed("A map entry needs a key and a value")
                found[entry[key_step][""]] = read(entry[value_step])
            return found

        return read_map


def _structure_reader(table: dict[str, tuple[str, TreeReader]]) -> TreeReader:
    def read(node: Tree) -> dict[str, Any]:
        found = {}
        for step, below in node.items():
            if step and (known := table.get(step)) is not None:
                found[known[0]] = known[1](below)
        return found

    return read


def _name(member: Member) -> str:
    """Returns the step of a member: a flattened list with a named element goes by that name."""
    if member.flattened and member.shape.type == "list":
        name = member.shape.member.raw.get("locationName")
        if name:
            return str(name)
    return member.wire_name


def _fields(request: WireRequest) -> dict[str, str]:
    if not request.query:
        return form(request.body)
    return {**form(request.query), **form(request.body)}


def _tree(fields: dict[str, str]) -> Tree:
    root: Tree = {}
    for name, value in fields.items():
        steps = name.split(".", MAX_DEPTH)
        if len(steps) > MAX_DEPTH:
            raise Malformed("A parameter name is nested too deeply")
        node = root
        for step in steps:
            node = node.setdefault(step or "?", {})
        node[""] = value
    return root


def _numbered(node: Tree) -> list[Tree]:
    """Returns the children in the order of their numbers; gaps are closed, as AWS does."""
    steps = []
    for step in node:
        if step:
            if not (step.isascii() and step.isdigit() and len(step) < 10):
                raise Malformed(f"Invalid list index {step[:40]!r}")
            steps.append((int(step), step))
    return [node[step] for _, step in sorted(steps)]
