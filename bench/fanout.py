"""One change for many: how long until the last of its queues has it; publishes, events and FIFO messages a second."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench import fanout_setup as setup
from bench import servers
from bench.exchange import Answer, Exchange
from bench.figures import Figure, median, spread
from bench.peers import PeerMissing
from bench.requests import Kind, Plan, call
from bench.servers import HOST, Server
from bench.signing import Signer
from bench.throughput import load

_PATIENCE_S = 5.0  # a peer that has not delivered by then does not
_CONNECTIONS = 32
_RECEIVERS = 8
_LIMIT = 4000  # requests a second, at most
_FAILED = (BotoCoreError, ClientError, OSError, asyncio.IncompleteReadError, TimeoutError)


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    seconds: float
    widths: tuple[int, ...]
    rules: tuple[int, ...]
    messages: int


QUICK = Size(3, 1.0, setup.WIDTHS, (10, 1000), 1000)
FULL = Size(7, 4.0, setup.WIDTHS, (10, 1000, 10_000), 5000)


class Way(NamedTuple):
    """One way from a change to its queues: the bucket that leads there, and the key that the last queue is told of."""

    name: str
    bucket: Callable[[Server, int], str]
    prefix: Callable[[int], str]
    most: int


_WAYS = (
    Way("topic", setup.topic_bucket, lambda _: "", setup.WIDTHS[-1]),
    Way("bus", setup.bus_bucket, lambda _: "", setup.WIDTHS[-1]),
    Way("one of so many rules", setup.ruled_bucket, lambda width: f"p{width - 1}/", setup.MOST_RULES),
)


def measure(console: Console, size: Size) -> list[Figure]:
    """Returns the figures; says on ``console`` who could not do what."""
    with contextlib.ExitStack() as stack:
        running = list(_start(stack, console))
        for server in running:
            setup.make_queues(server, max(size.widths))
        return [
            *_changes(running, size, console),
            *_rates(running, size, console, Kind.PUBLISH, ((1, _topic),)),
            *_rates(
                running, size, console, Kind.EVENT, tuple((rules, setup.make_bus) for rules in size.rules)
            ),
            *_ordered(running, size, console),
        ]


def _start(stack: contextlib.ExitStack, console: Console) -> Iterator[Server]:
    folder = Path(stack.enter_context(servers.scratch()))
    for start in (lambda: servers.penstock(folder / "data"), servers.ministack, servers.moto):
        try:
            yield stack.enter_context(start())
        except PeerMissing as error:
            console.print(f"[yellow]a peer is left out: {error}[/]")


# One change and its queues


def _changes(running: list[Server], size: Size, console: Console) -> Iterator[Figure]:
    for way in _WAYS:
        able = running
        for width in (width for width in size.widths if width <= way.most):
            times = _rounds(able, way, width, size.rounds, console)
            for name, found in times.items():
                text = f"{median(found):,.1f} ms" if found else "not delivered"
                yield Figure(f"PUT → {way.name} → queues", f"{width:>5} {name}", text)
            able = [server for server in able if times[server.name]]


def _rounds(
    running: list[Server], way: Way, width: int, rounds: int, console: Console
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {server.name: [] for server in running}
    ready: list[tuple[Server, str, str]] = []
    for server in running:
        with _reported(server, f"{way.name} to {width}", console):
            ready.append((server, way.bucket(server, width), setup.queue_url(server, f"q{width - 1}")))
    for number in range(rounds):
        for server, bucket, url in list(ready):
            taken = None
            with _reported(server, f"{way.name} to {width}", console):
                path = f"/{bucket}/{way.prefix(width)}k{number}"
                taken = asyncio.run(asyncio.wait_for(_change(server, path, url), 2 * _PATIENCE_S))
            if taken is None:
                ready.remove((server, bucket, url))
                continue
            times[server.name].append(taken * 1000)
    return times


async def _change(server: Server, path: str, url: str) -> float | None:
    """Returns the seconds from a PUT to when the last queue has it; None when it never does."""
    host = f"{HOST}:{server.port}"
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    counting = call(host, "sqs", "AmazonSQS.GetQueueAttributes", asked)
    put = Signer(host, "s3").request("PUT", path, bytes(1024))
    before, started = await _count(server, counting), time.perf_counter()
    answer = await _ask(server, put)
    assert answer.status == 200, answer
    while await _count(server, counting) <= before:
        if time.perf_counter() - started > _PATIENCE_S:
            return None
    return time.perf_counter() - started


async def _count(server: Server, counting: bytes) -> int:
    answer = await _ask(server, counting)
    return int(json.loads(answer.body)["Attributes"]["ApproximateNumberOfMessages"])


async def _ask(server: Server, request: bytes) -> Answer:
    """Returns the answer, on a connection of its own: not every server keeps one."""
    exchange = await Exchange.open(HOST, server.port)
    try:
        return await exchange.send(request)
    finally:
        exchange.close()


# Rates


def _topic(server: Server, width: int) -> str:
    return setup.make_topic(server, f"rate-{width}", width)


def _rates(
    running: list[Server],
    size: Size,
    console: Console,
    kind: Kind,
    makers: Iterable[tuple[int, Callable[[Server, int], str]]],
) -> Iterator[Figure]:
    group = {Kind.PUBLISH: "Publish → 1 queue", Kind.EVENT: "PutEvents, one of so many rules → 1 queue"}[kind]
    for width, make in makers:
        for server in running:
            rates: list[float] = []
            with _reported(server, f"{group}, {width}", console):
                to = make(server, width)
                rates = [_rate(server, kind, to, f"{number}-", size) for number in range(size.rounds)]
            yield Figure(group, f"{width:>5} {server.name}, req/s", spread(rates) if rates else "—")


def _rate(server: Server, kind: Kind, to: str, prefix: str, size: Size, groups: int = 1) -> float:
    limit = int(_LIMIT * size.seconds)
    plan = Plan(HOST, server.port, to, prefix, 256, size.seconds, limit, _CONNECTIONS, kind, groups)
    result = load(plan)
    if result.failed:
        raise OSError(f"not every request was answered 200: {result.statuses}")
    return result.per_second


def _ordered(running: list[Server], size: Size, console: Console) -> Iterator[Figure]:
    for groups in (1, 1000):
        for server in running:
            sent: list[float] = []
            taken = 0.0
            with _reported(server, f"FIFO, {groups} groups", console):
                url = setup.fifo_queue(server, f"groups-{groups}")
                sent = [
                    _rate(server, Kind.FIFO, url, f"{number}-", size, groups) for number in range(size.rounds)
                ]
                taken = asyncio.run(_drain(server, url, size.messages))
            name = f"{groups:>5} {server.name}"
            yield Figure("FIFO queue, groups", f"{name}, sent/s", spread(sent) if sent else "—")
            yield Figure(
                "FIFO queue, groups", f"{name}, received and deleted/s", f"{taken:,.0f}" if taken else "—"
            )


async def _drain(server: Server, url: str, most: int) -> float:
    """Returns how many messages a second are received and deleted, ten at a time, by some receivers at once."""
    host, started, found, last = f"{HOST}:{server.port}", time.perf_counter(), 0, 0.0
    asking = call(host, "sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 10})

    async def receive() -> None:
        nonlocal found, last
        while found < most and time.perf_counter() < started + _PATIENCE_S:
            if messages := json.loads((await _ask(server, asking)).body).get("Messages"):
                await _ask(server, _deletion(host, url, messages))
                found, last = found + len(messages), time.perf_counter()

    await asyncio.wait_for(asyncio.gather(*(receive() for _ in range(_RECEIVERS))), 2 * _PATIENCE_S)
    return found / (last - started) if found else 0.0


def _deletion(host: str, url: str, messages: list[dict[str, Any]]) -> bytes:
    entries = [{"Id": str(n), "ReceiptHandle": found["ReceiptHandle"]} for n, found in enumerate(messages)]
    return call(host, "sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": url, "Entries": entries})


@contextlib.contextmanager
def _reported(server: Server, what: str, console: Console) -> Iterator[None]:
    """What the server cannot do is said, and the others go on."""
    started = time.perf_counter()
    try:
        yield
    except (*_FAILED, AssertionError, KeyError, ValueError) as error:
        console.print(f"  [yellow]{server.name}, {what}: {str(error)[:200]}[/]", markup=True)
    else:
        console.print(f"  {server.name}, {what}: {time.perf_counter() - started:.1f} s")
