"""restJson1: URI templates and headers as in rest-xml, JSON in the body (Lambda)."""

from typing import Any

from penstock.errors import AwsError
from penstock.wire.codec import complete
from penstock.wire.errors import error_members
from penstock.wire.headers import Headers, error_headers
from penstock.wire.malformed import Malformed
from penstock.wire.message import WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Member, Shape
from penstock.wire.protocols.rest import BodyReader, BodyWriter, Rest
from penstock.wire.values.json_values import JsonReader, JsonWriter, dump_error, dump_json, load_json
from penstock.wire.values.tree import Table


class RestJson(Rest):
    """Lambda."""

    protocol = "rest-json"
    body_content_type = b"application/json"
    request_id_header = b"x-amzn-requestid"

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._reader = _BodyReader()
        self._writer = JsonWriter()

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
        if known.shape is not None and "Type" in known.shape.members and "Type" not in members:
            members = {"Type": "Service" if known.status >= 500 else "User", **members}
        headers: Headers = [
            (b"content-type", b"application/json"),
            (b"x-amzn-requestid", request_id.encode()),
            (b"x-amzn-errortype", known.name.encode()),
        ]
        return complete(known.status, headers + error_headers(error), dump_error(members))

    def unknown_operation(self, method: str, path: str) -> AwsError:
        return AwsError("UnknownOperationException", status=404)

    def malformed(self, reason: str) -> AwsError:
        return AwsError("SerializationException", reason, status=400)

    def bad_argument(self, name: str, value: str, reason: str) -> AwsError:
        return self.malformed(reason)

    def body_reader(self, shape: Shape) -> BodyReader:
        read = self._reader.structure(shape)

        def parse(body: bytes) -> dict[str, Any]:
            params: dict[str, Any] = read(load_json(body)) if body else {}
            return params

        return parse

    def payload_reader(self, member: Member) -> BodyReader:
        read = self._reader.compile(member)

        def parse(body: bytes) -> Any:
            return read(load_json(body)) if body else None

        return parse

    def body_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter:
        write = self._writer.structure(shape)
        return lambda result: dump_json(write(result))

    def payload_writer(self, member: Member) -> BodyWriter:
        write = self._writer.compile(member)
        return lambda value: dump_json(write(value))

    def bad_uri(self, reason: Malformed) -> AwsError:
        return self.malformed(str(reason))


class _BodyReader(JsonReader):
    """Reads from a body only what belongs there: a name in the body must not replace the one in the URI."""

    def fill(self, table: Table, shape: Shape) -> None:
        for member in shape.members.values():
            if member.location is None:
                table[member.wire_name] = (member.name, self.compile(member))
