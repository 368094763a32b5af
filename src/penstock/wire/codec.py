"""One codec per service and protocol: the seam that the gateway speaks to."""

from abc import ABC, abstractmethod
from typing import Any

from penstock.errors import AwsError
from penstock.wire.errors import ErrorTable
from penstock.wire.headers import Headers, has_header
from penstock.wire.malformed import Malformed
from penstock.wire.message import Route, WireRequest, WireResponse
from penstock.wire.models.model import OperationModel, ServiceModel


class Codec(ABC):
    """Bytes to parameters and results to bytes, in one protocol of one service; it holds no request."""

    protocol: str
    gives_host_ids = False
    """Whether answers carry a host id besides the request's."""

    def __init__(self, model: ServiceModel) -> None:
        self.model = model
        self.errors = ErrorTable(model)

    @abstractmethod
    def route(self, request: WireRequest) -> Route:
        """Returns which operation the request means; AwsError when the service has none such."""

    def parse(self, route: Route, request: WireRequest) -> dict[str, Any]:
        """Returns the parameters under AWS's names; AwsError when the request does not fit the model.

        Blobs are bytes, timestamps aware datetimes; absent members and a streamed payload are left out.
        """
        try:
            return self._parse(route, request)
        except Malformed as reason:
            raise self.malformed(str(reason)) from None
        except RecursionError:
            raise self.malformed("The request is nested too deeply") from None

    @abstractmethod
    def serialize(
        self, operation: OperationModel, result: dict[str, Any] | None, request_id: str, *, host_id: str = ""
    ) -> WireResponse:
        """Returns the answer that carries ``result``, without members that are None or not in the model."""

    @abstractmethod
    def serialize_error(
        self,
        operation: OperationModel | None,
        error: AwsError,
        request_id: str,
        *,
        host_id: str = "",
    ) -> WireResponse:
        """Returns the answer that tells a client of ``error``; ``operation`` None when it is not known."""

    @abstractmethod
    def malformed(self, reason: str) -> AwsError:
        """Returns what a client is told when its request does not fit the model."""

    @abstractmethod
    def _parse(self, route: Route, request: WireRequest) -> dict[str, Any]: ...


def complete(status: int, headers: Headers, body: bytes) -> WireResponse:
    """Returns an answer with a whole body and its length (but none where HTTP forbids one); names are lower-case."""
    if has_header(headers, b"content-length"):
        return WireResponse(status, headers, body)
    return with_length(status, headers, body)


def with_length(status: int, headers: Headers, body: bytes) -> WireResponse:
    """Returns what ``complete`` does of ``headers`` that say nothing of a length."""
    if status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    return WireResponse(status, headers, body)
