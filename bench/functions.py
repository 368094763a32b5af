"""Invocations a second, now and later, and what an invocation adds to the handler's own time.

moto runs functions in containers, which are not here. MiniStack keeps nothing of an event that is to run later.
"""

import contextlib
import time
from pathlib import Path

from botocore.exceptions import ClientError
from rich.console import Console

from bench import servers
from bench.figures import Figure, spread
from bench.load import Result
from bench.peers import PeerMissing
from bench.requests import Kind, Plan, queue_arn
from bench.servers import HOST, Server
from bench.setup import Watched, client, make_function
from bench.throughput import load

GROUP = "Lambda, empty handler"
_HANDLER = "def handler(event, context):\n    return event\n"
_NAME = "bench-runs"
_CONNECTIONS = 8
_MOST_A_SECOND = 4_000
_BURST = 1000
_DRAIN_S = 60


def measure(console: Console, *, rounds: int, seconds: float) -> list[Figure]:
    """Returns rates and latencies of each server that runs functions."""
    figures = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(servers.scratch()))
        for name, start in (
            ("Penstock", lambda: servers.penstock(folder / "data")),
            ("MiniStack", servers.ministack),
        ):
            try:
                with start() as server:
                    figures += _measured(server, name, rounds, seconds, console)
            except (PeerMissing, ClientError) as error:
                console.print(f"[yellow]{name} left out: {error}[/]")
    return figures


def _measured(server: Server, name: str, rounds: int, seconds: float, console: Console) -> list[Figure]:
    records = _function(server)
    _sent(server, Kind.INVOKE, 1, _MOST_A_SECOND)  # which starts the workers
    now, later = [], []
    for number in range(rounds):
        now.append(_sent(server, Kind.INVOKE, seconds, int(_MOST_A_SECOND * seconds)).per_second)
        later.append(_burst(server, records, (number + 1) * _BURST))
        console.print(f"  round {number + 1} {name:10} {now[-1]:8,.0f}/s now {later[-1]:8,.0f}/s later")
    alone = _sent(server, Kind.INVOKE, seconds, int(_MOST_A_SECOND * seconds), connections=1)
    return [
        Figure(GROUP, f"{name}, invocations a second, {_CONNECTIONS} callers", spread(now)),
        Figure(GROUP, f"{name}, events run a second, each with a record in a queue", spread(later)),
        Figure(GROUP, f"{name}, one caller", f"{alone.p50_ms:.2f} / {alone.p99_ms:.2f} ms"),
    ]


def _function(server: Server) -> Watched:
    """Makes the function; returns the queue that gets a record of each event that it has run for."""
    make_function(server, _NAME, _HANDLER, "logs:*", "sqs:SendMessage")
    url = client(server, "sqs").create_queue(QueueName=_NAME)["QueueUrl"]
    client(server, "lambda").put_function_event_invoke_config(
        FunctionName=_NAME, DestinationConfig={"OnSuccess": {"Destination": queue_arn(_NAME)}}
    )
    return Watched(server, "", url)


def _burst(server: Server, records: Watched, depth: int) -> float:
    """Returns how many events a second are taken and run; 0 when some have not been after a while."""
    began = time.perf_counter()
    _sent(server, Kind.INVOKE_LATER, _DRAIN_S, _BURST)
    ran = records.wait_for_depth(depth, _DRAIN_S)
    return _BURST / (time.perf_counter() - began) if ran >= depth else 0.0


def _sent(server: Server, kind: Kind, seconds: float, limit: int, connections: int = _CONNECTIONS) -> Result:
    return load(Plan(HOST, server.port, _NAME, "", 0, seconds, limit, connections, kind))
