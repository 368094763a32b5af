"""``penstock rules set``: how urgent a rule's events are, and which of them keep their order."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.buses import Inbox, events_may_send, make_listener, put_event, put_rule
from tests.kit.cli import run_cli
from tests.kit.functions import SQS, arrive, client, make_function, make_queue, receive
from tests.kit.policies import document, s3_may_send

from penstock.delivery import Priority
from penstock.errors import StartError
from penstock.testing import LocalServer

NOBODY = document({"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"})


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server whose time stands still unless a test moves it: what waits for another try waits."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def let_in(server: LocalServer, url: str, policy: str) -> None:
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def keys(messages: list[dict[str, Any]]) -> list[str]:
    return [
        record["s3"]["object"]["key"] for m in messages for record in json.loads(m["Body"]).get("Records", ())
    ]


def tell(server: LocalServer, rule: str, *options: str) -> str:
    return run_cli(server, "rules", "set", rule, *options)[0]


def test_the_events_of_a_key_keep_their_order_and_what_waits_is_explained(server: LocalServer) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="ordered")
    url, arn = make_queue(server, "ordered")
    let_in(server, url, s3_may_send())
    run_cli(server, "rules", "add", "ordered", "--target", arn, "--id", "all")
    out = tell(server, "ordered/all", "--priority", "low", "--group-key", "key")
    assert out.endswith(f"→ {arn}, low priority, in order by key\n")
    given = s3.get_bucket_notification_configuration(Bucket="ordered")
    s3.put_bucket_notification_configuration(
        Bucket="ordered", NotificationConfiguration={"QueueConfigurations": given["QueueConfigurations"]}
    )
    assert ", low priority, in order by key" in run_cli(server, "rules", "list", "ordered")[0]
    receive(server, url)
    let_in(server, url, NOBODY)
    s3.put_object(Bucket="ordered", Key="a", Body=b"1")
    let_in(server, url, s3_may_send())
    s3.put_object(Bucket="ordered", Key="b", Body=b"1")
    s3.put_object(Bucket="ordered", Key="a", Body=b"2")
    assert keys(receive(server, url)) == ["b"]
    targets = run_cli(server, "targets")[0]
    assert "2 of low priority by their rule" in targets and "1 behind others of their group" in targets
    traced = " ".join(run_cli(server, "trace", "s3://ordered/a")[0].split())
    assert "behind another of its group a" in traced and "low priority, in order by key: matched" in traced
    why = " ".join(run_cli(server, "why", "s3://ordered/a", "--target", arn)[0].split())
    assert "it is behind another one of the group a; its rule says that it is of low priority" in why
    server.advance(1)
    server.settle()
    assert keys(receive(server, url)) == ["a", "a"]
    tell(server, "ordered/all", "--priority", "none", "--group-key", "none")
    assert run_cli(server, "rules", "list", "ordered")[0].endswith(f"→ {arn}\n")


def test_the_rule_of_a_bus_keeps_the_order_of_what_its_member_names(server: LocalServer) -> None:
    inbox = Inbox(server, "orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    arn = put_rule(server, "orders", {"Arn": inbox.arn, "SqsParameters": {"MessageGroupId": "all"}})
    assert tell(server, arn, "--group-key", "detail.id", "--priority", "high") == (
        f"{arn}, high priority, in order by detail.id\n"
    )
    assert tell(server, arn, "--priority", "none") == f"{arn}, in order by detail.id\n"
    tags = client(server, "events").list_tags_for_resource(ResourceARN=arn)["Tags"]
    assert tags == [{"Key": "penstock:group-key", "Value": "detail.id"}]
    let_in(server, inbox.url, NOBODY)
    put_event(server, "orders", {"id": 1, "step": 1})
    let_in(server, inbox.url, events_may_send())
    put_event(server, "orders", {"id": 1, "step": 2})
    put_event(server, "orders", {"id": 2, "step": 1})
    put_event(server, "orders", {"step": 0})
    assert [event["detail"] for event in inbox.bodies()] == [{"id": 2, "step": 1}, {"step": 0}]
    server.advance(60)
    server.settle()
    assert [event["detail"]["step"] for event in inbox.bodies()] == [1, 2]


def test_a_function_runs_for_one_of_a_group_at_a_time(server: LocalServer) -> None:
    arn = make_listener(server, "turns")
    assert tell(server, arn, "--group-key", "detail.id") == f"{arn}, in order by detail.id\n"
    put_rule(server, "turns", {"Arn": arn})
    client(server, "lambda").put_function_concurrency(FunctionName="turns", ReservedConcurrentExecutions=1)
    for step in range(5):
        put_event(server, "turns", {"id": 1, "step": step})
    server.settle()
    assert server.app.delivery.lanes.backlog == 0


def test_a_mapping_of_low_priority_does_not_read_while_something_urgent_runs(server: LocalServer) -> None:
    made = make_function(server, "patient", "def handler(event, context):\n    pass\n", may=SQS)
    url, source_arn = make_queue(server, "patient")
    lanes = server.app.delivery.lanes
    lanes.press("something urgent")
    try:
        mapping = client(server, "lambda").create_event_source_mapping(
            FunctionName="patient",
            EventSourceArn=source_arn,
            Tags={"penstock:priority": "low", "penstock:group-key": "order"},
        )
        arrive(server)
        client(server, "sqs").send_message(QueueUrl=url, MessageBody='{"order": 1}')
        found = client(server, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert found["ApproximateNumberOfMessages"] == "1"
    finally:
        lanes.relax("something urgent")
    server.advance(1)
    server.settle()
    found = client(server, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["ApproximateNumberOfMessages"] == "0"
    assert tell(server, mapping["EventSourceMappingArn"], "--priority", "high").endswith(
        "high priority, in order by order\n"
    )
    arrive(server)
    client(server, "sqs").send_message(QueueUrl=url, MessageBody='{"order": 1}')
    server.settle()
    assert not lanes.puts_off(Priority.LOW)
    assert made["FunctionName"] == "patient"


def test_what_no_rule_can_have_is_refused(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="refused")
    with pytest.raises(StartError, match="NoSuchRule"):
        tell(server, "refused/none", "--priority", "low")
    arn = put_rule(server, "refused")
    for options in (("--priority", "urgent"), ("--group-key", "a b"), ("--group-key", "$.detail")):
        with pytest.raises(StartError, match="ValidationError"):
            tell(server, arn, *options)
    for wrong in (
        "arn:aws:events:us-east-1:000000000000:event-bus/default",
        "arn:aws:sqs:us-east-1:000000000000:q",
        "arn:x",
        "arn:aws:events:us-east-1:000000000000:rule/none",
    ):
        with pytest.raises(StartError):
            tell(server, wrong, "--priority", "low")
