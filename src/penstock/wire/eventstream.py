"""``application/vnd.amazon.eventstream``: an answer that is one message after the other, each with headers.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from struct import pack
from typing import Any
from zlib import crc32

from penstock.errors import AwsError
from penstock.wire.models.shape import Shape

CONTENT_TYPE = b"application/vnd.amazon.eventstream"

Events = AsyncGenerator[tuple[str, dict[str, Any]], None]
"""What a handler returns for the member that is an event stream: events by the model's names, with their members.

It is closed when the client has gone. An AwsError that it raises becomes the last message of the stream.
"""

_STRING = 7  # the type of a header's value
_OVERHEAD_BYTES = 16  # two lengths, their checksum, and that of all


class EventStream:
    """Writes the messages of one event stream; made once for each operation that has one.

    ``structure`` gives the function that writes a shape as a document of the protocol, whose type is ``content_type``.
    """

    def __init__(
        self, stream: Shape, structure: Callable[[Shape], Callable[[Any], bytes]], content_type: str
    ) -> None:
        self._stream = stream
        self._structure = structure
        self._content_type = content_type
        self._writers: dict[str, tuple[str, Callable[[dict[str, Any]], bytes]]] = {}

    async def messages(self, events: Events, first: bytes = b"") -> AsyncIterator[bytes]:
        """Yields ``first``, if there is such a message, and then the messages of ``events``."""
        if first:
            yield first
        async with aclosing(events):
            try:
                async for name, members in events:
                    yield self.event(name, members)
            except AwsError as error:
                yield self.refusal(error)

    def event(self, name: str, members: dict[str, Any]) -> bytes:
        """Returns the message of one event: its payload member as it is, or all its members as a document."""
        if name not in self._writers:
            self._writers[name] = self._writer(self._stream.members[name].shape)
        content_type, write = self._writers[name]
        return message(_event_headers(name, content_type), write(members))

    def initial(self, shape: Shape, members: dict[str, Any]) -> bytes:
        """Returns the first message of protocols that have no place for the other members of ``shape``."""
        headers = _event_headers("initial-response", self._content_type)
        return message(headers, self._structure(shape)(members))

    def refusal(self, error: AwsError) -> bytes:
        """Returns the message that ends a stream with ``error``."""
        member = self._stream.members.get(error.code)
        if member is None:
            return message(
                ((":message-type", "error"), (":error-code", error.code), (":error-message", error.message))
            )
        names = [name for name in member.shape.members if name.lower() == "message"]
        headers = (
            (":message-type", "exception"),
            (":exception-type", error.code),
            (":content-type", self._content_type),
        )
        return message(headers, self._structure(member.shape)(dict.fromkeys(names, error.message)))

    def _writer(self, shape: Shape) -> tuple[str, Callable[[dict[str, Any]], bytes]]:
        payload = next((m for m in shape.members.values() if m.raw.get("eventpayload")), None)
        if payload is None:
            return self._content_type, self._structure(shape)
        name = payload.name
        match payload.shape.type:
            case "blob":
                return "application/octet-stream", lambda members: bytes(members[name])
            case "string":
                return "text/plain", lambda members: str(members[name]).encode()
        write = self._structure(payload.shape)
        return self._content_type, lambda members: write(members[name])


def message(headers: Sequence[tuple[str, str]], payload: bytes = b"") -> bytes:
    """Returns one message; names of headers have at most 255 bytes, values 32,767."""
    head = b"".join(_header(name, value) for name, value in headers)
    prelude = pack("!II", len(head) + len(payload) + _OVERHEAD_BYTES, len(head))
    whole = b"".join((prelude, pack("!I", crc32(prelude)), head, payload))
    return whole + pack("!I", crc32(whole))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()[:32_767]
    return pack("!B", len(key)) + key + pack("!BH", _STRING, len(text)) + text


def _event_headers(name: str, content_type: str) -> tuple[tuple[str, str], ...]:
    return ((":message-type", "event"), (":event-type", name), (":content-type", content_type))
