"""smithy-rpc-v2-cbor: the operation in the path, a CBOR map in the body (CloudWatch)."""

import math
from datetime import UTC, datetime
from typing import Any

import cbor2

from penstock.errors import AwsError
from penstock.wire.codec import Codec, complete
from penstock.wire.errors import error_members
from penstock.wire.headers import Headers, error_headers
from penstock.wire.malformed import Malformed
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Member
from penstock.wire.values.timestamps import epoch_s, from_epoch_s
from penstock.wire.values.tree import (
    Convert,
    TreeReader,
    TreeWriter,
    check_boolean,
    check_float,
    check_integer,
    check_string,
    wrong_type,
)

_EPOCH_TAG = 1


class RpcV2Cbor(Codec):
    """CloudWatch, as its current clients speak it."""

    protocol = "smithy-rpc-v2-cbor"

    def __init__(self, model: ServiceModel) -> None:
        super().__init__(model)
        self._reader = CborReader()
        self._writer = CborWriter()
        self._read: dict[str, Convert] = {}
        self._write: dict[str, Convert | None] = {}

    def route(self, request: WireRequest) -> Route:
        steps = request.path.rstrip("/").split("/")
        if request.method != "POST" or steps[-4:-3] != ["service"] or steps[-2:-1] != ["operation"]:
            raise AwsError("UnknownOperationException", status=404)
        if steps[-1] not in self.model.operations:
            raise AwsError("UnknownOperationException", status=404)
        return Route(self.model.operations[steps[-1]])

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        if operation.name not in self._write:
            shape = operation.output
            self._write[operation.name] = None if shape is None else self._writer.structure(shape)
        write = self._write[operation.name]
        if write is None:
            return complete(200, _headers(request_id), b"")
        return _answer(200, request_id, write(result or {}))

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
        response = _answer(known.status, request_id, {"__type": known.name, **members})
        if self.model.query_compatible:
            response.headers.append((b"x-amzn-query-error", f"{known.code};{known.fault}".encode()))
        response.headers.extend(error_headers(error))
        return response

    def malformed(self, reason: str) -> AwsError:
        return AwsError("SerializationException", reason, status=400)

    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        operation = route.operation
        if operation.input is None:
            return {}
        read = self._read.get(operation.name)
        if read is None:
            read = self._read[operation.name] = self._reader.structure(operation.input)
        params: dict[str, Any] = read(load_cbor(request.body) if request.body else {})
        return params


class CborReader(TreeReader):
    """Compiles readers of CBOR values; cbor2 has already made datetimes of timestamps."""

    def scalar(self, member: Member) -> Convert:
        kind = member.shape.type
        match kind:
            case "string" | "character":
                return check_string
            case "boolean":
                return check_boolean
            case "float" | "double" | "bigDecimal":
                return check_float
            case "blob":
                return _read_blob
            case "timestamp":
                return _read_timestamp
        return check_integer(kind)


class CborWriter(TreeWriter):
    """Compiles writers of CBOR values."""

    def scalar(self, member: Member) -> Convert:
        match member.shape.type:
            case "float" | "double" | "bigDecimal":
                return float
            case "blob":
                return _write_blob
            case "timestamp":
                return lambda moment: cbor2.CBORTag(_EPOCH_TAG, epoch_s(moment))
        return lambda value: value


def load_cbor(body: bytes) -> Any:
    """Returns the value of a CBOR text; Malformed when it is none."""
    try:
        return cbor2.loads(body)
    except (cbor2.CBORDecodeError, ValueError, OverflowError, RecursionError, TypeError) as reason:
        raise Malformed(f"Unable to parse the request as CBOR: {reason}") from None


def _read_blob(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    raise wrong_type(value, "a Blob")


def _read_timestamp(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return from_epoch_s(value)
    raise wrong_type(value, "a Timestamp")


def _write_blob(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _headers(request_id: str) -> Headers:
    return [(b"smithy-protocol", b"rpc-v2-cbor"), (b"x-amzn-requestid", request_id.encode())]


def _answer(status: int, request_id: str, value: Any) -> WireResponse:
    headers = [*_headers(request_id), (b"content-type", b"application/cbor")]
    return complete(status, headers, cbor2.dumps(value))
