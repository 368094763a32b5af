"""What rest-xml and rest-json share: members bound to URI, query string, headers, status and body.

Each operation is compiled once into tables keyed by what is on the wire, so a request costs what it carries,
not what its shape could carry.
"""

import base64
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

from penstock.errors import AwsError
from penstock.wire.codec import Codec, complete, with_length
from penstock.wire.eventstream import CONTENT_TYPE, EventStream
from penstock.wire.form import parse_query
from penstock.wire.headers import Headers, has_header, header_bytes
from penstock.wire.malformed import Malformed
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Member, Shape
from penstock.wire.protocols.route import Candidate, Router
from penstock.wire.quirks.registry import quirks_of
from penstock.wire.values.text import TextReader, TextWriter, read_base64, text_reader, text_writer

BodyReader = Callable[[bytes], Any]
BodyWriter = Callable[[Any], bytes]
Bound = list[tuple[str, str, TextReader]]
Prefixed = list[tuple[str, str, str]]

_MANY = 32  # headers; what is bound to more than so many is not remembered


@dataclass(slots=True)
class InputPlan:
    """Where an operation's parameters are found."""

    labels: list[tuple[str, str, TextReader]] = field(default_factory=list)
    headers: dict[str, tuple[str, TextReader]] = field(default_factory=dict)
    prefixes: list[tuple[str, str]] = field(default_factory=list)
    query: dict[str, tuple[str, TextReader, bool]] = field(default_factory=dict)
    query_rest: str | None = None
    payload: tuple[str, BodyReader] | None = None
    payload_required: bool = False
    body: BodyReader | None = None


@dataclass(slots=True)
class OutputPlan:
    """Where an operation's results go; ``code`` is its status, ``status`` the member that says another."""

    code: int
    headers: dict[str, tuple[bytes, TextWriter]] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    status: str | None = None
    partial: str | None = None
    payload: str | None = None
    write: BodyWriter | None = None
    events: EventStream | None = None
    content_type: bytes = b""
    states_length: bool = False


class Rest(Codec):
    """A codec whose operations have URIs of their own."""

    body_content_type: bytes
    request_id_header: bytes
    header_timestamp = "rfc822"

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self.quirks = quirks_of(model.name)
        self.always: Headers = [(b"server", self.quirks.server.encode())] if self.quirks.server else []
        """The headers of every answer."""
        self._inputs: dict[str, InputPlan] = {}
        self._outputs: dict[str, OutputPlan] = {}
        self._bound_of = lru_cache(maxsize=512)(self._bound)

    @cached_property
    def router(self) -> Router:
        """Returns the compiled URI templates."""
        return Router(self.model)

    def route(self, request: WireRequest) -> Route:
        try:
            query = parse_query(request.query) if request.query else {}
            leaf, labels = self.router.find(request.method, request.path)
        except Malformed as reason:
            raise self.bad_uri(reason) from None
        if leaf is None:
            raise self.unknown_operation(request.method, request.path)
        chosen, whole = leaf.choose(request, query)
        if chosen is None:
            raise self.unknown_operation(request.method, request.path)
        self.check_route(chosen, whole, request, query)
        return Route(chosen.operation, labels, query)

    def check_route(
        self, chosen: Candidate, whole: bool, request: WireRequest, query: dict[str, list[str]]
    ) -> None:
        """Returns when the request may mean the chosen operation; ``whole``: it has all that one requires."""

    def check_missing_body(self, member: str) -> None:
        """Returns when the required payload ``member`` may be left to validation; else raises AwsError."""

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        plan = self._outputs.get(operation.name) or self._output_plan(operation)
        headers: Headers = [*self.always, (self.request_id_header, request_id.encode())]
        if host_id:
            headers.append((b"x-amz-id-2", host_id.encode()))
        status = 206 if result and plan.partial in result else plan.code
        rest: dict[str, Any] = {}
        header_of = plan.headers.get
        for name, value in result.items() if result else ():
            if value is None:
                continue
            if (bound := header_of(name)) is not None:
                header, write = bound
                text = write(value)
                is_plain = text.isascii() and text.isprintable()
                headers.append((header, text.encode() if is_plain else header_bytes(text)))
            elif name == plan.status:
                status = value
            elif (prefix := plan.prefixes.get(name)) is not None:
                headers.extend(((prefix + k).encode("latin-1"), header_bytes(v)) for k, v in value.items())
            else:
                rest[name] = value
        return _with_body(plan, status, headers, rest)

    @abstractmethod
    def unknown_operation(self, method: str, path: str) -> AwsError:
        """Returns what a client is told when nothing answers to its method and path."""

    @abstractmethod
    def bad_uri(self, reason: Malformed) -> AwsError:
        """Returns what a client is told when its URI cannot be decoded."""

    @abstractmethod
    def bad_argument(self, name: str, value: str, reason: str) -> AwsError:
        """Returns what a client is told when a header or query parameter does not fit its type."""

    @abstractmethod
    def body_reader(self, shape: Shape) -> BodyReader:
        """Returns a reader of the members of ``shape`` that are in the body."""

    @abstractmethod
    def payload_reader(self, member: Member) -> BodyReader:
        """Returns a reader of a body that is one structured member; it gives None for no body."""

    @abstractmethod
    def body_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter:
        """Returns a writer of the members of ``shape`` that belong in the body."""

    @abstractmethod
    def payload_writer(self, member: Member) -> BodyWriter:
        """Returns a writer of a body that is one structured member."""

    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        plan = self._inputs.get(route.operation.name) or self._input_plan(route.operation)
        params: dict[str, Any] = {}
        for label, name, read in plan.labels:
            try:
                params[name] = read(route.labels[label])
            except Malformed as reason:
                raise self.bad_argument(label, route.labels[label], str(reason)) from None
        if route.query:
            self._parse_query(plan, route.query, params)
        self._parse_headers(route.operation.name, plan, request.headers, params)
        self.parse_document(plan, request.body, params)
        return params

    def _parse_headers(
        self, operation: str, plan: InputPlan, headers: Mapping[str, str], params: dict[str, Any]
    ) -> None:
        names = tuple(headers)
        find = self._bound_of if len(names) <= _MANY else self._bound
        bound, prefixed = find(operation, names)
        for _, name in plan.prefixes:
            params[name] = {}
        for header, member, read in bound:
            try:
                params[member] = read(headers[header])
            except Malformed as reason:
                # A condition whose date is no date is ignored (RFC 9110, 13.1.3), as S3 does.
                if not header.startswith("if-"):
                    raise self.bad_argument(header, headers[header], str(reason)) from None
        for header, member, key in prefixed:
            params[member][key] = headers[header]

    def _bound(self, operation: str, names: tuple[str, ...]) -> tuple[Bound, Prefixed]:
        """Returns what of a request with headers of these ``names`` its members are read from."""
        plan = self._inputs[operation]
        bound = [(name, *plan.headers[name]) for name in names if name in plan.headers]
        prefixed = [
            (name, member, name[len(prefix) :])
            for name in names
            if name not in plan.headers
            for prefix, member in plan.prefixes
            if name.startswith(prefix)
        ]
        return bound, prefixed

    def parse_document(self, plan: InputPlan, body: bytes, params: dict[str, Any]) -> None:
        """Adds what the body says to ``params``, which are the others."""
        if plan.payload is not None:
            name, parse = plan.payload
            if (found := parse(body)) is not None:
                params[name] = found
            elif plan.payload_required:
                self.check_missing_body(name)
        elif plan.body is not None and body:
            params.update(plan.body(body))

    def _parse_query(self, plan: InputPlan, query: dict[str, list[str]], params: dict[str, Any]) -> None:
        for name, values in query.items():
            if (bound := plan.query.get(name)) is not None:
                member, read, many = bound
                if name in self.quirks.empty_is_none and not any(values):
                    continue
                found = [self._read(read, name, value) for value in values]
                params[member] = found if many else found[-1]
            elif plan.query_rest is not None:
                params.setdefault(plan.query_rest, {})[name] = values[-1]

    def _read(self, read: TextReader, name: str, value: str) -> Any:
        try:
            return read(value)
        except Malformed as reason:
            raise self.bad_argument(name, value, str(reason)) from None

    def _input_plan(self, operation: OperationModel) -> InputPlan:
        plan = self._inputs[operation.name] = InputPlan()
        shape = operation.input
        if shape is None:
            return plan
        for member in shape.members.values():
            self._bind_input(plan, member)
        payload = shape.payload
        if payload is None:
            if any(member.location is None for member in shape.members.values()):
                plan.body = self.body_reader(shape)
        elif not payload.streaming:
            plan.payload = (payload.name, self._input_payload(payload))
            plan.payload_required = payload.name in shape.required
        return plan

    def _bind_input(self, plan: InputPlan, member: Member) -> None:
        name = member.wire_name
        match member.location:
            case "uri":
                plan.labels.append((name, member.name, text_reader(member, "iso8601")))
            case "querystring" if member.shape.type == "map":
                plan.query_rest = member.name
            case "querystring":
                many = member.shape.type == "list"
                element = member.shape.member if many else member
                plan.query[name] = (member.name, text_reader(element, "iso8601"), many)
            case "header":
                plan.headers[name.lower()] = (member.name, _header_reader(member, self.header_timestamp))
            case "headers":
                plan.prefixes.append((name.lower(), member.name))

    def _input_payload(self, payload: Member) -> BodyReader:
        match payload.shape.type:
            case "blob":
                return _same_body
            case "string":
                return _utf8
        return self.payload_reader(payload)

    def _output_plan(self, operation: OperationModel) -> OutputPlan:
        code = self.quirks.answer_status.get(operation.name, operation.status)
        plan = self._outputs[operation.name] = OutputPlan(code)
        for name, header in self.quirks.answer_headers.get(operation.name, {}).items():
            plan.headers[name] = (header.encode(), str)
        shape = operation.output
        if shape is None:
            return plan
        for member in shape.members.values():
            self._bind_output(plan, member)
        payload = shape.payload
        if payload is not None:
            plan.payload = payload.name
            plan.write, plan.content_type = self._output_payload(payload)
            if operation.event_stream is payload:
                structure = partial(self.body_writer, operation)
                plan.events = EventStream(payload.shape, structure, self.body_content_type.decode())
                plan.content_type = CONTENT_TYPE
        elif any(member.location is None for member in shape.members.values()):
            plan.write, plan.content_type = self.body_writer(operation, shape), self.body_content_type
        return plan

    def _bind_output(self, plan: OutputPlan, member: Member) -> None:
        match member.location:
            case "header":
                writer = _header_writer(member, self.header_timestamp)
                name = member.wire_name.lower()
                plan.headers[member.name] = (name.encode(), writer)
                plan.states_length |= name == "content-length"
                if name == "content-range":
                    plan.partial = member.name  # models know only the status of the whole
            case "headers":
                plan.prefixes[member.name] = member.wire_name.lower()
            case "statusCode":
                plan.status = member.name

    def _output_payload(self, payload: Member) -> tuple[BodyWriter | None, bytes]:
        if payload.streaming:
            return None, b"binary/octet-stream"
        match payload.shape.type:
            case "blob":
                return _to_bytes, b"application/octet-stream"
            case "string":
                return _to_bytes, b"text/plain"
        return self.payload_writer(payload), self.body_content_type


def _with_body(plan: OutputPlan, status: int, headers: Headers, rest: dict[str, Any]) -> WireResponse:
    value: Any = rest if plan.payload is None else rest.get(plan.payload)
    if plan.write is None:
        if value is None or plan.payload is None:
            return (complete if plan.states_length else with_length)(status, headers, b"")
        _default_content_type(headers, plan.content_type)
        if isinstance(value, bytes | bytearray | str):
            return complete(status, headers, _to_bytes(value))
        stream: AsyncIterator[bytes] = value if plan.events is None else plan.events.messages(value)
        return WireResponse(status, headers, stream)
    body = b"" if value is None else plan.write(value)
    if body:
        _default_content_type(headers, plan.content_type)
    return complete(status, headers, body)


def _default_content_type(headers: Headers, content_type: bytes) -> None:
    if not has_header(headers, b"content-type"):
        headers.append((b"content-type", content_type))


def _header_reader(member: Member, timestamp_format: str) -> TextReader:
    if member.shape.type == "list":
        element = text_reader(member.shape.member, timestamp_format)
        dates = member.shape.member.shape.type == "timestamp" and timestamp_format == "rfc822"
        return lambda text: [element(item) for item in _split_header(text, dates)]
    if member.json_value:
        read = text_reader(member, timestamp_format)
        return lambda text: read(_utf8(read_base64(text)))
    return text_reader(member, timestamp_format)


def _header_writer(member: Member, timestamp_format: str) -> TextWriter:
    if member.shape.type == "list":
        element = text_writer(member.shape.member, timestamp_format)
        quote = member.shape.member.shape.type == "string"
        return lambda value: ", ".join(_quoted(element(item)) if quote else element(item) for item in value)
    write = text_writer(member, timestamp_format)
    if member.json_value:
        return lambda value: base64.b64encode(write(value).encode()).decode()
    return write


def _split_header(text: str, dates: bool) -> list[str]:
    """Returns the elements of a comma-separated header; quoted ones may hold commas, and HTTP dates do."""
    if dates:
        parts = text.split(",")
        return [",".join(parts[at : at + 2]).strip() for at in range(0, len(parts), 2)]
    if '"' not in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    found, current, quoted, escaped = [], "", False, False
    for char in text:
        if escaped:
            current, escaped = current + char, False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            found.append(current.strip())
            current = ""
        else:
            current += char
    found.append(current.strip())
    return found


def _quoted(text: str) -> str:
    if "," in text or '"' in text:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return text


def _same_body(body: bytes) -> bytes | None:
    return body or None


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8") from None


def _to_bytes(value: Any) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)
