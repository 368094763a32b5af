"""Workers that break, and servers that lack what a worker needs: an invocation always ends."""

import errno
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.control_groups import PlainFiles
from tests.kit.functions import LOGS, SQS, client, make_function, make_queue, run, zip_of

from penstock.services.lambda_.functions import package
from penstock.services.lambda_.runtime import pool, worker
from penstock.services.lambda_.runtime.log_stream import LogStream
from penstock.services.lambda_.runtime.sandbox import isolation
from penstock.services.lambda_.runtime.sandbox.hierarchy import Hierarchy
from penstock.testing import LocalServer

ONE = "def handler(event, context):\n    return 1\n"
WAITS = """
import boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=event["begun"], MessageBody="begun")
    sqs.receive_message(QueueUrl=event["go"], WaitTimeSeconds=20)
    return %r
"""


async def until(server: LocalServer, happened: Callable[[], bool]) -> None:
    while not happened():
        await server.clock.elapse(0.001)


def refusal(server: LocalServer, name: str) -> str:
    with pytest.raises(ClientError) as raised:
        run(server, name)
    error = raised.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.parametrize(
    ("name", "breaks"),
    [("closes", "os.closerange(3, 1000)"), ("stops", f"threading.Timer(0.2, os.kill, {signal.SIGSTOP:d})")],
)
def test_a_worker_that_never_asks_for_the_next_invocation_is_replaced(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, name: str, breaks: str
) -> None:
    monkeypatch.setattr(worker, "_RETURN_S", 0.2)
    source = f"import os, threading\ndef handler(event, context):\n    {breaks}\n    return os.getpid()\n"
    make_function(server, name, source)

    first, second = (run(server, name)["Payload"] for _ in range(2))

    assert isinstance(first, int)
    assert isinstance(second, int)


def test_a_log_that_cannot_keep_up_lets_the_function_wait(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = []
    write = LogStream.write

    def measured(stream: LogStream, lines: list[Any]) -> None:
        write(stream, lines)
        waiting.append(len(stream._lines))

    monkeypatch.setattr(LogStream, "write", measured)
    source = """
import sys
def handler(event, context):
    for _ in range(300):
        sys.stdout.write(("x" * 99 + "\\n") * 1000)
    return 1
"""
    make_function(server, "floods", source, Timeout=60)

    assert run(server, "floods")["Payload"] == 1
    server.settle()

    assert max(waiting) < 60_000
    logs = client(server, "logs")
    (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/floods")["logStreams"]
    page = logs.get_log_events(
        logGroupName="/aws/lambda/floods", logStreamName=stream["logStreamName"], limit=1
    )
    assert page["events"][0]["message"].startswith("REPORT"), "nothing is lost, not even the end"


def test_what_a_worker_writes_after_its_last_run_is_in_the_log() -> None:
    source = """
import os, threading
def end():
    print("last words", flush=True)
    os._exit(0)
def handler(event, context):
    threading.Timer(0.1, end).start()
"""
    with LocalServer() as server:
        make_function(server, "talks", source)
        run(server, "talks")
        server.wait(until(server, lambda: not server.app.service("lambda").state.pool._workers))
        server.settle()

        found = client(server, "logs").filter_log_events(
            logGroupName="/aws/lambda/talks", filterPattern="words"
        )
        assert found["events"]


@pytest.fixture
def two_places() -> Iterator[LocalServer]:
    """A server that runs two functions at once."""
    with LocalServer(function_workers=2) as server:
        yield server


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_an_invocation_that_waits_for_its_place_does_not_meet_code_that_has_gone(
    two_places: LocalServer, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    server = two_places
    begun, _ = make_queue(server, "begun")
    urls = {name: make_queue(server, name)[0] for name in ("one", "two")}
    for name in urls:
        make_function(server, name, WAITS % "old", may=SQS, Timeout=60)
    aws, sqs = client(server, "lambda"), client(server, "sqs")

    with ThreadPoolExecutor(3) as threads:
        running = {
            name: threads.submit(run, server, name, {"begun": begun, "go": url}) for name, url in urls.items()
        }
        for _ in urls:
            (message,) = sqs.receive_message(QueueUrl=begun, WaitTimeSeconds=20)["Messages"]
            sqs.delete_message(QueueUrl=begun, ReceiptHandle=message["ReceiptHandle"])
        waits = threads.submit(run, server, "one", {"begun": begun, "go": urls["one"]})
        server.wait(until(server, lambda: bool(server.app.service("lambda").state.pool._line)))
        if change == "replaced":
            aws.update_function_code(FunctionName="one", ZipFile=zip_of(ONE))
        else:
            aws.delete_function(FunctionName="one")
        sqs.send_message(QueueUrl=urls["two"], MessageBody="go")

        if change == "replaced":
            assert waits.result()["Payload"] == 1
        else:
            with pytest.raises(ClientError, match="Function not found"):
                waits.result()
        sqs.send_message(QueueUrl=urls["one"], MessageBody="go")
        assert [answer.result()["Payload"] for answer in running.values()] == ["old", "old"]


def test_a_disk_that_was_full_when_code_was_unpacked_is_no_problem_once_it_has_room(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, folder: Path) -> None:
        (folder / "app.py").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    make_function(server, "full", ONE)
    with monkeypatch.context() as patch:
        patch.setattr(package, "extract", full)
        assert "No space left on device" in refusal(server, "full")

    assert run(server, "full")["Payload"] == 1


def test_a_worker_that_cannot_be_started_is_an_error_of_the_service_and_leaves_its_place(
    two_places: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*args: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    make_function(two_places, "crowded", ONE)
    with monkeypatch.context() as patch:
        patch.setattr(pool, "Worker", none_left)
        for _ in range(3):
            assert refusal(two_places, "crowded").startswith("ServiceException: ")

    assert run(two_places, "crowded")["Payload"] == 1
    two_places.settle()
    root = two_places.app.service("lambda").state.pool._root.path
    assert len(list(root.glob("tmp-*"))) == 1, "only the living worker has a temporary folder"


def test_code_that_is_not_on_the_disk_any_more_is_an_error(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        make_function(server, "lost", ONE, may=LOGS)
        for file in (tmp_path / "functions" / "code").rglob("*"):
            if file.is_file():
                file.unlink()

        assert "the code is not on the disk any more" in refusal(server, "lost")


def test_code_that_the_disk_has_damaged_is_an_error_and_not_run(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        make_function(server, "rotten", ONE, may=LOGS)
        (package,) = (path for path in (tmp_path / "functions" / "code").rglob("*") if path.is_file())
        data = bytearray(package.read_bytes())
        data[40] ^= 1
        package.write_bytes(data)

        assert "damaged" in refusal(server, "rotten")


def test_a_worker_whose_children_took_the_memory_is_out_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = PlainFiles(tmp_path / "groups", monkeypatch)
    here = Hierarchy(groups.top, frozenset({"memory", "pids"}), ())
    monkeypatch.setattr(isolation, "hierarchy_here", lambda: here)
    with LocalServer() as server:
        source = (
            "import os\ndef handler(event, context):\n    return os.kill(os.getpid(), 9) if event else 1\n"
        )
        make_function(server, "large", source, MemorySize=256)
        assert run(server, "large")["Payload"] == 1
        assert server.app.health()["control_groups"] == "memory, pids"
        (group,) = groups.top.glob("penstock-worker-*")
        assert int((group / "memory.max").read_text()) == (256 + 32) << 20

        (group / "memory.events").write_text("oom_kill 1\n")  # the kernel, before it ends the whole group
        answer = run(server, "large", "end")

        assert answer["Payload"]["errorMessage"].endswith("Runtime exited with error: signal: killed")
        assert "Max Memory Used: 256 MB" in answer["LogResult"]
        server.wait(until(server, lambda: not group.exists()))


def test_a_worker_whose_group_cannot_be_made_is_an_error_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = PlainFiles(tmp_path / "groups", monkeypatch)
    here = Hierarchy(groups.top, frozenset(), ())
    monkeypatch.setattr(isolation, "hierarchy_here", lambda: here)
    with LocalServer() as server:
        make_function(server, "ungrouped", ONE)
        assert run(server, "ungrouped")["Payload"] == 1
        make_function(server, "other", ONE)

        def full(inside: Hierarchy, name: str, memory_mb: int) -> None:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

        with monkeypatch.context() as patch:
            patch.setattr(Hierarchy, "make", full)
            assert refusal(server, "other").startswith("ServiceException: ")
        assert run(server, "other")["Payload"] == 1
