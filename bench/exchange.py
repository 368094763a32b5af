"""One kept-alive connection that sends a ready request and hands back the answer: the client of the latency figures."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower-case names) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Exchange:
    """Opened by ``open``; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Exchange":
        """Returns a connection to the server."""
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, request: bytes) -> Answer:
        """Returns the answer to ``request``."""
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.rstrip().split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(status.split()[1]), headers, body)

    def close(self) -> None:
        """Closes the connection."""
        self._writer.close()
