"""Answers to SQS's query protocol for clients that want them as JSON: the same names, with lists where XML repeats."""

from typing import Any

from penstock.errors import AwsError
from penstock.wire.codec import complete
from penstock.wire.headers import error_headers
from penstock.wire.message import WireResponse
from penstock.wire.models.model import OperationModel
from penstock.wire.models.shape import Shape
from penstock.wire.protocols.sqs_query import SqsQuery, in_query_words
from penstock.wire.quirks.sqs_names import JSON_MEMBERS
from penstock.wire.values.json_values import dump_error, dump_json
from penstock.wire.values.text import write_base64


class SqsQueryJson(SqsQuery):
    """A form in, JSON out."""

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        name, shape = operation.name, self.model.operations[operation.name].output
        content: dict[str, Any] = {} if shape is None else {f"{name}Result": _structure(shape, result or {})}
        content["ResponseMetadata"] = {"RequestId": request_id}
        return _answer(200, request_id, dump_json({f"{name}Response": content}))

    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        error = in_query_words(error)
        known = self.errors.find(operation, error)
        told = {"Code": known.code, "Message": error.message, "Type": known.fault, **error.fields}
        response = _answer(known.status, request_id, dump_error({"Error": told, "RequestId": request_id}))
        response.headers.extend(error_headers(error))
        return response


def _answer(status: int, request_id: str, body: bytes) -> WireResponse:
    headers = [(b"content-type", b"application/json"), (b"x-amzn-requestid", request_id.encode())]
    return complete(status, headers, body)


def _structure(shape: Shape, members: dict[str, Any]) -> dict[str, Any]:
    return {
        JSON_MEMBERS.get(name, name): _value(member.shape, members[name])
        for name, member in shape.members.items()
        if members.get(name) is not None
    }


def _value(shape: Shape, value: Any) -> Any:
    match shape.type:
        case "structure":
            return _structure(shape, value)
        case "list":
            return [_value(shape.member.shape, item) for item in value]
        case "map":
            key, content = shape.key.wire_name, shape.value.wire_name
            return [{key: name, content: _value(shape.value.shape, item)} for name, item in value.items()]
        case "blob":
            return write_base64(value)
    return value
