"""Log lines a second, by PutLogEvents in batches: plain, and with a metric filter that looks at each."""

import contextlib
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from bench import servers
from bench.figures import Figure, spread
from bench.peers import PeerMissing
from bench.requests import Kind, Plan
from bench.servers import HOST, Server
from bench.setup import client
from bench.throughput import load

GROUP = "log lines"

_BATCH = 100  # lines in one request
_LINE = 100  # characters of one line
_CONNECTIONS = 16
_LIMIT = 3000  # requests a second, at most


def measure(console: Console, *, rounds: int, seconds: float) -> list[Figure]:
    """Returns rates of Penstock and its peers, in alternating rounds."""
    rates: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(servers.scratch()))
        running = _start(stack, folder, console)
        ways = [(server, way) for server in running for way in _ways(server)]
        for number in range(rounds):
            for server, way in ways:
                plan = Plan(
                    HOST, server.port, way, f"r{number}", _LINE, seconds, int(_LIMIT * seconds), _CONNECTIONS,
                    Kind.LINES, _BATCH,
                )  # fmt: skip
                result = load(plan)
                if result.failed:
                    console.print(f"[red]{server.name}: not every batch was taken: {result.statuses}[/]")
                name = f"{server.name}, {way}"
                rates.setdefault(name, []).append(result.per_second * _BATCH)
                console.print(f"  round {number + 1} {name:24} {rates[name][-1]:10,.0f} lines/s")
    return [Figure(GROUP, f"{name}, lines/s", spread(values)) for name, values in rates.items()]


def _start(stack: contextlib.ExitStack, folder: Path, console: Console) -> list[Server]:
    running = []
    for start in (lambda: servers.penstock(folder / "data"), servers.ministack, servers.moto):
        try:
            running.append(stack.enter_context(start()))
        except PeerMissing as error:
            console.print(f"[yellow]left out: {error}[/]")
    return running


def _ways(server: Server) -> list[str]:
    """Makes a log group for each way, and returns the names of those that the server has."""
    logs = client(server, "logs")
    for name in ("plain", "filtered"):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")
    metric = {"metricName": "m", "metricNamespace": "bench", "metricValue": "1"}
    try:
        logs.put_metric_filter(
            logGroupName="filtered", filterName="f", filterPattern="ERROR", metricTransformations=[metric]
        )
    except (BotoCoreError, ClientError):
        return ["plain"]
    return ["plain", "filtered"]
