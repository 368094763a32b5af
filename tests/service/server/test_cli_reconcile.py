"""``penstock reconcile``: objects without an event get one, what is dead is sent again, and nothing else is touched."""

import json
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import client, make_queue, receive
from tests.kit.policies import s3_may_send

from penstock.delivery.ledger import Q
from penstock.errors import StartError
from penstock.services.s3 import reconcile
from penstock.store import Tx
from penstock.testing import LocalServer


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def watched(server: LocalServer, name: str) -> tuple[str, str]:
    """Returns URL and ARN of a queue that gets the events of new objects of the new bucket."""
    url, arn = make_queue(server, name, Policy=s3_may_send())
    client(server, "s3").create_bucket(Bucket=name)
    run_cli(server, "rules", "add", name, "--target", arn)
    receive(server, url)
    return url, arn


def put(server: LocalServer, bucket: str, *keys: str) -> None:
    for key in keys:
        client(server, "s3").put_object(Bucket=bucket, Key=key, Body=b"x")


def lose_event(server: LocalServer, bucket: str, key: str) -> None:
    """Takes the newest event of the object out of the ledger."""

    def lose(tx: Tx) -> None:
        row = tx.one(Q.find_object_events, bucket, key, 2**62, 1)
        assert row is not None
        tx.run(Q.delete_event, row[0])

    server.wait(server.app.store.write(lose))


def keys(messages: list[dict[str, Any]]) -> list[str]:
    return sorted(json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] for message in messages)


def test_an_object_without_an_event_gets_one(server: LocalServer) -> None:
    url, _ = watched(server, "lost")
    put(server, "lost", "a", "b\x1b", "c")
    receive(server, url)
    lose_event(server, "lost", "b\x1b")
    out, _ = run_cli(server, "reconcile", "--bucket", "lost")
    assert (
        out == "s3://lost/b\\x1b: no event\n3 objects: 2 complete, 1 no event; 1 to send, --yes sends them\n"
    )
    assert receive(server, url) == []
    out, _ = run_cli(server, "reconcile", "--yes")
    assert "s3://lost/b\\x1b: no event\n" in out and out.endswith("; 1 to send, sent\n")
    (message,) = receive(server, url)
    (record,) = json.loads(message["Body"])["Records"]
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "b%1B")
    assert (record["s3"]["object"]["size"], len(record["s3"]["object"]["eTag"])) == (1, 32)
    assert run_cli(server, "reconcile", "--bucket", "lost")[0] == "3 objects: 3 complete; 0 to send\n"


def test_versions_and_replaced_objects_are_told_by_what_is_stored_now(server: LocalServer) -> None:
    url, _ = watched(server, "versions")
    put(server, "versions", "replaced")
    client(server, "s3").put_object(Bucket="versions", Key="replaced", Body=b"new")
    client(server, "s3").put_bucket_versioning(
        Bucket="versions", VersioningConfiguration={"Status": "Enabled"}
    )
    put(server, "versions", "kept", "kept", "deleted")
    client(server, "s3").delete_object(Bucket="versions", Key="deleted")
    lose_event(server, "versions", "kept")
    receive(server, url)
    lines = run_cli(server, "reconcile", "--bucket", "versions", "--json")[0].splitlines()
    assert [(entry["key"], entry["coverage"]) for entry in map(json.loads, lines)] == [("kept", "no event")]
    lose_event(server, "versions", "replaced")
    assert "s3://versions/replaced: no event" in run_cli(server, "reconcile", "--bucket", "versions")[0]


def test_what_waits_is_left_and_what_is_dead_is_sent_again(server: LocalServer) -> None:
    url, _ = watched(server, "dead")
    sqs = client(server, "sqs")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    put(server, "dead", "k")
    assert "1 objects: 1 waiting; 0 to send" in run_cli(server, "reconcile", "--bucket", "dead", "--yes")[0]
    for _ in range(30):
        server.advance(3600)
        server.settle()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send()})
    assert "s3://dead/k: dead\n" in run_cli(server, "reconcile", "--bucket", "dead", "--yes")[0]
    server.settle()
    assert keys(receive(server, url)) == ["k"]


def test_what_is_older_than_the_ledger_is_no_sign_of_a_loss(server: LocalServer) -> None:
    watched(server, "old")
    put(server, "old", "k")
    lose_event(server, "old", "k")
    server.advance(15 * 86_400)
    assert run_cli(server, "reconcile", "--bucket", "old")[0] == "1 objects: 1 too old; 0 to send\n"


def test_many_objects_are_compared_in_steps(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "_STEP_KEYS", 3)
    url, _ = watched(server, "many")
    names = [f"{folder}/{number}" for folder in "ab" for number in range(7)]
    put(server, "many", *names)
    for name in names:
        lose_event(server, "many", name)
    receive(server, url)
    assert "7 objects: 7 no event" in run_cli(server, "reconcile", "--bucket", "many", "--prefix", "a/")[0]
    monkeypatch.setattr(reconcile, "_STEP_EVENTS", 2)
    run_cli(server, "reconcile", "--bucket", "many", "--yes")
    assert keys(receive(server, url)) == names


def test_a_bucket_that_is_not_there_is_said_to_be_none(server: LocalServer) -> None:
    with pytest.raises(StartError, match="NoSuchBucket"):
        run_cli(server, "reconcile", "--bucket", "nowhere\x07")


def test_what_the_rules_of_today_would_take_is_found_and_sent_once(server: LocalServer) -> None:
    url, _ = watched(server, "today")
    put(server, "today", "in/a", "out/b")
    later_url, later = make_queue(server, "today-later", Policy=s3_may_send())
    run_cli(server, "rules", "remove", "today", rule_of(server, "today"))
    run_cli(server, "rules", "add", "today", "--target", later, "--prefix", "in/", "--id", "later")
    receive(server, url)
    receive(server, later_url)
    asked = ("reconcile", "--bucket", "today", "--rules")
    assert run_cli(server, *asked, "then")[0] == "2 objects: 2 complete; 0 to send\n"
    out, _ = run_cli(server, *asked, "now")
    assert (
        out
        == "s3://today/in/a: missed by later\n2 objects: 1 complete, 1 missed; 1 to send, --yes sends them\n"
    )
    assert receive(server, later_url) == []
    run_cli(server, *asked, "now", "--yes")
    assert run_cli(server, *asked, "now", "--yes")[0] == "2 objects: 2 complete; 0 to send\n"
    (message,) = receive(server, later_url)
    assert keys([message]) == ["in/a"] and "PenstockReplay" in message["MessageAttributes"]
    assert receive(server, url) == []
    with pytest.raises(StartError, match="rules must be then or now"):
        run_cli(server, *asked, "tomorrow")


def rule_of(server: LocalServer, bucket: str) -> str:
    (line,) = run_cli(server, "rules", "list", bucket, "--json")[0].splitlines()
    return str(json.loads(line)["id"])
