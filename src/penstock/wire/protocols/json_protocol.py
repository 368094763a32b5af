"""awsJson 1.0 and 1.1: the operation in ``X-Amz-Target``, everything else in a JSON object."""

from collections.abc import Callable
from typing import Any
from zlib import crc32

from penstock.errors import AwsError
from penstock.wire.codec import Codec, with_length
from penstock.wire.errors import KnownError, error_members
from penstock.wire.eventstream import CONTENT_TYPE, EventStream
from penstock.wire.headers import Headers, error_headers
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Shape
from penstock.wire.quirks.registry import quirks_of
from penstock.wire.values.json_values import JsonReader, JsonWriter, dump_error, dump_json, load_json
from penstock.wire.values.tree import Convert

_COMMON_NAMESPACE = "com.amazon.coral.service#"
_COMMON_NAMESPACES = {"ValidationException": "com.amazon.coral.validate#"}
"""Services that qualify their own errors qualify the ones that all services share, too."""


class Json(Codec):
    """SQS, DynamoDB, CloudWatch Logs, EventBridge …"""

    protocol = "json"

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._reader = JsonReader()
        self._writer = JsonWriter()
        self._routes: dict[str, Route] = {}
        self._read: dict[str, Convert] = {}
        self._write: dict[str, Convert | None] = {}
        self._prefix = model.target_prefix + "."
        self._content_type = f"application/x-amz-json-{model.json_version}".encode()
        quirks = quirks_of(model.name)
        self._namespace = quirks.type_namespace
        self._answers_crc32 = quirks.answers_crc32

    def route(self, request: WireRequest) -> Route:
        target = request.headers.get("x-amz-target", "")
        route = self._routes.get(target)
        if route is None:
            name = target.removeprefix(self._prefix)
            if name == target or name not in self.model.operations:
                raise AwsError("UnknownOperationException", status=400)
            route = self._routes[target] = Route(self.model.operations[name])
        return route

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        if operation.event_stream is not None:
            return self._streamed(operation, result or {}, request_id)
        write = self._writer_of(operation)
        body = b"" if write is None else dump_json(write(result or {}))
        return self._answer(200, request_id, body)

    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        known = self.errors.find(operation, error)
        members = error_members(known, error, self._writer)
        body = dump_error({"__type": self._qualified(known), **members})
        response = self._answer(known.status, request_id, body)
        if self.model.query_compatible:
            code = known.code if known.shape else known.name
            response.headers.append((b"x-amzn-query-error", f"{code};{known.fault}".encode()))
        response.headers.extend(error_headers(error))
        return response

    def malformed(self, reason: str) -> AwsError:
        return AwsError("SerializationException", reason, status=400)

    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        operation = route.operation
        read = self._read.get(operation.name)
        if read is None:
            if operation.input is None:
                return {}
            read = self._read[operation.name] = self._reader.structure(operation.input)
        params: dict[str, Any] = read(load_json(request.body) if request.body else {})
        return params

    def _streamed(self, operation: OperationModel, result: dict[str, Any], request_id: str) -> WireResponse:
        """Returns the answer whose body is a stream of events; the first of them has the other members."""
        assert operation.event_stream is not None
        assert operation.output is not None
        name = operation.event_stream.name
        stream = EventStream(
            operation.event_stream.shape, self._document, f"application/x-amz-json-{self.model.json_version}"
        )
        others = {member: value for member, value in result.items() if member != name}
        body = stream.messages(result[name], stream.initial(operation.output, others))
        headers: Headers = [(b"content-type", CONTENT_TYPE), (b"x-amzn-requestid", request_id.encode())]
        return WireResponse(200, headers, body)

    def _document(self, shape: Shape) -> Callable[[Any], bytes]:
        write = self._writer.structure(shape)
        return lambda members: dump_json(write(members))

    def _writer_of(self, operation: OperationModel) -> Convert | None:
        if operation.name not in self._write:
            shape = operation.output
            self._write[operation.name] = None if shape is None else self._writer.structure(shape)
        return self._write[operation.name]

    def _qualified(self, known: KnownError) -> str:
        if not self._namespace or known.shape is not None:
            return self._namespace + known.name
        return _COMMON_NAMESPACES.get(known.name, _COMMON_NAMESPACE) + known.name

    def _answer(self, status: int, request_id: str, body: bytes) -> WireResponse:
        headers: Headers = [
            (b"content-type", self._content_type),
            (b"x-amzn-requestid", request_id.encode()),
        ]
        if self._answers_crc32:
            headers.append((b"x-amz-crc32", b"%d" % crc32(body)))
        return with_length(status, headers, body)
