"""What an answer is known by."""

from binascii import b2a_base64
from dataclasses import dataclass

from penstock.clock import Ids
from penstock.server.operation import Operation
from penstock.wire import Codec

_REQUEST_ID_BYTES = 8
_HOST_ID_BYTES = 57  # x-amz-id-2 is an opaque base64 text of about this length


@dataclass(slots=True)
class Marks:
    """``host_id`` is empty in protocols that have none, ``operation`` until it is found.

    ``declared`` is the operation that the request names, whoever sends it.
    """

    request_id: str
    host_id: str
    operation: str = ""
    declared: Operation | None = None


def marks_of(protocol: Codec, ids: Ids) -> Marks:
    """Returns those of a new request: AWS's identifiers have a form of their own where they come in pairs."""
    if not protocol.gives_host_ids:
        return Marks(ids.uuid(), "")
    drawn = ids.bytes(_REQUEST_ID_BYTES + _HOST_ID_BYTES)
    host_id = b2a_base64(drawn[_REQUEST_ID_BYTES:], newline=False).decode()
    return Marks(drawn[:_REQUEST_ID_BYTES].hex().upper(), host_id)
