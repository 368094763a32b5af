"""Receipt handles: which message of which queue, at which of its receives. To clients they are opaque."""

import base64
import binascii
import struct
import uuid
import zlib
from typing import NamedTuple

from penstock.services.sqs.errors import receipt_handle_is_invalid

_FORM = struct.Struct(">BQQI16s")
_VERSION = 1


class Receipt(NamedTuple):
    """What a handle says. The message's id keeps a reused row from being taken for it."""

    queue: int
    row: int
    receives: int
    message_id: str

    def handle(self) -> str:
        """Returns the handle's text."""
        packed = _FORM.pack(_VERSION, self.queue, self.row, self.receives, uuid.UUID(self.message_id).bytes)
        return base64.b64encode(packed + zlib.crc32(packed).to_bytes(4)).decode()


def read_receipt(handle: str, queue: int) -> Receipt:
    """Returns what ``handle`` says; AwsError ``ReceiptHandleIsInvalid`` when it is not one of ``queue``'s."""
    try:
        data = base64.b64decode(handle, validate=True)
    except (binascii.Error, ValueError):
        raise receipt_handle_is_invalid(handle) from None
    packed, check = data[:-4], data[-4:]
    if len(packed) != _FORM.size or zlib.crc32(packed).to_bytes(4) != check:
        raise receipt_handle_is_invalid(handle)
    version, owner, row, receives, message_id = _FORM.unpack(packed)
    if version != _VERSION or owner != queue:
        raise receipt_handle_is_invalid(handle)
    return Receipt(owner, row, receives, str(uuid.UUID(bytes=message_id)))
