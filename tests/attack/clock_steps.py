"""Scenario: the machine's clock is set, on a running server and over kills and orderly restarts."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from penstock.clock import Clock, Machine
from tests.attack.book import OBJECT, SENT, Book
from tests.attack.outcome import Outcome
from tests.crash.crash_server import ACCOUNT, Connection
from tests.faults.faulty import FaultyServer

STEPS_S = {"a second back": -1, "an hour back": -3600, "a day forward": 86_400}
_WRITES = 60
_DELAY_S = 1
_KEPT_S = 7  # the server keeps its time every five seconds
# Without the function: it would sign by a clock that was not set, being no process of the shim's.
_KINDS = (OBJECT, SENT)


class _Moved(Machine):
    """A machine whose clock is so far off this one's, as the server's is."""

    def __init__(self, seconds: int) -> None:
        self.wall_ns = lambda: time.time_ns() + seconds * 1_000_000_000


class _MovedBook(Book):
    """A book whose clients are on the machine whose clock is set."""

    step_s = 0

    def connection(self) -> Connection:
        """Returns a connection that signs by the clock that was set."""
        return Connection(self.server.endpoint, Clock(_Moved(self.step_s)))


def clock_steps(folder: Path, rounds: int, seed: int) -> Outcome:
    """Sets the clock while the server runs, then back over a kill, or over an orderly end."""
    outcome = Outcome("the clock is set: -1 s, -1 h, +1 day")
    server = FaultyServer(folder / "clock", "--clock", "adjustable")
    server.start()
    book = _MovedBook(server, seed, _KINDS)
    book.build()
    server.client("s3").create_bucket(Bucket="clock-steps")
    for number in range(rounds):
        name = list(STEPS_S)[number % len(STEPS_S)]
        asyncio.run(book.load(_WRITES))
        _set(server, book, STEPS_S[name])
        asyncio.run(_goes_on(book, outcome, name))
        _wait_until_kept(server, STEPS_S[name])
        _end(server, outcome, orderly=bool(number % 2))
        _set(server, book, 0 if number % 4 > 1 else STEPS_S[name] * 2)
        server.start()
        outcome.restarts_s.append(server.start_s)
        asyncio.run(_goes_on(book, outcome, f"{name}, over a restart"))
        outcome.rounds += 1
        outcome.add(asyncio.run(book.check()))
        _set(server, book, 0)
    server.kill9()
    return outcome


def _set(server: FaultyServer, book: _MovedBook, seconds: int) -> None:
    server.step_clock(seconds)
    book.step_s = seconds


def _wait_until_kept(server: FaultyServer, step_s: int) -> None:
    """Returns when a restart knows of a step forward; a kill before that is told of in docs/reliability.md."""
    due = time.monotonic() + _KEPT_S
    while step_s > 0 and time.monotonic() < due:
        kept = json.loads((server.folder / "time").read_bytes())
        if kept["server_ms"] / 1000 > time.time() + step_s - _KEPT_S:
            return
        time.sleep(0.1)


def _end(server: FaultyServer, outcome: Outcome, orderly: bool) -> None:
    if not orderly:
        server.kill9()
    elif (status := server.stop()) != 0:
        outcome.failures.append(f"an orderly end gave {status}")


async def _goes_on(book: _MovedBook, outcome: Outcome, step: str) -> None:
    """What was written is older than what is written now; a message that waits a second comes in two or so."""
    await book.load(_WRITES)
    async with book.connection() as connection:
        first, second = await _put(connection, b"first"), await _put(connection, b"second")
        if second < first:
            outcome.failures.append(f"{step}: an object from {second} was written after one from {first}")
        if not await _comes(connection):
            outcome.failures.append(f"{step}: a message with a delay of {_DELAY_S} s did not come")


async def _put(connection: Connection, body: bytes) -> str:
    """Returns the time of the version, as listings have it: with milliseconds."""
    path = "/clock-steps/key"
    answer = await connection.s3("PUT", path, body)
    assert answer.status == 200, answer
    listed = await connection.s3("GET", "/clock-steps", query="list-type=2")
    return listed.body.split(b"<LastModified>")[1].split(b"<")[0].decode()


async def _comes(connection: Connection) -> bool:
    url = await _delayed_queue(connection)
    await connection.sqs("SendMessage", QueueUrl=url, MessageBody="late", DelaySeconds=_DELAY_S)
    found: dict[str, Any] = await connection.sqs("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=5 * _DELAY_S)
    for message in found.get("Messages", ()):
        await connection.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in found.get("Messages", ())] == ["late"]


async def _delayed_queue(connection: Connection) -> str:
    await connection.sqs("CreateQueue", QueueName="delayed")
    return f"http://sqs/{ACCOUNT}/delayed"
