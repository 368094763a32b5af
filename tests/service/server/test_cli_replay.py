"""``penstock replay``: recorded changes are shown, then delivered again, marked, once each, also over a restart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import client, make_queue, receive
from tests.kit.policies import document, s3_may_send

from penstock.cli.connection import Connection
from penstock.delivery import replay
from penstock.errors import StartError
from penstock.testing import LocalServer

OPEN = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def queue(server: LocalServer, name: str) -> tuple[str, str]:
    url, arn = make_queue(server, name)
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": OPEN})
    return url, arn


def bucket(server: LocalServer, name: str, *keys: str) -> None:
    server.client("s3").create_bucket(Bucket=name)
    for key in keys:
        server.client("s3").put_object(Bucket=name, Key=key, Body=b"x")


def keys(messages: list[dict[str, Any]]) -> list[str]:
    bodies = [json.loads(message["Body"]) for message in messages]
    return [body["Records"][0]["s3"]["object"]["key"] for body in bodies if "Records" in body]


def test_changes_before_a_rule_are_shown_and_then_delivered_with_a_mark(server: LocalServer) -> None:
    bucket(server, "past", "in/a", "in/b", "out/c")
    url, arn = queue(server, "past")
    run_cli(server, "rules", "add", "past", "--target", arn, "--prefix", "in/", "--id", "it")
    receive(server, url)
    out, _ = run_cli(server, "replay", "--bucket", "past")
    assert [line.split()[2:] for line in out.splitlines()[:-1]] == [
        ["s3://past/in/a", "→", arn],
        ["s3://past/in/b", "→", arn],
    ]
    assert out.endswith("2 would be sent; --yes sends them\n") and receive(server, url) == []
    out, _ = run_cli(server, "replay", "--bucket", "past", "--yes")
    id = out.split()[1].strip(":")
    assert out == f"replay {id}: 2 sent\n"
    messages = receive(server, url)
    assert keys(messages) == ["in/a", "in/b"]
    assert {message["MessageAttributes"]["PenstockReplay"]["StringValue"] for message in messages} == {id}
    (story,) = json.loads(run_cli(server, "trace", "s3://past/in/a", "--json")[0])
    (delivery,) = story["deliveries"]
    assert (delivery["state"], delivery["replay"], delivery["arn"]) == ("delivered", id, arn)
    assert (
        f"in the replay {id}, message {delivery['receipt']}" in run_cli(server, "trace", "s3://past/in/a")[0]
    )
    explained = json.loads(run_cli(server, "why", "s3://past/in/a", "--target", arn, "--json")[0])
    assert explained["verdict"] == "delivered"


def test_bounds_prefix_rule_and_target_choose_what_is_sent(server: LocalServer) -> None:
    _, arn = queue(server, "chosen")
    url, other = queue(server, "other")
    server.client("s3").create_bucket(Bucket="chosen")
    run_cli(server, "rules", "add", "chosen", "--target", arn, "--prefix", "a", "--id", "a")
    s3 = server.client("s3")
    times = []
    for key in ("a1", "b1", "a2", "b2", "a3"):
        server.advance(60)
        times.append(server.app.clock.now().isoformat())
        server.advance(1)
        s3.put_object(Bucket="chosen", Key=key, Body=b"x")

    def sent(*more: str) -> list[str]:
        out, _ = run_cli(server, "replay", "--bucket", "chosen", "--target", other, "--yes", *more)
        found = keys(receive(server, url))
        assert out.endswith(f": {len(found)} sent\n")
        return found

    assert sent() == ["a1", "b1", "a2", "b2", "a3"]
    assert sent("--from", times[1], "--to", times[4]) == ["b1", "a2", "b2"]
    assert sent("--prefix", "b") == ["b1", "b2"]
    assert sent("--rule", "a", "--from", times[2]) == ["a2", "a3"]
    with pytest.raises(StartError, match="NoSuchRule"):
        sent("--rule", "none")


def test_through_a_topic_the_mark_stays_and_a_bus_names_the_replay(server: LocalServer) -> None:
    bucket(server, "ways", "k")
    url, arn = queue(server, "ways")
    topic = client(server, "sns").create_topic(Name="ways", Attributes={"Policy": OPEN})["TopicArn"]
    client(server, "sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    out, _ = run_cli(server, "replay", "--bucket", "ways", "--target", topic, "--yes")
    (message,) = receive(server, url)
    assert message["MessageAttributes"]["PenstockReplay"]["StringValue"] == out.split()[1].strip(":")
    events = client(server, "events")
    events.put_rule(Name="ways", EventPattern=json.dumps({"replay-name": [{"exists": True}]}))
    events.put_targets(Rule="ways", Targets=[{"Id": "t", "Arn": arn}])
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    out, _ = run_cli(server, "replay", "--bucket", "ways", "--target", bus, "--yes")
    (message,) = receive(server, url)
    assert json.loads(message["Body"])["replay-name"] == out.split()[1].strip(":")


def test_a_destination_that_would_refuse_is_said_to_before_anything_is_sent(server: LocalServer) -> None:
    bucket(server, "refused", "k")
    _, arn = make_queue(server, "refused")
    out, _ = run_cli(server, "replay", "--bucket", "refused", "--target", arn)
    assert f"{arn} would refuse it: The policy of the queue" in out
    with pytest.raises(StartError, match="would refuse it"):
        run_cli(server, "replay", "--bucket", "refused", "--target", arn, "--yes")
    with pytest.raises(StartError, match="a destination that is here"):
        run_cli(server, "replay", "--bucket", "refused", "--target", "arn:aws:sms:x:1:y")


def test_a_replay_that_was_cut_off_goes_on_behind_what_it_has_sent(tmp_path: Path) -> None:
    names = [f"k{number:03}" for number in range(60)]
    with LocalServer(data=tmp_path) as first:
        bucket(first, "cut", *names)
        sqs = first.client("sqs")
        url = sqs.create_queue(QueueName="cut", Attributes={"Policy": s3_may_send()})["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:000000000000:cut"
        app = first.app
        begun = first.wait(app.store.write(replay.start, app.delivery, replay.Wanted("cut", target=arn)))
        cut = first.wait(app.store.write(replay.step, app.delivery, begun.id, 7))
        assert (cut.sent, cut.finished_ms) == (7, None)
        with pytest.raises(StartError, match="ReplayUnfinished"):
            run_cli(first, "replay", "--bucket", "cut", "--target", arn, "--yes")
    with LocalServer(data=tmp_path) as second:
        out, _ = run_cli(second, "replay", "--resume", begun.id, "--rate", "100000")
        assert out == f"replay {begun.id}: 60 sent\n"
        assert run_cli(second, "replay", "--resume", begun.id)[0] == out
        url = second.client("sqs").get_queue_url(QueueName="cut")["QueueUrl"]
        assert sorted(keys(receive(second, url))) == names
    with pytest.raises(StartError):
        run_cli(second, "replay", "--resume", begun.id)


def test_a_command_whose_server_goes_says_how_to_go_on_and_does(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"k{number:02}" for number in range(20)]
    bucket(server, "gone", *names)
    url, arn = queue(server, "gone")
    tell, steps = Connection.tell, [0]

    def cut(connection: Connection, name: str, args: Mapping[str, object]) -> dict[str, Any]:
        answer = tell(connection, name, args)
        steps[0] += name == "replay-step"
        if steps[0] == 2:
            raise StartError("no Penstock answers")  # it had sent, and could not say so
        return answer

    monkeypatch.setattr(Connection, "tell", cut)
    with pytest.raises(StartError, match="go on with: penstock replay --resume ") as end:
        run_cli(server, "replay", "--bucket", "gone", "--target", arn, "--yes", "--rate", "6")
    monkeypatch.setattr(Connection, "tell", tell)
    run_cli(server, "replay", "--resume", str(end.value).rsplit(" ", 1)[1], "--rate", "1000")
    assert sorted(keys(receive(server, url))) == names


def test_what_is_asked_wrongly_is_refused(server: LocalServer) -> None:
    with pytest.raises(StartError, match="NoSuchReplay"):
        run_cli(server, "replay", "--resume", "no\x1bne")
    with pytest.raises(StartError, match="is no time"):
        run_cli(server, "replay", "--bucket", "past", "--from", "yesterday")
    with pytest.raises(AssertionError, match="status 2"):
        run_cli(server, "replay")
