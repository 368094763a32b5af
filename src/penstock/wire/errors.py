"""What a service's model says about an error: its shape, its status, its names in either kind of protocol."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.errors import AwsError
from penstock.wire.models.model import OperationModel, ServiceModel
from penstock.wire.models.shape import Shape
from penstock.wire.quirks.registry import quirks_of


@dataclass(slots=True)
class KnownError:
    """An error as it goes out: by its shape's name (JSON, CBOR) or by its code (query, XML)."""

    name: str
    code: str
    status: int
    shape: Shape | None

    @property
    def fault(self) -> str:
        """Returns whose fault it is, in the query protocol's words."""
        return "Receiver" if self.status >= 500 else "Sender"


class Structures(Protocol):
    """What writes structures in one protocol."""

    def structure(self, shape: Shape) -> Callable[[Any], Any]:
        """Returns a function from a structure's members to what goes out."""


class ErrorTable:
    """Finds an error's model by whichever of its names a service used."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._quirks = quirks_of(model.name)
        self._by_code: dict[str, Shape] | None = None

    def find(self, operation: OperationModel | None, error: AwsError) -> KnownError:
        """Returns the error's names and its status: its own, else the model's, else 400."""
        shape = self._shape(operation, error.code)
        if shape is None:
            name = self._quirks.error_names.get(error.code, error.code)
            return KnownError(name, error.code, error.status or 400, None)
        return KnownError(shape.name, self._code(shape), error.status or self._status(shape), shape)

    def _shape(self, operation: OperationModel | None, code: str) -> Shape | None:
        if (shape := self._model.exceptions.get(code)) is not None:
            return shape
        # Two shapes may share a code (CloudWatch: ResourceNotFound); the operation's own comes first.
        for shape in operation.errors if operation else ():
            if self._code(shape) == code:
                return shape
        return self._codes().get(code)

    def _codes(self) -> dict[str, Shape]:
        if self._by_code is None:
            self._by_code = {self._code(shape): shape for shape in self._model.exceptions.values()}
        return self._by_code

    def _code(self, shape: Shape) -> str:
        return self._quirks.error_codes.get(shape.name, shape.error_code)

    def _status(self, shape: Shape) -> int:
        if (quirk := self._quirks.error_status.get(shape.name)) is not None:
            return quirk
        status: int | None = shape.raw.get("error", {}).get("httpStatusCode")
        return status or (500 if shape.raw.get("fault") else 400)


def error_members(known: KnownError, error: AwsError, writer: Structures) -> dict[str, Any]:
    """Returns the members of an error document, the message under the name that the model gives it.

    Those in the model are as ``writer`` writes them.
    """
    members: dict[str, Any] = {}
    if error.message:
        members[_message_name(known)] = error.message
    members.update(error.fields)
    if known.shape is not None:
        members |= writer.structure(known.shape)(members)
    return members


def _message_name(known: KnownError) -> str:
    if known.shape is None:
        return "Message" if known.name == "AccessDeniedException" else "message"
    return "Message" if "Message" in known.shape.members else "message"
