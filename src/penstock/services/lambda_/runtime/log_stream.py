"""A worker's log stream: lines are taken at once and written behind the invocation's back, in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from penstock.access import Principal
from penstock.errors import AwsError
from penstock.services.background import Background
from penstock.services.lambda_.runtime.sandbox.pieces import pieces
from penstock.services.service import Parts

log = logging.getLogger(__name__)

Line = tuple[int, str]
"""When (milliseconds) and what."""

_MAX_EVENTS = 10_000
_MAX_BATCH_BYTES = 1_048_576
_EVENT_OVERHEAD = 26  # what CloudWatch Logs counts for each event besides its text
_MAX_EVENT_BYTES = 262_144 - _EVENT_OVERHEAD
_CROWDED_BYTES = 4 * 1_048_576
_LINE_BYTES = 128  # what a line takes besides its text
_DROPPED = (
    "AccessDeniedException",
    "AccessDenied",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
)


class LogStream:
    """Writes to CloudWatch Logs as the function's role; what the role may not write is not written, as in AWS."""

    def __init__(
        self,
        parts: Parts,
        *,
        account: str,
        region: str,
        group: str,
        stream: str,
        identity: Callable[[], Awaitable[Principal]],
        background: Background,
    ) -> None:
        self.group = group
        self.stream = stream
        self._call = parts.call
        self._account = account
        self._region = region
        self._identity = identity
        self._background = background
        self.on_crowded: Callable[[bool], object] = bool
        """Called with True when more waits than should, and with False when it has been written."""
        self._lines: list[Line] = []
        self._waiting_bytes = 0
        self._crowded = False
        self._writing: asyncio.Task[None] | None = None

    def write(self, lines: list[Line]) -> None:
        """Promises to write ``lines`` behind those before."""
        self._lines += lines
        self._waiting_bytes += sum(len(text) + _LINE_BYTES for _, text in lines)
        if self._waiting_bytes > _CROWDED_BYTES and not self._crowded:
            self._crowded = True
            self.on_crowded(True)
        if self._lines and self._writing is None:
            self._writing = self._background.spawn(f"lambda: log of {self.group}", self._drain())

    async def _drain(self) -> None:
        try:
            principal = await self._background.insist(self._identity)
            while self._lines:
                lines, self._lines, self._waiting_bytes = self._lines, [], 0
                for batch in _batches(lines):
                    await self._background.insist(partial(self._put, principal, batch))
                self._make_way()
        except AwsError as error:
            self._lines.clear()
            self._waiting_bytes = 0
            if error.code not in _DROPPED:
                log.warning("log stream %s of %s: %s", self.stream, self.group, error)
        finally:
            self._writing = None
            self._make_way()

    def _make_way(self) -> None:
        if self._crowded and self._waiting_bytes <= _CROWDED_BYTES:
            self._crowded = False
            self.on_crowded(False)

    async def _put(self, principal: Principal, events: list[dict[str, Any]]) -> None:
        params = {"logGroupName": self.group, "logStreamName": self.stream, "logEvents": events}
        try:
            await self._operate(principal, "PutLogEvents", params)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._create(principal)
            await self._operate(principal, "PutLogEvents", params)

    async def _create(self, principal: Principal) -> None:
        group = {"logGroupName": self.group}
        for operation, params in (
            ("CreateLogGroup", group),
            ("CreateLogStream", {**group, "logStreamName": self.stream}),
        ):
            try:
                await self._operate(principal, operation, params)
            except AwsError as error:
                # A role may be allowed to make streams in a group that exists, and not groups.
                denied_group = operation == "CreateLogGroup" and error.code == "AccessDeniedException"
                if error.code != "ResourceAlreadyExistsException" and not denied_group:
                    raise

    async def _operate(self, principal: Principal, operation: str, params: dict[str, Any]) -> None:
        await self._call(
            "logs", operation, params, principal=principal, account=self._account, region=self._region
        )


def _events(lines: list[Line]) -> Iterator[tuple[int, bytes]]:
    """Yields the texts of the events: a line that is too long is several."""
    for timestamp, text in lines:
        for piece in pieces(text.encode("utf-8", "replace"), _MAX_EVENT_BYTES - 1):
            yield timestamp, piece + b"\n"  # Lambda keeps the end of a line in its event


def _batches(lines: list[Line]) -> list[list[dict[str, Any]]]:
    batches: list[list[dict[str, Any]]] = [[]]
    size = 0
    for timestamp, encoded in _events(lines):
        cost = len(encoded) + _EVENT_OVERHEAD
        if len(batches[-1]) == _MAX_EVENTS or size + cost > _MAX_BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append({"timestamp": timestamp, "message": encoded.decode()})
        size += cost
    return [batch for batch in batches if batch]
