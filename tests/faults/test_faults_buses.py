"""Servers that are killed between the steps of a bus's fan-out: every target gets the event once, or none does."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from tests.faults.faulty import FaultyServer
from tests.kit.buses import events_may_send

pytestmark = [pytest.mark.crash, pytest.mark.embedded]

_RULES, _TARGETS = 90, 5  # more than one commit takes: two steps follow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    made = FaultyServer(tmp_path_factory.mktemp("buses") / "data")
    made.start()
    yield made
    if made.runs():
        made.kill9()


@pytest.fixture(scope="module")
def queues(server: FaultyServer) -> None:
    """Queues that are the targets of many rules each."""
    sqs, events = server.client("sqs"), server.client("events")
    for number in range(_TARGETS):
        sqs.create_queue(QueueName=f"b{number}", Attributes={"Policy": events_may_send()})
    arn = "arn:aws:sqs:us-east-1:000000000000:b"
    targets = [{"Id": str(number), "Arn": f"{arn}{number}"} for number in range(_TARGETS)]
    for number in range(_RULES):
        events.put_rule(Name=f"r{number}", EventPattern=json.dumps({"source": ["wide"]}))
        events.put_targets(Rule=f"r{number}", Targets=targets)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_fan_out_goes_on_after_a_kill(server: FaultyServer, queues: None, n: int) -> None:
    kind = f"killed in place of sync {n}"
    server.die_at("fsync", "*/penstock.db-wal", n)
    put = _put(server.client("events"), kind)
    server.finish_after_a_kill()
    counts = {_received(server.client("sqs"), name)[kind] for name in range(_TARGETS)}
    assert counts in ([{_RULES}] if put else [{0}, {_RULES}])


def _put(events: Any, kind: str) -> bool:
    """Returns whether the server has said that it has the event."""
    try:
        events.put_events(Entries=[{"Source": "wide", "DetailType": kind, "Detail": "{}"}])
    except botocore.exceptions.BotoCoreError:
        return False
    return True


def _received(sqs: Any, number: int) -> Counter[str]:
    """Returns how often each kind of event is in the queue; nobody finds it there again for a while."""
    url = f"{sqs.meta.endpoint_url}/000000000000/b{number}"
    found: Counter[str] = Counter()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(json.loads(message["Body"])["detail-type"] for message in messages)
    return found
