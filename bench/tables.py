"""Items: puts, gets, queries and transactions a second, and how soon a change is in the stream, by the table's size."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench import servers
from bench.exchange import Exchange
from bench.figures import Figure, percentile, spread
from bench.peers import PeerMissing
from bench.requests import Kind, Plan, call, item
from bench.servers import HOST, Server
from bench.setup import client
from bench.throughput import load

_CONNECTIONS = 32
_FILLERS = 8
_BATCH = 25
_BYTES = 200
_LIMIT = 6000  # requests a second, at most
_KINDS = (Kind.PUT_ITEM, Kind.GET_ITEM, Kind.QUERY, Kind.TRANSACT)
_PATIENCE_S = 5.0
_FAILED = (BotoCoreError, ClientError, OSError, asyncio.IncompleteReadError, TimeoutError, KeyError)


class Size(NamedTuple):
    """How much is measured: the items of each table, and how long a server may take to be filled with them."""

    rounds: int
    seconds: float
    items: tuple[int, ...]
    fill_s: float
    samples: int


QUICK = Size(3, 1.0, (1000,), 120, 50)
FULL = Size(5, 4.0, (1000, 1_000_000), 3600, 200)


def measure(console: Console, size: Size) -> list[Figure]:
    """Returns the figures; says on ``console`` who could not do what."""
    figures: list[Figure] = []
    with contextlib.ExitStack() as stack:
        running = list(_start(stack, console))
        for items in size.items:
            able = [server for server in running if _fill(server, items, size.fill_s, console)]
            for kind in _KINDS:
                figures += _rates(able, kind, items, size, console)
            figures += _lags(able, items, size, console)
    return figures


def _start(stack: contextlib.ExitStack, console: Console) -> Iterator[Server]:
    folder = Path(stack.enter_context(servers.scratch()))
    for start in (lambda: servers.penstock(folder / "data"), servers.ministack, servers.moto):
        try:
            yield stack.enter_context(start())
        except PeerMissing as error:
            console.print(f"[yellow]a peer is left out: {error}[/]")


def _fill(server: Server, items: int, patience_s: float, console: Console) -> bool:
    """Returns whether the server has a table with so many items, and a stream, before patience is over."""
    started = time.perf_counter()
    try:
        client(server, "dynamodb").create_table(
            TableName=_name(items),
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        asyncio.run(asyncio.wait_for(_put_all(server, items), patience_s))
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        client(server, "dynamodb").update_table(TableName=_name(items), StreamSpecification=stream)
    except (*_FAILED, AssertionError) as error:
        console.print(
            f"  [yellow]{server.name}, {items:,} items: {type(error).__name__} {str(error)[:200]}[/]"
        )
        return False
    console.print(f"  {server.name}, {items:,} items: filled in {time.perf_counter() - started:.1f} s")
    return True


async def _put_all(server: Server, items: int) -> None:
    numbers = iter(range(0, items, _BATCH))
    await asyncio.gather(*(_put_some(server, items, numbers) for _ in range(_FILLERS)))


async def _put_some(server: Server, items: int, numbers: Iterator[int]) -> None:
    host = f"{HOST}:{server.port}"
    for first in numbers:
        batch = [item(number, _BYTES) for number in range(first, min(first + _BATCH, items))]
        puts = [{"PutRequest": {"Item": one}} for one in batch]
        request = _call(host, "BatchWriteItem", {"RequestItems": {_name(items): puts}})
        answer = await _ask(server, request)
        assert answer.get("UnprocessedItems") in ({}, None), answer


def _rates(able: list[Server], kind: Kind, items: int, size: Size, console: Console) -> Iterator[Figure]:
    rates: dict[str, list[float]] = {server.name: [] for server in able}
    for number in range(size.rounds):
        for server in able:
            limit = int(_LIMIT * size.seconds)
            plan = Plan(
                HOST,
                server.port,
                _name(items),
                str(number),
                _BYTES,
                size.seconds,
                limit,
                _CONNECTIONS,
                kind,
                items,
            )
            result = load(plan)
            if result.failed:
                console.print(f"  [yellow]{server.name}, {kind}: not all answered 200: {result.statuses}[/]")
            rates[server.name].append(result.per_second)
    for name, found in rates.items():
        yield Figure(f"{kind}, {items:,} items", f"{name}, req/s", spread(found))


def _lags(able: list[Server], items: int, size: Size, console: Console) -> Iterator[Figure]:
    for server in able:
        try:
            found = sorted(asyncio.run(_lag_samples(server, items, size.samples)))
        except (*_FAILED, AssertionError) as error:
            console.print(f"  [yellow]{server.name}, stream: {type(error).__name__} {str(error)[:200]}[/]")
            continue
        text = f"{percentile(found, 50):.1f} / {percentile(found, 99):.1f} ms"
        yield Figure(f"put → in the stream, {items:,} items", server.name, text)


async def _lag_samples(server: Server, items: int, samples: int) -> list[float]:
    """Returns the milliseconds from before a put is sent until GetRecords has its change, asked again and again."""
    streams = client(server, "dynamodbstreams")
    arn = client(server, "dynamodb").describe_table(TableName=_name(items))["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][-1]["ShardId"]
    begin = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")
    host, iterator, found = f"{HOST}:{server.port}", begin["ShardIterator"], list[float]()
    for number in range(samples):
        put = _call(host, "PutItem", {"TableName": _name(items), "Item": item(items + number, _BYTES)})
        started = time.perf_counter()
        await _ask(server, put)
        while True:
            assert time.perf_counter() - started < _PATIENCE_S, "not in the stream"
            reading = call(
                host, "dynamodb", "DynamoDBStreams_20120810.GetRecords", {"ShardIterator": iterator}
            )
            answer = await _ask(server, reading)
            iterator = answer["NextShardIterator"]
            if answer["Records"]:
                break
        found.append((time.perf_counter() - started) * 1000)
    return found


async def _ask(server: Server, request: bytes) -> dict[str, Any]:
    """Returns the answer, on a connection of its own: not every server keeps one."""
    exchange = await Exchange.open(HOST, server.port)
    try:
        answer = await exchange.send(request)
    finally:
        exchange.close()
    assert answer.status == 200, answer
    found: dict[str, Any] = json.loads(answer.body)
    return found


def _call(host: str, operation: str, params: dict[str, Any]) -> bytes:
    return call(host, "dynamodb", f"DynamoDB_20120810.{operation}", params)


def _name(items: int) -> str:
    return f"items-{items}"
