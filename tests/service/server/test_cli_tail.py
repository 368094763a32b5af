"""``penstock events tail``: what happens is told, filtered, in its order; who falls behind is told what was missed."""

import json
import threading
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import client, let_s3_invoke, make_function, make_queue
from tests.kit.policies import document, s3_may_send

from penstock.delivery.ledger import Q
from penstock.delivery.telling import tail
from penstock.errors import StartError
from penstock.testing import LocalServer

OPEN = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
BOOM = "def handler(event, context): raise ValueError('boom')"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def ask(server: LocalServer, **args: str) -> dict[str, Any]:
    answer: dict[str, Any] = server.wait(server.app.tail.answer(args))
    return answer


def read_on(server: LocalServer, place: str, **args: str) -> list[dict[str, Any]]:
    """Returns all entries behind the place that there are now."""
    found: list[dict[str, Any]] = []
    while place != (newest := ask(server)["next"]):
        answer = ask(server, after=place, **args)
        found += answer["entries"]
        place = answer["next"]
        assert newest
    return found


def notify(server: LocalServer, bucket: str, **member: str) -> None:
    ((name, arn),) = member.items()
    client(server, "s3").create_bucket(Bucket=bucket)
    kind = {"QueueArn": "Queue", "TopicArn": "Topic", "LambdaFunctionArn": "LambdaFunction"}[name]
    rule = {name: arn, "Events": ["s3:ObjectCreated:*"]}
    client(server, "s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={f"{kind}Configurations": [rule]}
    )


def test_a_change_its_delivery_and_what_a_filter_passed_over_are_told_at_once(server: LocalServer) -> None:
    topic = client(server, "sns").create_topic(Name="told", Attributes={"Policy": OPEN})["TopicArn"]
    for attributes in ({}, {"FilterPolicy": '{"x": ["y"]}'}):
        name = f"told-{len(attributes)}"
        _, endpoint = make_queue(server, name, Policy=OPEN)
        client(server, "sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=endpoint, Attributes=attributes
        )
    notify(server, "told", TopicArn=topic)
    place = ask(server)["next"]
    client(server, "s3").put_object(Bucket="told", Key="in/a\x1b[0m", Body=b"x")
    entries = ask(server, after=place, bucket="told")["entries"]
    assert [(entry["outcome"], (entry["target"] or "").rsplit(":", 1)[-1]) for entry in entries] == [
        ("recorded", ""),
        ("delivered", "told"),
        ("delivered", "told-0"),
        ("filtered", "told-1"),
    ]
    out, _ = run_cli(server, "events", "tail", "--bucket", "told", "--last", "100", "--count", "4")
    assert "\x1b" not in out and "ObjectCreated:Put s3://told/in/a\\x1b[0m → arn:aws:sqs" in out
    out, _ = run_cli(
        server, "events", "tail", "--outcome", "filtered", "--last", "100", "--count", "1", "--json"
    )
    assert json.loads(out)["error"].startswith("the filter policy does not match: x: wanted")


def test_bucket_key_type_target_and_outcome_choose_what_is_told(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.app.tail._WAIT_S", 0)
    _, arn = make_queue(server, "chosen", Policy=s3_may_send())
    notify(server, "chosen", QueueArn=arn)
    place = ask(server)["next"]
    s3 = client(server, "s3")
    for key in ("in/a.csv", "in/b.txt", "out/a.csv"):
        s3.put_object(Bucket="chosen", Key=key, Body=b"x")
    s3.delete_object(Bucket="chosen", Key="in/a.csv")

    def told(**args: str) -> list[tuple[str, str, str]]:
        return [
            (entry["event"], entry["key"], entry["outcome"])
            for entry in read_on(server, place, bucket="chosen", **args)
        ]

    assert len(told()) == 7
    assert [key for _, key, _ in told(key="in/*.csv", outcome="recorded")] == ["in/a.csv", "in/a.csv"]
    assert told(type="s3:ObjectRemoved:*") == [("ObjectRemoved:Delete", "in/a.csv", "recorded")]
    assert [outcome for *_, outcome in told(target=arn)] == ["delivered"] * 3
    assert told(target="arn:aws:sns:*") == []


def test_tries_of_a_function_are_told_until_it_is_dead(server: LocalServer) -> None:
    arn = make_function(server, "tried", BOOM)["FunctionArn"]
    let_s3_invoke(server, "tried")
    notify(server, "tried", LambdaFunctionArn=arn)
    place = ask(server)["next"]
    client(server, "s3").put_object(Bucket="tried", Key="k", Body=b"x")
    server.settle()
    first = read_on(server, place, bucket="tried")
    for seconds in (61, 121):
        server.advance(seconds)
        server.settle()
    entries = read_on(server, place, bucket="tried", target=arn)
    assert [entry["outcome"] for entry in first] == ["recorded", "retrying"]
    assert [entry["outcome"] for entry in entries] == ["retrying", "retrying", "dead"]
    assert "boom" in entries[-1]["error"]


def test_who_waits_is_woken_by_what_is_written(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="woken")
    place = ask(server)["next"]
    heard: list[dict[str, Any]] = []
    reader = threading.Thread(
        target=lambda: heard.extend(ask(server, after=place, bucket="woken")["entries"])
    )
    reader.start()
    client(server, "s3").put_object(Bucket="woken", Key="k", Body=b"x")
    reader.join()
    assert [entry["key"] for entry in heard] == ["k"]


def test_who_is_far_behind_is_told_how_much_was_missed(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client(server, "s3").create_bucket(Bucket="behind")
    place = ask(server)["next"]
    for number in range(8):
        client(server, "s3").put_object(Bucket="behind", Key=str(number), Body=b"x")
    monkeypatch.setattr(tail, "MAX_BEHIND", 5)
    answer = ask(server, after=place, bucket="behind")
    told = [entry["key"] for entry in answer["entries"] + read_on(server, answer["next"], bucket="behind")]
    assert (
        answer["missed"] >= 3
        and told == [str(number) for number in range(8)][-len(told) :]
        and len(told) <= 5
    )
    monkeypatch.setattr(tail, "MAX_BEHIND", 10_000)
    assert len(read_on(server, place, bucket="behind")) == 8


def test_what_comes_behind_a_number_that_may_still_come_is_held_for_two_seconds(server: LocalServer) -> None:
    store, wanted = server.app.store, tail.Wanted("held")
    client(server, "s3").create_bucket(Bucket="held")
    server.clock.freeze()
    try:
        place = server.wait(store.read(tail.end))
        for key in ("a", "b"):
            client(server, "s3").put_object(Bucket="held", Key=key, Body=b"x")
        first = server.wait(store.read(lambda tx: tx.one(Q.find_object_events, "held", "a", 2**62, 1)[0]))
        server.wait(store.write(lambda tx: tx.run(Q.delete_event, first)))
        page = server.wait(store.read(tail.page, place, wanted))
        assert (page.entries, page.place, page.is_held) == ([], place, True)
        server.advance(3)
        page = server.wait(store.read(tail.page, place, wanted))
        assert ([entry["key"] for entry in page.entries], page.is_held) == (["b"], False)
    finally:
        server.clock.resume()


def test_a_place_behind_the_end_is_taken_for_the_end(server: LocalServer) -> None:
    end = server.wait(server.app.store.read(tail.end))
    page = server.wait(server.app.store.read(tail.page, tail.Place(end.event + 9, 10**17), tail.Wanted()))
    assert (page.place, page.missed, page.entries) == (end, 0, [])


@pytest.mark.parametrize("after", ["x", "1", "1.", "-1.0", "9" * 40 + ".1", "1.1;", "١.١"])
def test_a_place_that_is_none_is_refused(server: LocalServer, after: str) -> None:
    with pytest.raises(Exception, match="after must be a place"):
        ask(server, after=after)


def test_an_outcome_that_is_none_is_refused(server: LocalServer) -> None:
    with pytest.raises(StartError, match="outcome is one of"):
        run_cli(server, "events", "tail", "--outcome", "lost", "--count", "1")
