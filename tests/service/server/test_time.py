"""The server's time outlives its process, and nobody can set it back."""

import time
import urllib.request
from pathlib import Path
from typing import Any

import orjson
import pytest

from penstock.access import sign
from penstock.clock import Clock, Machine
from penstock.errors import StartError
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

HOUR_MS = 3_600_000
STEP_MS = 600_000  # less than the quarter of an hour that signatures are good for


class SetMachine(Machine):
    """This machine, its clock set by ``shift_ms``."""

    def __init__(self, shift_ms: int = 0) -> None:
        self.shift_ms = shift_ms
        self.wall_ns = lambda: time.time_ns() + self.shift_ms * 1_000_000


def server_on(data: Path, machine: Machine | None = None) -> LocalServer:
    server = LocalServer(data=data)
    server.clock = Clock(machine)
    return server


def health(server: LocalServer) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.endpoint}/_penstock/health") as answer:
        found: dict[str, Any] = orjson.loads(answer.read())
    return found


def move(server: LocalServer, seconds: float) -> int:
    url, body = f"{server.endpoint}/_penstock/clock", orjson.dumps({"advance_s": seconds})
    now_ms = Clock().now_ms()
    headers = sign(
        "POST", url, {}, body, access_key_id=ACCESS_KEY_ID, secret=SECRET,
        service="penstock", region=REGION, now_ms=now_ms,
    )  # fmt: skip
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        moved_to_ms: int = orjson.loads(answer.read())["now_ms"]
    return moved_to_ms


def test_a_clock_that_is_set_back_hides_no_message_and_is_named_by_health(tmp_path: Path) -> None:
    machine = SetMachine()
    with server_on(tmp_path, machine) as server:
        sqs = server.client("sqs")
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="sent before")
        assert health(server)["state"] == "ready"
        machine.shift_ms = -STEP_MS
        assert [m["Body"] for m in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["sent before"]
        found = health(server)
        assert found["state"] == "degraded" and "was set back" in found["problems"]["clock"]
        machine.shift_ms = 0
        assert health(server)["problems"] == {}


def test_a_restart_with_an_earlier_clock_hides_no_message(tmp_path: Path) -> None:
    with server_on(tmp_path) as server:
        sqs = server.client("sqs")
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="sent before")
        before_ms = server.clock.now_ms()
    with server_on(tmp_path, SetMachine(-STEP_MS)) as server:
        assert server.clock.now_ms() >= before_ms
        queue = server.endpoint + queue[queue.rindex("/0") :]
        received = server.client("sqs").receive_message(QueueUrl=queue)["Messages"]
        assert [message["Body"] for message in received] == ["sent before"]
        assert "clock" in health(server)["problems"]


def test_a_move_of_time_is_on_disk_before_its_answer(tmp_path: Path) -> None:
    with server_on(tmp_path) as server:
        before_ms = server.clock.now_ms()
        move(server, 3600)
        kept = orjson.loads((tmp_path / "time").read_bytes())
        assert kept["offset_ms"] == HOUR_MS and kept["server_ms"] >= before_ms + HOUR_MS
        assert (tmp_path / "time").stat().st_mode & 0o777 == 0o600


def test_moved_time_stays_moved_and_clients_go_on_working(tmp_path: Path) -> None:
    with server_on(tmp_path) as server:
        server.client("s3").create_bucket(Bucket="kept")
        moved_to_ms = move(server, 3600)
    with server_on(tmp_path) as server:
        assert server.clock.now_ms() >= moved_to_ms
        server.client("s3").put_object(Bucket="kept", Key="k", Body=b"x")
        changed = server.client("s3").head_object(Bucket="kept", Key="k")["LastModified"]
        assert changed.timestamp() * 1000 >= moved_to_ms - 1000


def test_a_file_that_holds_no_time_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "time").write_text("{}")
    with pytest.raises(StartError, match="holds no time"), server_on(tmp_path):
        pass
