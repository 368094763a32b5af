"""The load generator, a process of its own: ``python -m bench.load`` with a plan on standard input.

It signs its requests, prints ``ready``, waits for a line, then keeps every connection busy with one request at a
time until the time or the requests are used up, and prints what was answered.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import uvloop

from bench.figures import percentile
from bench.requests import Plan, requests_of


@dataclass(frozen=True)
class Result:
    """What came back. ``statuses`` counts answers by HTTP status, 0 being a connection lost before its answer."""

    seconds: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float

    @property
    def ok(self) -> int:
        """Returns how many requests were answered 200, or 202: taken, to be done later."""
        return self.statuses.get("200", 0) + self.statuses.get("202", 0)

    @property
    def failed(self) -> int:
        """Returns how many were not."""
        return sum(self.statuses.values()) - self.ok

    @property
    def per_second(self) -> float:
        """Returns the rate of requests answered so."""
        return self.ok / self.seconds


class Tally:
    """The requests yet to send and the answers so far, shared by all connections."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self.requests: Iterator[bytes] = iter(requests)
        self.statuses: Counter[int] = Counter()
        self.times: list[float] = []
        self.deadline = time.perf_counter() + seconds

    def next(self) -> bytes | None:
        """Returns the next request, or None when there is no more to do."""
        return None if time.perf_counter() >= self.deadline else next(self.requests, None)


class Connection(asyncio.Protocol):
    """Sends one request after another; opens itself anew when the server closes after an answer."""

    def __init__(self, tally: Tally, plan: Plan, done: asyncio.Future[None]) -> None:
        self._tally, self._plan, self._done = tally, plan, done
        self._buffer = b""
        self._sent_at: float | None = None
        self._pending: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        size = end + 4 + _content_length(head)
        if len(self._buffer) < size:
            return
        self._buffer = b""
        self._answered(int(head[9:12]))
        if b"connection: close" in head or head.startswith(b"http/1.0"):
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._buffer = b""
        if self._done.done():
            return
        if self._sent_at is not None:
            self._answered(0)
        asyncio.ensure_future(self._reopen())  # noqa: RUF006 - the future `done` keeps the run alive

    def _answered(self, status: int) -> None:
        assert self._sent_at is not None
        self._tally.statuses[status] += 1
        self._tally.times.append(time.perf_counter() - self._sent_at)
        self._sent_at = None

    def _send(self) -> None:
        request = self._pending or self._tally.next()
        self._pending = None
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    async def _reopen(self) -> None:
        self._pending = self._tally.next()
        if self._pending is None:
            self._done.set_result(None)
            return
        await asyncio.get_running_loop().create_connection(lambda: self, self._plan.host, self._plan.port)


def _content_length(head: bytes) -> int:
    at = head.find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def run(plan: Plan, requests: list[bytes]) -> Result:
    """Returns what the server answered to ``requests``."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    tally = Tally(requests, plan.seconds)
    ends = [loop.create_future() for _ in range(plan.connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Connection(tally, plan, end), plan.host, plan.port)
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - started
    statuses = {str(status): count for status, count in tally.statuses.items()}
    times = sorted(tally.times)
    return Result(seconds, statuses, percentile(times, 50) * 1000, percentile(times, 99) * 1000)


def main() -> None:
    """Runs one plan."""
    plan = Plan(**json.loads(sys.stdin.readline()))
    requests = requests_of(plan)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(uvloop.run(run(plan, requests)))), flush=True)


if __name__ == "__main__":
    main()
