"""Places for workers are shared: whoever is slow, or has much to do, does not keep the others from running."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.kit.functions import SQS, client, make_function, make_queue, run

from penstock.services.lambda_ import service
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

SLOW = "import time\ndef handler(event, context):\n    time.sleep(30)\n"
QUICK = "def handler(event, context):\n    return event\n"
TELLS = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody="ran")
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server whose end does not wait for what is slow."""
    monkeypatch.setattr(service, "_GRACE_S", 0.01)
    with LocalServer() as running:
        yield running


def wait_until(server: LocalServer, happened: Callable[[], bool]) -> None:
    async def looks() -> None:
        while not happened():
            await server.clock.elapse(0.001)

    server.wait(looks())


def pool_of(server: LocalServer) -> Any:
    return server.app.service("lambda").state.pool


def occupy(server: LocalServer, name: str, events: int) -> None:
    """Returns when the function ``name`` has all the places that its events can have."""
    for _ in range(events):
        client(server, "lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"1")
    wait_until(server, lambda: bool(pool_of(server)._line))


def test_one_slow_function_with_many_events_kept_all_places_and_others_waited(server: LocalServer) -> None:
    url, _ = make_queue(server, "told")
    make_function(server, "slow", SLOW, Timeout=60)
    make_function(server, "quick", QUICK)
    make_function(server, "tells", TELLS, may=SQS, Timeout=20)
    occupy(server, "slow", 50)
    begun_ns = server.clock.stopwatch_ns()

    assert run(server, "quick", "at once")["Payload"] == "at once"
    client(server, "lambda").invoke(FunctionName="tells", InvocationType="Event", Payload=f'"{url}"'.encode())
    assert client(server, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]

    assert server.clock.stopwatch_ns() - begun_ns < 15e9


def test_callers_of_one_function_leave_a_place_for_another(server: LocalServer) -> None:
    make_function(server, "busy", SLOW, Timeout=60)
    make_function(server, "free", QUICK)
    client(server, "lambda")
    threads = ThreadPoolExecutor(12)
    calls = [threads.submit(run, server, "busy") for _ in range(12)]
    wait_until(server, lambda: bool(pool_of(server)._line))

    assert run(server, "free", 1)["Payload"] == 1

    assert not any(call.done() for call in calls)
    threads.shutdown(wait=False)


def test_a_caller_that_hangs_up_leaves_the_line(server: LocalServer) -> None:
    make_function(server, "held", SLOW, Timeout=60)
    url = f"{server.endpoint}/2015-03-31/functions/held/invocations"
    request = AWSRequest("POST", url, data=b"{}", headers={"Host": url.split("/")[2]})
    SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET), "lambda", REGION).add_auth(request)
    pool = pool_of(server)

    def call() -> None:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(url, content=b"{}", headers=dict(request.headers), timeout=httpx.Timeout(5, read=1))

    with ThreadPoolExecutor(10) as threads:
        calls = [threads.submit(call) for _ in range(10)]
        wait_until(server, lambda: bool(pool._line))
        for ended in calls:
            ended.result()
    wait_until(server, lambda: not pool._line)

    assert pool._line.granted == 7, "what runs goes on"
