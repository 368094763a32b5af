"""restXml: S3."""

from typing import Any

from penstock.errors import AwsError
from penstock.wire.codec import complete
from penstock.wire.headers import Headers, error_headers
from penstock.wire.malformed import Malformed, UnreadableDocument
from penstock.wire.message import WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Member, Shape
from penstock.wire.protocols.rest import BodyReader, BodyWriter, InputPlan, Rest
from penstock.wire.protocols.route import Candidate
from penstock.wire.values.xml_in import XmlReader, parse_document
from penstock.wire.values.xml_out import (
    DECLARATION,
    XmlWriter,
    element,
    escape,
    namespace_attribute,
    to_bytes,
)


class RestXml(Rest):
    """S3."""

    protocol = "rest-xml"
    body_content_type = b"application/xml"
    request_id_header = b"x-amz-request-id"
    gives_host_ids = True

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._reader = XmlReader()
        self._writer = XmlWriter("iso8601_millis")
        self._namespace = model.xml_namespace or self.quirks.namespace

    def check_route(
        self, chosen: Candidate, whole: bool, request: WireRequest, query: dict[str, list[str]]
    ) -> None:
        if not whole:
            raise self._incomplete(chosen, request, query)
        if not query:
            return
        subresources = sorted(self.router.literal_names & query.keys())
        strangers = [name for name in subresources if name not in chosen.literals]
        if strangers == ["list-type"] and chosen.operation.name == "ListObjects":
            raise _invalid_argument(
                "list-type", query["list-type"][-1], "Invalid List Type Specified in Request"
            )
        if strangers and chosen.literals and strangers != ["list-type"]:
            raise AwsError(
                "InvalidArgument",
                f"Conflicting query string parameters: {', '.join(subresources)}",
                status=400,
            )
        # A subresource that this method does not have must not become a plain PutObject or DeleteObject.
        if strangers and not chosen.literals:
            raise self.unknown_operation(request.method, request.path)
        if chosen.operation.name == "PutObject" and ("uploadId" in query or "partNumber" in query):
            raise AwsError("InvalidArgument", "This operation does not accept a query-string.", status=400)

    def parse_document(self, plan: InputPlan, body: bytes, params: dict[str, Any]) -> None:
        try:
            super().parse_document(plan, body, params)
        except Malformed as reason:
            raise UnreadableDocument(self.malformed(str(reason)), params) from None
        except AwsError as missing:
            raise UnreadableDocument(missing, params) from None

    def check_missing_body(self, member: str) -> None:
        raise AwsError("MissingRequestBodyError", "Request Body is empty", status=400)

    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        known = self.errors.find(operation, error)
        headers: Headers = [*self.always, (b"x-amz-request-id", request_id.encode())]
        if host_id:
            headers.append((b"x-amz-id-2", host_id.encode()))
        headers.extend(error_headers(error))
        if known.status == 304:
            return complete(304, headers, b"")
        headers.append((b"content-type", b"application/xml"))
        parts = [DECLARATION, "<Error>", element("Code", known.code), element("Message", error.message)]
        parts += [element(name, _text(value)) for name, value in error.fields.items() if value is not None]
        parts += [element("RequestId", request_id), element("HostId", host_id), "</Error>"]
        return complete(known.status, headers, to_bytes(parts))

    def unknown_operation(self, method: str, path: str) -> AwsError:
        if path.startswith("//"):
            return self.bad_uri(Malformed("no bucket"))
        kind = (
            "SERVICE"
            if path == "/"
            else "OBJECT"
            if path.find("/", 1) not in (-1, len(path) - 1)
            else "BUCKET"
        )
        return AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            status=405,
            Method=method,
            ResourceType=kind,
        )

    def bad_uri(self, reason: Malformed) -> AwsError:
        return AwsError("InvalidURI", "Couldn't parse the specified URI.", status=400)

    def bad_argument(self, name: str, value: str, reason: str) -> AwsError:
        return _invalid_argument(name, value, self.quirks.argument_messages.get(name, "Invalid Argument"))

    def malformed(self, reason: str) -> AwsError:
        return AwsError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
            status=400,
        )

    def body_reader(self, shape: Shape) -> BodyReader:
        read = self._reader.structure(shape)

        def parse(body: bytes) -> Any:
            return read(parse_document(body)) if body else {}

        return parse

    def payload_reader(self, member: Member) -> BodyReader:
        read = self._reader.compile(member)
        tag = member.wire_name

        def parse(body: bytes) -> Any:
            if not body:
                return None
            root = parse_document(body)
            if root.tag != tag:
                raise Malformed(f"The document is a {root.tag}, not a {tag}")
            return read(root)

        return parse

    def body_writer(self, operation: OperationModel, shape: Shape) -> BodyWriter:
        if operation.name == "GetBucketLocation":
            return self._location
        tag = self.quirks.result_elements.get(operation.name, shape.name)
        start = f'{DECLARATION}<{tag} xmlns="{self._namespace}">'
        write_members = self._writer.members(shape)

        def write(result: Any) -> bytes:
            parts = [start]
            write_members(parts, result)
            parts.append(f"</{tag}>")
            return to_bytes(parts)

        return write

    def payload_writer(self, member: Member) -> BodyWriter:
        tag = member.wire_name
        start = f"{DECLARATION}<{tag}{namespace_attribute(member.namespace or {'uri': self._namespace})}>"
        write_members = self._writer.members(member.shape)

        def write(value: Any) -> bytes:
            parts = [start]
            write_members(parts, value)
            parts.append(f"</{tag}>")
            return to_bytes(parts)

        return write

    def _location(self, result: Any) -> bytes:
        # The only document that is a bare value: empty for us-east-1.
        constraint = escape(result.get("LocationConstraint") or "")
        document = f'<LocationConstraint xmlns="{self._namespace}">{constraint}</LocationConstraint>'
        return to_bytes([DECLARATION, document])

    def _incomplete(self, chosen: Candidate, request: WireRequest, query: dict[str, list[str]]) -> AwsError:
        for name in sorted(chosen.query):
            if name not in query:
                if not chosen.literals:
                    return self.unknown_operation(request.method, request.path)
                return _invalid_argument(name, "", f"The {name} parameter is required.")
        return AwsError("MissingSecurityHeader", "Your request was missing a required header", status=400)


def _invalid_argument(name: str, value: str, message: str) -> AwsError:
    return AwsError("InvalidArgument", message, status=400, ArgumentName=name, ArgumentValue=value)


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
