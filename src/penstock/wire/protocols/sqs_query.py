"""SQS's query protocol for older clients, put back onto a model that only knows JSON."""

import copy
from functools import partial
from typing import Any

from penstock.errors import AwsError
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.protocols.query import Query
from penstock.wire.quirks.sqs_names import (
    LIST_ELEMENTS,
    MAP_ENTRIES,
    MAP_MEMBERS,
    NAMESPACE,
    QUERY_MESSAGES,
    QUEUE_PATH,
)

_UNKNOWN_OPERATION = "UnknownOperationException"


class SqsQuery(Query):
    """SQS, as it was spoken before 2023."""

    def __init__(self, model: ServiceModel) -> None:
        metadata = {**model.raw["metadata"], "xmlNamespace": NAMESPACE}
        super().__init__(ServiceModel(model.name, metadata, partial(_with_query_names, model.raw)))

    def route(self, request: WireRequest) -> Route:
        try:
            route = super().route(request)
        except AwsError as error:
            if error.code == "MissingAction" and request.method == "GET":
                raise AwsError(_UNKNOWN_OPERATION, status=404) from None
            raise
        if QUEUE_PATH.fullmatch(request.path) and not _is_about_a_queue(route.operation):
            raise self.unknown_action(route.operation.name)
        return route

    def unknown_action(self, action: str) -> AwsError:
        return AwsError("InvalidAction", f"The action {action} is not valid for this endpoint.", status=400)

    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        # The caller may hold the operation as the JSON model has it.
        return super().serialize(self.model.operations[operation.name], result, request_id, host_id=host_id)

    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        error = in_query_words(error)
        response = super().serialize_error(operation, error, request_id, host_id=host_id)
        if error.code == _UNKNOWN_OPERATION:
            return self.answer(404, request_id, f"<{_UNKNOWN_OPERATION}/>".encode())
        return response

    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        operation = self.model.operations[route.operation.name]
        params = super()._parse(Route(operation), request)
        if _is_about_a_queue(operation) and "QueueUrl" not in params and len(request.path) > 1:
            # The oldest clients post to the queue's own URL and do not repeat it.
            params["QueueUrl"] = f"http://{request.headers.get('host', '')}{request.path}"
        return params


def in_query_words(error: AwsError) -> AwsError:
    """Returns the error with the text that it has in the query protocol."""
    text = QUERY_MESSAGES.get(error.code)
    return AwsError(error.code, text, status=error.status) if text else error


def _is_about_a_queue(operation: OperationModel) -> bool:
    return operation.input is not None and "QueueUrl" in operation.input.members


def _with_query_names(raw: Any) -> dict[str, Any]:
    shapes = copy.deepcopy(raw["shapes"])
    for name, element in LIST_ELEMENTS.items():
        if name in shapes:
            shapes[name]["member"]["locationName"] = element
    for name, (key, value) in MAP_ENTRIES.items():
        if name in shapes:
            shapes[name]["key"]["locationName"] = key
            shapes[name]["value"]["locationName"] = value
    for shape in shapes.values():
        for member, wire_name in MAP_MEMBERS.items():
            target = shape.get("members", {}).get(member)
            if target is not None and target["shape"] in MAP_ENTRIES:
                target["locationName"] = wire_name
    return {**raw, "shapes": shapes}
