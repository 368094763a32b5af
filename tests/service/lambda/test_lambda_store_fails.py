"""A store that refuses for a while ends no mapping, loses no run's record and no line of a log."""

import asyncio
import json
from typing import Any

import pytest
from tests.kit.functions import SQS, client, make_function, make_queue, receive
from tests.kit.refusing import Refusing

from penstock.testing import LocalServer

TELLS = """
import boto3, json
def handler(event, context):
    print("ran")
    bodies = [record["body"] for record in event["Records"]]
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(bodies))
"""


@pytest.mark.parametrize(
    "named",
    [
        "lambda_.sources.poller._find",
        "lambda_.sources.poller._set_result",
        "sqs.messages.receive._take_from",
        "sqs.messages.delete._delete_all",
        "delivery.attempts.record_attempt",
        "logs.api.put_events._admit",
        "logs.storing.store_events",
    ],
)
def test_a_mapping_outlives_a_store_that_refuses_for_a_while(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    name = named.replace(".", "-")
    url, arn = make_queue(server, f"{name}-source")
    told_url, _ = make_queue(server, f"{name}-told")
    make_function(server, name, TELLS % told_url, may=SQS, Timeout=20)
    client(server, "lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)
    server.settle()
    refusing = Refusing(server, named, times=2)
    with monkeypatch.context() as patch:
        patch.setattr(server.app.store, "read", refusing.read)
        patch.setattr(server.app.store, "write", refusing.write)
        client(server, "sqs").send_message(QueueUrl=url, MessageBody="one")
        server.settle()
        for _ in range(5):
            server.advance(31)
            server.settle()
    assert refusing.left == 0

    server.advance(31)
    server.settle()
    assert [json.loads(message["Body"]) for message in receive(server, told_url)] == [["one"]]
    events = client(server, "logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="ran")
    assert len(events["events"]) == 1
    client(server, "sqs").send_message(QueueUrl=url, MessageBody="two")
    server.settle()
    assert [json.loads(message["Body"]) for message in receive(server, told_url)] == [["two"]]


def test_a_run_is_in_the_ledger_although_the_store_refused_it_at_first(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_function(server, "recorded", "def handler(event, context):\n    pass\n")
    refusing = Refusing(server, "attempts.record_attempt", times=2)
    written = []
    write = refusing.write

    async def noted(fn: Any, *args: Any, **kwargs: Any) -> Any:
        result = await write(fn, *args, **kwargs)
        written.append(getattr(fn, "__name__", ""))
        return result

    monkeypatch.setattr(server.app.store, "write", noted)
    client(server, "lambda").invoke(FunctionName="recorded")
    server.settle()

    assert refusing.left == 0
    assert written.count("record_attempt") == 1


def test_a_mapping_that_was_made_while_the_store_refused_is_read(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, arn = make_queue(server, "made-source")
    told_url, _ = make_queue(server, "made-told")
    make_function(server, "made", TELLS % told_url, may=SQS, Timeout=20)
    monkeypatch.setattr(server.app.store, "read", Refusing(server, "find_mapping", times=1).read)

    client(server, "lambda").create_event_source_mapping(FunctionName="made", EventSourceArn=arn)
    client(server, "sqs").send_message(QueueUrl=url, MessageBody="one")
    server.settle()

    assert [json.loads(message["Body"]) for message in receive(server, told_url)] == [["one"]]


class SlowToTell:
    """The server's store, whose takes from queues are committed, but not told before ``told`` is set."""

    def __init__(self, server: LocalServer) -> None:
        self._write = server.app.store.write
        self.taken, self.told = asyncio.Event(), asyncio.Event()

    async def write(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        result = await self._write(fn, *args, **kwargs)
        if fn.__name__ == "_take_from":
            self.taken.set()
            await self.told.wait()
        return result


def test_a_mapping_that_rests_gives_back_what_its_long_poll_was_about_to_hand_out(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, arn = make_queue(server, "rests-source")
    make_function(server, "rests", TELLS % url, may=SQS, Timeout=20)
    client(server, "lambda").create_event_source_mapping(FunctionName="rests", EventSourceArn=arn)
    server.settle()
    slow = SlowToTell(server)
    with monkeypatch.context() as patch:
        patch.setattr(server.app.store, "write", slow.write)
        patch.setattr(server.app.store, "read", Refusing(server, "poller._find", times=1 << 30).read)
        client(server, "sqs").send_message(QueueUrl=url, MessageBody="one")
        server.wait(slow.taken.wait())
        server.settle()
        server.wait(tell(slow))

        (message,) = client(server, "sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"]
        )["Messages"]

    assert message["Body"] == "one"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


async def tell(slow: SlowToTell) -> None:
    slow.told.set()
