"""Durable PUTs a second of 1 KiB objects with one SQS rule, next to limits and peers, in alternating rounds."""

import contextlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench import servers
from bench.figures import Figure, median, spread
from bench.load import Result
from bench.peers import PeerMissing
from bench.requests import Plan
from bench.servers import HOST, ROOT, Server
from bench.setup import Watched, watched_bucket

GROUP = "PUT 1 KiB → queue"
CONNECTIONS = 64
SQLITE = "bare SQLite"
# Requests a second, at most.
_LIMITS = {
    "Penstock": 12_000,
    "bare ASGI": 50_000,
    "bare both": 20_000,
    "moto": 1_500,
    "MiniStack": 5_000,
}
_GOALS = {"MiniStack": 5.0, "moto": 50.0, "bare ASGI": 1 / 3}
# The peers answer before the event is in the queue.
_SETTLE_S = {
    "Penstock": 0.0,
    "moto": 5.0,
    "MiniStack": 5.0,
}


def measure(console: Console, *, rounds: int, seconds: float) -> list[Figure]:
    """Returns rates and ratios; says on ``console`` when a request was not answered 200 or an event is missing."""
    rates: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(servers.scratch()))
        running = _start(stack, folder, console)
        watched = {
            server.name: watched_bucket(server, "bench") for server in running if server.name in _SETTLE_S
        }
        for number in range(rounds):
            for server in running:
                result = _round(server, watched.get(server.name), number, seconds, console)
                rates.setdefault(server.name, []).append(result.per_second)
                console.print(f"  round {number + 1} {server.name:10} {_describe(result)}")
            rates.setdefault(SQLITE, []).append(_sqlite(seconds))
            console.print(f"  round {number + 1} {SQLITE:10} {rates[SQLITE][-1]:8,.0f}/s")
    return _figures(rates)


def _start(stack: contextlib.ExitStack, folder: Path, console: Console) -> list[Server]:
    starts = {
        "Penstock": lambda: servers.penstock(folder / "data"),
        "bare ASGI": servers.bare_asgi,
        "bare both": lambda: servers.bare_both(folder / "floor"),
        "MiniStack": servers.ministack,
        "moto": servers.moto,
    }
    running = []
    for name, start in starts.items():
        try:
            running.append(stack.enter_context(start()))
        except PeerMissing as error:
            console.print(f"[yellow]{name} left out: {error}[/]")
    return running


def _round(server: Server, watched: Watched | None, number: int, seconds: float, console: Console) -> Result:
    """One round into the bucket and the queue of the rounds before: objects and messages pile up for everybody."""
    before = watched.depth() if watched else 0
    limit = int(_LIMITS[server.name] * seconds)
    result = load(Plan(HOST, server.port, "bench", f"r{number}/o", 1024, seconds, limit, CONNECTIONS))
    if result.failed:
        console.print(f"[red]{server.name}: not every PUT was answered 200: {result.statuses}[/]")
    if watched:
        messages = watched.wait_for_depth(before + result.ok, _SETTLE_S[server.name]) - before
        if messages != result.ok:
            console.print(f"[red]{server.name}: {result.ok} PUTs answered, {messages} messages queued[/]")
    return result


def load(plan: Plan) -> Result:
    """Runs ``plan`` in a generator process; the requests are signed before the clock starts."""
    generator = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert generator.stdin and generator.stdout
    with generator:
        generator.stdin.write(json.dumps(asdict(plan)) + "\n")
        generator.stdin.flush()
        generator.stdout.readline()
        generator.stdin.write("\n")
        generator.stdin.flush()
        return Result(**json.loads(generator.stdout.readline()))


def _sqlite(seconds: float) -> float:
    with servers.scratch() as folder:
        command = [sys.executable, "-m", "bench.floor_sqlite", folder, str(min(seconds, 2)), str(CONNECTIONS)]
        return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _describe(result: Result) -> str:
    return f"{result.per_second:8,.0f}/s   p50 {result.p50_ms:6.2f} ms   p99 {result.p99_ms:6.2f} ms"


def _figures(rates: dict[str, list[float]]) -> list[Figure]:
    figures = [Figure(GROUP, f"{name}, req/s", spread(values)) for name, values in rates.items()]
    return figures + [_ratio(rates, name) for name in rates if name != "Penstock"]


def _ratio(rates: dict[str, list[float]], name: str) -> Figure:
    """The median of the rounds' own ratios: what else the machine does in a round slows both sides of it."""
    ratio = median([own / other for own, other in zip(rates["Penstock"], rates[name], strict=True)])
    goal = _GOALS.get(name)
    text = "" if goal is None else f"≥ {goal:.2g}"
    return Figure(GROUP, f"Penstock ÷ {name}", f"{ratio:.2f}", text, None if goal is None else ratio >= goal)
