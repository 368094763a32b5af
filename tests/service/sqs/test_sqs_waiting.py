"""Long polling: receivers that wait are woken by a commit or by the clock, in the order in which they came."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from penstock.access import Principal
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def url(sqs: Any, request: pytest.FixtureRequest) -> str:
    """A queue of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-80:]
    return sqs.create_queue(QueueName=name)["QueueUrl"]


@pytest.fixture(scope="module", autouse=True)
def still(server: LocalServer) -> Iterator[None]:
    """Stops the server's time, so that no wait ends by itself."""
    server.clock.freeze()
    yield
    server.clock.resume()


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


class Receivers:
    """Receivers in threads, each known to wait before the next one comes."""

    def __init__(self, server: LocalServer, threads: ThreadPoolExecutor, client: Any, url: str) -> None:
        self.server, self.threads, self.url = server, threads, url
        self.client = client

    def join(self, **options: Any) -> "Future[list[str]]":
        before = len(self.server.app.service("sqs").state.lines)
        receiver = self.threads.submit(self._receive, {"WaitTimeSeconds": 20, **options})
        self.until(before + 1)
        return receiver

    def until(self, count: int) -> None:
        """Returns when ``count`` receivers wait."""

        async def waiting() -> None:
            while len(self.server.app.service("sqs").state.lines) != count:  # noqa: ASYNC110 - nothing tells who begins to wait
                await asyncio.sleep(0)

        self.server.wait(waiting())

    def _receive(self, options: dict[str, Any]) -> list[str]:
        answer = self.client.receive_message(QueueUrl=self.url, **options)
        return [message["Body"] for message in answer.get("Messages", [])]


@pytest.fixture
def receivers(server: LocalServer, threads: ThreadPoolExecutor, sqs: Any, url: str) -> Receivers:
    return Receivers(server, threads, sqs, url)


def test_a_message_that_arrives_ends_the_wait(receivers: Receivers, sqs: Any, url: str) -> None:
    receiver = receivers.join()
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert receiver.result() == ["hello"]


def test_the_wait_time_of_the_queue_holds_when_none_is_asked_for(
    receivers: Receivers, sqs: Any, url: str
) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "20"})
    before = receivers.threads.submit(
        lambda: receivers.client.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    )
    receivers.until(1)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert before.result() == "hello"


def test_the_wait_ends_empty_when_its_time_is_over(receivers: Receivers, server: LocalServer) -> None:
    receiver = receivers.join()
    server.advance(21)
    assert receiver.result() == []


def test_a_delayed_message_ends_the_wait_when_it_is_due(
    receivers: Receivers, sqs: Any, url: str, server: LocalServer
) -> None:
    receiver = receivers.join()
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=10)
    server.advance(10)
    assert receiver.result() == ["later"]


def test_a_message_in_flight_ends_the_wait_when_it_is_visible_again(
    receivers: Receivers, sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="again")
    sqs.receive_message(QueueUrl=url, VisibilityTimeout=5)
    receiver = receivers.join()
    server.advance(5)
    assert receiver.result() == ["again"]


def test_a_message_given_back_ends_the_wait(receivers: Receivers, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="back")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    receiver = receivers.join()
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert receiver.result() == ["back"]


def test_each_message_goes_to_whoever_has_waited_longest(receivers: Receivers, sqs: Any, url: str) -> None:
    line = [receivers.join() for _ in range(3)]
    for number, receiver in enumerate(line):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        assert receiver.result() == [str(number)]
        assert not any(other.done() for other in line[number + 1 :])


def test_a_batch_of_messages_wakes_as_many_receivers(receivers: Receivers, sqs: Any, url: str) -> None:
    line = [receivers.join() for _ in range(3)]
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert sorted(body for receiver in line for body in receiver.result()) == ["0", "1", "2"]


def test_messages_due_at_one_moment_wake_as_many_receivers(
    receivers: Receivers, sqs: Any, url: str, server: LocalServer
) -> None:
    entries = [{"Id": str(number), "MessageBody": str(number), "DelaySeconds": 9} for number in range(3)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    line = [receivers.join() for _ in range(3)]
    server.advance(9)
    assert sorted(body for receiver in line for body in receiver.result()) == ["0", "1", "2"]


def test_the_wait_ends_with_the_queue(receivers: Receivers, sqs: Any, url: str) -> None:
    receiver = receivers.join()
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(ClientError, match="The specified queue does not exist"):
        receiver.result()


def test_a_purge_does_not_lose_those_who_wait(receivers: Receivers, sqs: Any, url: str) -> None:
    receiver = receivers.join()
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="after")
    assert receiver.result() == ["after"]


def test_a_receiver_that_was_cancelled_takes_no_message_with_it(
    receivers: Receivers, sqs: Any, url: str, server: LocalServer
) -> None:
    params = {"QueueUrl": url, "WaitTimeSeconds": 20}

    async def start_receiver() -> "asyncio.Task[dict[str, Any]]":
        root = Principal.root(ACCOUNT)
        call = server.app.gateway
        receiving = call("sqs", "ReceiveMessage", params, principal=root, account=ACCOUNT, region="us-east-1")
        return asyncio.get_running_loop().create_task(receiving)

    async def cancel(receiver: "asyncio.Task[dict[str, Any]]") -> None:
        receiver.cancel()

    cancelled = server.wait(start_receiver())
    receivers.until(1)
    patient = receivers.join()
    server.wait(cancel(cancelled))
    sqs.send_message(QueueUrl=url, MessageBody="mine")
    assert patient.result() == ["mine"]


def test_a_receiver_cancelled_during_its_commit_gives_the_message_back(
    sqs: Any, url: str, server: LocalServer
) -> None:
    sqs.send_message(QueueUrl=url, MessageBody="mine")

    async def cancel_during_commit() -> None:
        root = Principal.root(ACCOUNT)
        receiving = server.app.gateway(
            "sqs", "ReceiveMessage", {"QueueUrl": url}, principal=root, account=ACCOUNT, region="us-east-1"
        )
        receiver = asyncio.get_running_loop().create_task(receiving)
        store = server.app.store
        while not getattr(store, "_batch", None) and not getattr(store, "_writing", None):  # noqa: ASYNC110 - the commit is not to be waited for
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        receiver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await receiver

    server.wait(cancel_during_commit())
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"])["Messages"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


def test_a_client_that_hangs_up_leaves_the_line(receivers: Receivers, url: str, server: LocalServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=10)
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    connection.request("POST", "/", body=body, headers=signed_headers(server, body))
    receivers.until(1)
    connection.close()
    receivers.until(0)


def signed_headers(server: LocalServer, body: bytes) -> dict[str, str]:
    """Returns the headers of a ReceiveMessage request with ``body``."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ReceiveMessage"}
    request = AWSRequest("POST", f"{server.endpoint}/", headers=headers, data=body)
    SigV4Auth(server.session().get_credentials(), "sqs", "us-east-1").add_auth(request)
    return dict(request.headers.items())
