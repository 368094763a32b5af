"""All connections of one server: what they share, and who of them may stay."""

import asyncio
from collections import Counter
from email.utils import formatdate
from typing import Protocol

from penstock.clock import Clock, Ids
from penstock.server.http.allowance import Allowance
from penstock.server.http.limits import Limits
from penstock.server.http.proxies import Proxies
from penstock.server.service import Handler

NEVER = 1 << 62
"""A tick that does not come."""


class Peer(Protocol):
    """A connection, as it is looked after: ``due`` is the tick at which its time is up.

    Many clients may stand behind one that ``passes_on`` what they ask.
    """

    address: str
    passes_on: bool
    due: int

    def expire(self) -> None:
        """Called when ``due`` has come."""

    def close(self) -> None:
        """Ends the connection, as soon as the answer that is under way has been sent."""

    def abort(self) -> None:
        """Ends the connection at once."""


class Connections:
    """Those of one server, from their first byte to their end. ``tick`` counts seconds."""

    def __init__(self, handle: Handler, clock: Clock, ids: Ids, limits: Limits, proxies: Proxies) -> None:
        self.handle = handle
        self.limits = limits
        self.proxies = proxies
        self.ids = ids
        self.allowance = Allowance(limits.whole_bytes, limits.whole_bytes_per_address)
        self.tick = 0
        self.date = b""
        self.draining = False
        self.loop: asyncio.AbstractEventLoop
        self.tasks: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._open: set[Peer] = set()
        self._idle: dict[Peer, None] = {}
        self._by_address: Counter[str] = Counter()
        self._empty = asyncio.Event()

    def begin(self) -> None:
        """Called in the loop that connections are made in, before the first."""
        self.loop = asyncio.get_running_loop()
        self._tell_date()

    def __len__(self) -> int:
        return len(self._open)

    def elapse(self, seconds: int) -> None:
        """Lets ``seconds`` pass: connections whose time is up end."""
        self.tick += seconds
        self._tell_date()
        for peer in [other for other in self._open if other.due <= self.tick]:
            peer.due = NEVER
            peer.expire()

    def admit(self, peer: Peer) -> bool:
        """Returns whether ``peer`` may stay; when there are too many, who has idled for longest goes."""
        self._open.add(peer)
        self._by_address[peer.address] += 1
        most = self.limits.connections if peer.passes_on else self.limits.connections_per_address
        if self.draining or self._by_address[peer.address] > most:
            return False
        if len(self._open) > self.limits.connections:
            idle = next(iter(self._idle), None)
            if idle is None:
                return False
            self.busy(idle)
            idle.close()
        self.idle(peer)
        return True

    def forget(self, peer: Peer) -> None:
        """Called when a connection has ended."""
        self.busy(peer)
        if peer in self._open:
            self._open.discard(peer)
            self._by_address[peer.address] -= 1
            if not self._by_address[peer.address]:
                del self._by_address[peer.address]
        if not self._open:
            self._empty.set()

    def idle(self, peer: Peer) -> None:
        """Called when nothing of a request is there."""
        self._idle[peer] = None

    def busy(self, peer: Peer) -> None:
        """Called when something of a request is there, or the connection ends."""
        self._idle.pop(peer, None)

    async def end(self, grace_s: float) -> None:
        """Returns when answers under way have been sent and all are closed, or after ``grace_s``."""
        self.draining = True
        self._empty.clear()
        for peer in list(self._open):
            peer.close()
        if self._open:
            try:
                await asyncio.wait_for(self._empty.wait(), grace_s)
            except TimeoutError:
                for peer in list(self._open):
                    peer.abort()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=grace_s)

    def _tell_date(self) -> None:
        self.date = b"date: %b\r\n" % formatdate(self._clock.machine_ms() / 1000, usegmt=True).encode()
