"""One source at work: it is waited at, a batch is gathered, and handed over to whoever is fed from it."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Coroutine
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from penstock.errors import AwsError, StoreUnavailable
from penstock.services.background import Background
from penstock.services.service import Parts
from penstock.services.source import Fed, Message, Source

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Fed)

_WAIT_S = 20
_RETRY_MS = 10_000
_TURNS = 10  # of the event loop: more than a message needs from its commit to the long poll's end


class Batching(NamedTuple):
    """How much makes a batch: how many messages, and how many bytes of a payload."""

    size: int
    payload_bytes: int


class Poller(ABC, Generic[F]):
    """Reads one source; ``start`` it once, ``stop`` lets batches that are running finish.

    What is fed says who it is now (``_find``), how many batches may run (``_concurrency``), what becomes of a batch
    (``_process``, which ends with ``_finish``), and keeps what goes wrong with reading (``_report``).
    """

    def __init__(
        self, name: str, parts: Parts, background: Background, source: Source, batching: Batching
    ) -> None:
        self._name = name
        self._parts = parts
        self._store = parts.store
        self._clock = parts.clock
        self._background = background
        self._source = source
        self._batch_size, self._payload_bytes = batching
        self._fed: F | None = None
        self._gathered: dict[str, Message] = {}  # by message id
        self._busy: Counter[str] = Counter()  # groups, by how many batches have something of them
        self._due_ms = 0
        self._rested = False
        self._lookers: list[asyncio.Future[None]] = []
        self._interrupt = asyncio.Event()
        self._ask: asyncio.Task[list[Message]] | None = None
        self._task: asyncio.Task[None] | None = None
        self.batches: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def _find(self) -> F:
        """Returns who is fed, as it is now; AwsError when it cannot be."""

    @abstractmethod
    def _concurrency(self, fed: F) -> int:
        """Returns how many batches may run at once; AwsError when none."""

    @abstractmethod
    async def _process(self, fed: F, batch: list[Message]) -> None:
        """Sees to a batch, and finishes it."""

    @abstractmethod
    async def _report(self, result: str) -> None:
        """Keeps how things went."""

    def _sift(self, found: list[Message]) -> list[Message]:
        """Returns those of ``found`` that are wanted, and sees to the others."""
        return found

    def _parts_of(self, fed: F, batch: list[Message]) -> list[list[Message]]:
        """Returns the parts of a batch that are processed apart."""
        return [batch]

    def start(self) -> None:
        """Begins to read."""
        self._task = self._parts.supervisor.keep(self._name, self._run)

    async def stop(self, *, hand_over: bool) -> None:
        """Stops reading; what was gathered is handed over now, or else comes back by itself."""
        await _cancelled(self._task)  # first, for until then it may begin to ask
        await self._stop_asking()
        if hand_over and self._fed:
            while self._ready():
                self._hand_over(self._fed)
        self._answer_lookers()

    async def quiet(self) -> None:
        """Returns when the source has no message right now and no batch is running."""
        while self._task and not self._task.done():
            looker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._lookers.append(looker)
            self._interrupt.set()
            await looker
            if not self.batches:
                return
            await asyncio.wait(self.batches)

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except StoreUnavailable:
                log.exception("%s", self._name)
                await self._rest()

    async def _work(self) -> None:
        try:
            await self._step()
        except AwsError as error:
            await self._report(f"PROBLEM: {sentence(error)}")
            await self._rest()

    async def _rest(self) -> None:
        await self._stop_asking()  # what is taken now would wait, and come to somebody else meanwhile
        self._rested = True
        self._answer_lookers()
        self._interrupt.clear()
        await self._clock.wait_for(self._interrupt.wait(), self._clock.now_ms() + _RETRY_MS)

    async def _step(self) -> None:
        fed = self._fed = await self._find()
        while len(self.batches) >= self._concurrency(fed):
            await asyncio.wait(self.batches, return_when=asyncio.FIRST_COMPLETED)
        lookers, self._lookers = self._lookers, []
        self._interrupt.clear()
        try:
            # After a rest what is in hand may have become visible again: its newest turn is to run, and only that.
            found = await (self._look(fed) if lookers or self._rested else self._wait(fed))
        finally:
            self._lookers += lookers
        self._rested = False
        self._gather(found)
        while self._complete():
            self._hand_over(fed)
        if lookers and not found:
            self._answer_lookers()

    async def _wait(self, fed: F) -> list[Message]:
        """Returns what comes within a long poll, which goes on when something else is to be done meanwhile."""
        if self._ask is None:
            self._ask = asyncio.create_task(self._source.receive(fed, self._room(), _WAIT_S))
        until = asyncio.create_task(self._until_due())
        try:
            await asyncio.wait((self._ask, until), return_when=asyncio.FIRST_COMPLETED)
        finally:
            until.cancel()
        return self._asked()

    async def _look(self, fed: F) -> list[Message]:
        """Returns what is there now, or was about to be handed to the long poll."""
        found = await self._source.receive(fed, self._room(), 0)
        await self._store.flushed()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return found + self._asked()

    async def _stop_asking(self) -> None:
        """Ends the long poll; the source gives back what it was just about to hand out."""
        ask, self._ask = self._ask, None
        await _cancelled(ask)
        if ask and not ask.cancelled() and not ask.exception():
            self._gather(ask.result())

    def _asked(self) -> list[Message]:
        if self._ask is None or not self._ask.done():
            return []
        ask, self._ask = self._ask, None
        return ask.result()

    def _room(self) -> int:
        return max(1, self._batch_size - len(self._gathered))

    async def _until_due(self) -> None:
        if self._ready():
            await self._clock.wait_for(self._interrupt.wait(), self._due_ms)
        else:
            await self._interrupt.wait()

    def _gather(self, found: list[Message]) -> None:
        found = self._sift(found)
        if found and not self._gathered:
            self._due_ms = self._clock.now_ms() + self._source.window_s * 1000
        for message in found:
            earlier = self._gathered.get(message.id)
            # It comes twice when its time to be processed ends before the batch is full.
            if earlier is None or message.turn > earlier.turn:
                self._gathered.pop(message.id, None)
                self._gathered[message.id] = message

    def _ready(self) -> list[Message]:
        """Returns what was gathered of groups that no batch has anything of."""
        if not self._busy:
            return list(self._gathered.values())
        return [message for message in self._gathered.values() if message.group not in self._busy]

    def _complete(self) -> bool:
        ready = self._ready()
        if not ready:
            return False
        full = len(ready) >= self._batch_size or sum(message.size for message in ready) > self._payload_bytes
        return full or self._clock.now_ms() >= self._due_ms

    def _hand_over(self, fed: F) -> None:
        ready = self._ready()
        batch = ready[: min(_fitting(ready, self._payload_bytes), self._batch_size)]
        for message in batch:
            del self._gathered[message.id]
        for part in self._parts_of(fed, batch):
            task = self._begin(self._process(fed, part))
            self._hold({message.group for message in part if message.group}, task)

    def _begin(self, batch: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._background.spawn(f"{self._name}: batch", batch)
        self.batches.add(task)
        task.add_done_callback(self.batches.discard)
        return task

    def _hold(self, groups: set[str], task: asyncio.Task[None]) -> None:
        if not groups:
            return
        self._busy.update(groups)

        def release(_: asyncio.Task[None]) -> None:
            self._busy.subtract(groups)
            self._busy += Counter()  # which leaves out those that have none any more
            self._interrupt.set()

        task.add_done_callback(release)

    async def _finish(self, fed: F, batch: list[Message], failed: set[str]) -> None:
        # Insists: what has been processed must not be processed again because the store was full for a moment.
        parts: tuple[list[Message], list[Message]] = ([], [])
        for message in batch:
            parts[message.id in failed].append(message)
        await self._background.insist(partial(self._source.finish, fed, *parts))

    def _answer_lookers(self) -> None:
        lookers, self._lookers = self._lookers, []
        for looker in lookers:
            if not looker.done():
                looker.set_result(None)


def _fitting(messages: list[Message], payload_bytes: int) -> int:
    """Returns how many of the messages make one payload, at least one."""
    size = 0
    for count, message in enumerate(messages):
        size += message.size
        if count and size > payload_bytes:
            return count
    return len(messages)


async def _cancelled(task: asyncio.Task[Any] | None) -> None:
    if task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def sentence(error: AwsError | StoreUnavailable) -> str:
    """Returns what went wrong, for people."""
    return (error.message or error.code) if isinstance(error, AwsError) else str(error)
