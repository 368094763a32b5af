"""A response that its caller reads while the function still writes it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from penstock.services.lambda_.limits import MAX_STREAMED_RESPONSE

_AHEAD_BYTES = 1024 * 1024  # that may wait for a slow reader before the function has to wait, too
_HEAD_BYTES = 2048


class TooLong(Exception):
    """The function has written more than a response may have."""


class ResponseStream:
    """Written by one and read by another; ``head`` is what it begins with, for who looks at it later.

    ``content_type`` is the runtime's, "" until it has said one.
    """

    def __init__(self) -> None:
        self.content_type = ""
        self.head = b""
        self.has_begun = False
        self._begun = asyncio.Event()
        self._pieces: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._total_bytes = 0
        self._ended = False
        self._abandoned = False
        self._changed = asyncio.Event()

    def begin(self, content_type: str) -> None:
        """Notes that the function answers."""
        self.content_type = content_type
        self.has_begun = True
        self._begun.set()

    async def write(self, piece: bytes) -> None:
        """Returns when more may be written; TooLong."""
        self._total_bytes += len(piece)
        if self._total_bytes > MAX_STREAMED_RESPONSE:
            raise TooLong
        self.head += piece[: _HEAD_BYTES - len(self.head)]
        if not piece or self._abandoned:
            return
        self._pieces.append(piece)
        self._waiting_bytes += len(piece)
        self._changed.set()
        while self._waiting_bytes > _AHEAD_BYTES and not (self._ended or self._abandoned):
            await self._change()

    def end(self) -> None:
        """Notes that nothing follows."""
        self._ended = True
        self._begun.set()
        self._changed.set()

    async def begun(self) -> None:
        """Returns when the function answers, or has ended."""
        await self._begun.wait()

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Yields what was written, to its end; whoever does not read to the end lets the function write in vain."""
        try:
            while True:
                while self._pieces:
                    piece = self._pieces.popleft()
                    self._waiting_bytes -= len(piece)
                    self._changed.set()
                    yield piece
                if self._ended:
                    return
                await self._change()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Notes that nobody reads on: what follows is written in vain."""
        self._abandoned = True
        self._pieces.clear()
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
