"""What an answer is known by."""

from binascii import b2a_base64
from dataclasses import dataclass

from penstock.clock import Ids
from penstock.server.operation import Operation
from penstock.wire import Codec

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
    """Returns new marks for an answer in ``protocol``."""
    if not protocol.gives_host_ids:
        return Marks(ids.uuid(), "")
    host_id = b2a_base64(ids.bytes(_HOST_ID_BYTES), newline=False).decode()
    return Marks(ids.hex(16).upper(), host_id)
