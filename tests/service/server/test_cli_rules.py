"""``penstock rules``: one rule is edited, the others stay; what speaks against it is said first."""

import json
import threading
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import client, let_s3_invoke, make_function, make_queue, receive
from tests.kit.policies import s3_may_send

from penstock.errors import StartError
from penstock.testing import LocalServer

COPIER = """
import boto3
def handler(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    boto3.client("s3").put_object(Bucket="loop", Key="out/" + key.split("/")[-1], Body=b"x")
"""


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def rules(server: LocalServer, bucket: str) -> dict[str, dict[str, Any]]:
    lines = run_cli(server, "rules", "list", bucket, "--json")[0].splitlines()
    return {rule["id"]: rule for rule in map(json.loads, lines)}


def queue(server: LocalServer, name: str) -> tuple[str, str]:
    url, arn = make_queue(server, name)
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send()})
    return url, arn


def test_a_rule_is_added_and_removed_while_the_others_stay(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="edited")
    url, arn = queue(server, "edited")
    run_cli(server, "rules", "add", "edited", "--target", arn, "--id", "a", "--prefix", "a/")
    run_cli(
        server,
        "rules",
        "add",
        "edited",
        "--target",
        arn,
        "--id",
        "b",
        "--prefix",
        "b/",
        "--event",
        "s3:ObjectRemoved:*",
    )
    found = client(server, "s3").get_bucket_notification_configuration(Bucket="edited")
    assert [(rule["Id"], rule["Events"]) for rule in found["QueueConfigurations"]] == [
        ("a", ["s3:ObjectCreated:*"]),
        ("b", ["s3:ObjectRemoved:*"]),
    ]
    assert [json.loads(message["Body"])["Event"] for message in receive(server, url)] == ["s3:TestEvent"] * 2
    out, _ = run_cli(server, "rules", "remove", "edited", "a")
    assert out == f"removed a ObjectCreated:* prefix a/ → {arn}\n"
    assert list(rules(server, "edited")) == ["b"]
    with pytest.raises(StartError, match="NoSuchRule"):
        run_cli(server, "rules", "remove", "edited", "a")


def test_an_overlap_a_missing_and_a_forbidding_destination_are_found_first(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="checked")
    _, arn = queue(server, "checked")
    run_cli(server, "rules", "add", "checked", "--target", arn, "--id", "all")
    for command in ("check", "add"):
        with pytest.raises(AssertionError, match="problem: it overlaps with the rule all"):
            run_cli(server, "rules", command, "checked", "--target", arn, "--prefix", "a/")
        with pytest.raises(AssertionError, match=r"problem: The queue .*nowhere does not exist"):
            run_cli(server, "rules", command, "checked", "--target", arn.replace(":checked", ":nowhere"))
    _, closed = make_queue(server, "closed")
    with pytest.raises(
        AssertionError, match=r"(?s)does not let s3.amazonaws.com send.*no policy says anything"
    ):
        run_cli(server, "rules", "check", "checked", "--target", closed, "--event", "s3:ObjectRemoved:*")
    assert list(rules(server, "checked")) == ["all"]


def test_a_function_that_may_write_what_makes_it_run_is_warned_of(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="loop")
    arn = make_function(server, "loop", COPIER, may=("s3:PutObject",))["FunctionArn"]
    let_s3_invoke(server, "loop")
    out, _ = run_cli(server, "rules", "add", "loop", "--target", arn, "--id", "in", "--prefix", "in/")
    assert (
        "warning: the function's role" in out and "may write s3://loop/in/*" in out and "\nadded in " in out
    )
    client(server, "s3").put_object(Bucket="loop", Key="in/a", Body=b"x")
    server.settle()
    out, _ = run_cli(server, "rules", "check", "loop", "--target", arn, "--prefix", "out/")
    assert "warning: the function wrote s3://loop/out/a 20" in out


def test_two_editors_at_once_lose_nothing(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="both")
    _, arn = queue(server, "both")
    editor = server.app.service("s3")._editor

    def add(name: str) -> None:
        given = {"bucket": "both", "target": arn, "events": ["ObjectCreated:*"], "id": name, "prefix": name}
        server.wait(editor.add(given))

    editors = [threading.Thread(target=add, args=(f"{name}/",)) for name in range(8)]
    for one in editors:
        one.start()
    for one in editors:
        one.join()
    assert sorted(rules(server, "both")) == [f"{name}/" for name in range(8)]


def test_an_edit_of_rules_that_have_changed_meanwhile_is_refused(server: LocalServer) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="stale")
    _, arn = queue(server, "stale")
    editor = server.app.service("s3")._editor
    given = {"bucket": "stale", "target": arn, "events": ["ObjectCreated:*"], "prefix": "a"}
    number = server.wait(editor.check(given))["number"]
    s3.put_bucket_notification_configuration(
        Bucket="stale", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    with pytest.raises(Exception, match="RulesChanged"):
        server.wait(editor.add({**given, "number": number}))


def test_the_default_bus_is_a_rule_like_others(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="bus")
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    run_cli(server, "rules", "add", "bus", "--target", bus)
    found = client(server, "s3").get_bucket_notification_configuration(Bucket="bus")
    assert found["EventBridgeConfiguration"] == {}
    run_cli(server, "rules", "remove", "bus", "EventBridge")
    assert rules(server, "bus") == {}


@pytest.mark.parametrize(
    "given",
    [
        {"target": "plain"},
        {"target": ["arn"]},
        {"target": "arn:aws:sqs:us-east-1:000000000000:q", "events": "ObjectCreated:*"},
        {"target": "arn:aws:sqs:us-east-1:000000000000:q", "events": [["x"]]},
        {"target": "arn:aws:sqs:us-east-1:000000000000:q", "events": ["x"]},
        {"target": "arn:aws:sqs:us-east-1:000000000000:q", "events": ["ObjectCreated:*"], "prefix": {"a": 1}},
        {
            "target": "arn:aws:sqs:us-east-1:000000000000:q",
            "events": ["ObjectCreated:*"],
            "prefix": "x" * 5000,
        },
    ],
)
def test_a_description_that_is_none_is_refused(server: LocalServer, given: dict[str, Any]) -> None:
    editor = server.app.service("s3")._editor
    with pytest.raises(Exception, match=r"ValidationError|InvalidArgument|NoSuchBucket"):
        server.wait(editor.add({"bucket": "edited", **given}))
