"""``penstock dead``: what could not be delivered, from the list to its second delivery."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.kit.functions import client, make_queue, receive
from tests.kit.policies import s3_may_send
from typer.testing import CliRunner

from penstock.cli.main import cli
from penstock.errors import StartError
from penstock.testing import LocalServer


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def penstock(server: LocalServer, *words: str) -> str:
    where = urlsplit(server.endpoint)
    options = ("--host", str(where.hostname), "--port", str(where.port), "--accounts", server.accounts)
    result = CliRunner().invoke(cli, [*words, *options])
    if result.exception:
        raise result.exception
    return result.stdout


def dead(server: LocalServer, name: str, *keys: str) -> tuple[str, str]:
    """Returns URL and ARN of a queue that has let S3 in again after the events of ``keys`` have died."""
    s3, sqs = client(server, "s3"), client(server, "sqs")
    url, arn = make_queue(server, name)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send()})
    s3.create_bucket(Bucket=name)
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    receive(server, url)  # S3's test event
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    for _ in range(30):
        server.advance(3600)
        server.settle()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": s3_may_send()})
    return url, arn


def keys(messages: list[dict[str, Any]]) -> list[str]:
    return sorted(json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] for message in messages)


def test_what_has_died_is_listed_shown_and_sent_again(server: LocalServer) -> None:
    url, arn = dead(server, "lost", "a", "b", "c")
    health = server.app.health()
    assert health["dead"] == 3 and "dead" not in health["problems"]

    listed = [json.loads(line) for line in penstock(server, "dead", "list", "--json").splitlines()]
    assert [(entry["key"], entry["arn"]) for entry in listed] == [(key, arn) for key in "cba"]
    assert "s3://lost/a → " in penstock(server, "dead", "list", "--target", arn)
    assert penstock(server, "dead", "list", "--bucket", "other") == ""
    assert penstock(server, "dead", "list", "--since", "2999-01-01") == ""
    shown = json.loads(penstock(server, "dead", "show", str(listed[0]["id"])))
    assert json.loads(shown["body"])["Records"][0]["s3"]["object"]["key"] == "c"
    assert "does not let s3.amazonaws.com send" in shown["error"]

    assert penstock(server, "dead", "redrive", str(listed[0]["id"])) == "1 sent again\n"
    server.settle()
    assert keys(receive(server, url)) == ["c"]
    assert penstock(server, "dead", "redrive", "--target", arn) == "2 sent again\n"
    server.settle()
    assert keys(receive(server, url)) == ["a", "b"]
    assert server.app.health()["dead"] == 0
    assert penstock(server, "dead", "list", "--target", arn) == ""
    assert "sent again" in penstock(server, "trace", "s3://lost/a")


def test_a_target_with_more_dead_than_a_page_is_redriven_whole(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.delivery.dead.MAX_REDRIVEN", 2)
    url, arn = dead(server, "pages", "a", "b", "c", "d", "e")
    assert penstock(server, "dead", "redrive", "--target", arn) == "5 sent again\n"
    server.settle()
    assert keys(receive(server, url)) == ["a", "b", "c", "d", "e"]


def test_what_is_not_dead_is_said_to_be_none(server: LocalServer) -> None:
    with pytest.raises(StartError, match="no dead deliveries: 999999"):
        penstock(server, "dead", "redrive", "999999")
    with pytest.raises(StartError, match="no such delivery"):
        penstock(server, "dead", "show", "999999")
    with pytest.raises(StartError, match="is no time"):
        penstock(server, "dead", "list", "--since", "yesterday")
