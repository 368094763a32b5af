"""Answers that are read while the function still writes them."""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from tests.kit.bootstrap import bootstrap
from tests.kit.functions import client, make_function, open_to_all, run

from penstock.testing import LocalServer


class Gate:
    """Where a streaming function waits in the middle of its answer."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(60)
        self.port = self._listening.getsockname()[1]

    def let_on(self, line: str) -> None:
        waiting, _ = self._listening.accept()
        with waiting:
            waiting.sendall(f"{line}\n".encode())

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def functions(server: LocalServer) -> None:
    own = {"Runtime": "provided.al2023", "Handler": "h", "Code": bootstrap(), "Timeout": 60}
    make_function(server, "streams", "", **own)
    make_function(
        server, "whole", "def handler(event, context): return event if event else 1 / 0", Timeout=60
    )


def streamed(
    server: LocalServer, name: str, event: object, **more: Any
) -> tuple[dict[str, Any], Iterator[Any]]:
    answer = client(server, "lambda").invoke_with_response_stream(
        FunctionName=name, Payload=json.dumps(event).encode(), **more
    )
    return answer, iter(answer["EventStream"])


def test_what_is_written_is_there_before_the_function_has_ended(server: LocalServer, gate: Gate) -> None:
    answer, events = streamed(server, "streams", f"stream plain {gate.port}", LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert next(events) == {"PayloadChunk": {"Payload": b"first "}}
    gate.let_on("second")
    assert next(events) == {"PayloadChunk": {"Payload": b"second"}}
    (end,) = events
    assert set(end["InvokeComplete"]) == {"LogResult"}


@pytest.mark.parametrize(
    ("kind", "code"), [("exit", "Runtime.ExitError"), ("cut", "Runtime.TruncatedResponse")]
)
def test_a_function_that_fails_while_it_answers_says_so_at_the_end(
    server: LocalServer, gate: Gate, kind: str, code: str
) -> None:
    _, events = streamed(server, "streams", f"stream {kind} {gate.port}")
    assert next(events) == {"PayloadChunk": {"Payload": b"first "}}
    gate.let_on("second")
    *_, end = events
    assert end["InvokeComplete"]["ErrorCode"] == code
    assert json.loads(end["InvokeComplete"]["ErrorDetails"])["errorType"] == code


def test_a_runtime_that_does_not_stream_gives_one_piece(server: LocalServer) -> None:
    _, events = streamed(server, "whole", {"a": 1})
    assert [*events] == [{"PayloadChunk": {"Payload": b'{"a": 1}'}}, {"InvokeComplete": {}}]
    _, events = streamed(server, "whole", 0)
    (end,) = events
    assert end["InvokeComplete"]["ErrorCode"] == "ZeroDivisionError"
    assert json.loads(end["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "division by zero"


def test_a_streaming_function_is_invoked_whole_as_well(server: LocalServer, gate: Gate) -> None:
    answer = client(server, "lambda").invoke(
        FunctionName="streams", InvocationType="DryRun", Payload=json.dumps(f"stream plain {gate.port}")
    )
    assert answer["StatusCode"] == 204
    assert run(server, "streams", 5)["Payload"] == 5


def test_refusals_are_not_streamed(server: LocalServer) -> None:
    for name, payload, code in (
        ("nowhere", b"1", "ResourceNotFoundException"),
        ("whole", b"no json", "InvalidRequestContentException"),
    ):
        with pytest.raises(ClientError) as raised:
            client(server, "lambda").invoke_with_response_stream(FunctionName=name, Payload=payload)
        assert raised.value.response["Error"]["Code"] == code
    aws = client(server, "lambda")
    aws.put_function_concurrency(FunctionName="whole", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="Rate Exceeded"):
        streamed(server, "whole", 1)
    aws.delete_function_concurrency(FunctionName="whole")
    answer, events = streamed(server, "whole", 1, InvocationType="DryRun")
    assert (answer["StatusCode"], [*events]) == (204, [])
    answer["EventStream"].close()


@contextlib.contextmanager
def asked(url: str, event: str) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("POST", parts.path, event.encode(), {"content-type": "text/plain"})
    with contextlib.closing(connection), connection.getresponse() as answer:
        yield answer


def test_a_url_that_streams_sends_on_what_is_written(server: LocalServer, gate: Gate) -> None:
    aws = client(server, "lambda")
    made = aws.create_function_url_config(
        FunctionName="streams", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )
    assert made["InvokeMode"] == "RESPONSE_STREAM"
    open_to_all(server, "streams")
    url = made["FunctionUrl"]
    with asked(url, f"stream plain {gate.port}") as plain:
        assert (plain.status, plain.headers["content-type"]) == (200, "text/own")
        assert plain.read(6) == b"first "
        gate.let_on("second")
        assert plain.read() == b"second"

    with asked(url, f"stream described {gate.port}") as described:
        shown = described.headers
        assert (described.status, shown["x-own"], shown["set-cookie"]) == (207, "yes", "a=b")
        assert described.read(6) == b"first "
        gate.let_on("second")
        assert described.read() == b"second"

    with asked(url, f"stream exit {gate.port}") as failing:
        assert failing.read(6) == b"first "
        gate.let_on("second")
        with pytest.raises(http.client.IncompleteRead):
            failing.read()

    with asked(url, "anything") as whole:
        assert whole.read().startswith(b"{")
    changed = aws.update_function_url_config(FunctionName="streams", InvokeMode="BUFFERED")
    assert changed["InvokeMode"] == "BUFFERED"


def test_who_reads_no_further_lets_the_function_go_on(server: LocalServer, gate: Gate) -> None:
    answer, events = streamed(server, "streams", f"stream plain {gate.port}")
    assert next(events)
    answer["EventStream"].close()
    gate.let_on("second")
    server.settle()
    assert run(server, "streams", 1)["Payload"] == 1
