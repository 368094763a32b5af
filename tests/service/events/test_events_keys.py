"""Buses and archives with a key of KMS: what is kept lies sealed, and what the key refuses is not lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.kit.buses import Inbox, bus_arn, put_event, put_rule
from tests.kit.control import ask
from tests.kit.keys import allow_service, make_key, refused
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

START, END = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Iterator[Any]:
    yield server.client("events")


def for_bus(name: str, *actions: str, **more: Any) -> dict[str, Any]:
    """Returns the statement that AWS's page has for a bus, or without a source for its archives."""
    context = {"kms:EncryptionContext:aws:events:event-bus:arn": bus_arn(name), **more}
    return {**allow_service("events", *actions), "Condition": {"StringEquals": context}}


def make_bus(server: LocalServer, name: str, **settings: Any) -> Inbox:
    """Returns the inbox of a rule that takes everything, on a new bus."""
    server.client("events").create_event_bus(Name=name, **settings)
    inbox = Inbox(server, f"{name}-inbox")
    put_rule(server, name, {"Arn": inbox.arn}, pattern={"account": [ACCOUNT]}, EventBusName=name)
    return inbox


def replay(server: LocalServer, name: str, archive: str) -> str:
    """Returns the state in which the replay has ended."""
    events = server.client("events")
    events.start_replay(
        ReplayName=name,
        EventSourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:archive/{archive}",
        EventStartTime=START,
        EventEndTime=END,
        Destination={"Arn": bus_arn(archive)},
    )
    server.settle()
    state: str = events.describe_replay(ReplayName=name)["State"]
    return state


def test_what_the_key_of_a_bus_refuses_goes_to_its_dead_letters(server: LocalServer, events: Any) -> None:
    source = {"aws:SourceArn": bus_arn("keyed"), "aws:SourceAccount": ACCOUNT}
    key = make_key(
        server,
        allow_service("events", "kms:DescribeKey"),
        for_bus("keyed", "kms:GenerateDataKey", "kms:Decrypt", **source),
    )
    dead = Inbox(server, "keyed-dead")
    letters = {"DeadLetterConfig": {"Arn": dead.arn}}
    inbox = make_bus(server, "keyed", KmsKeyIdentifier=key, **letters)
    assert events.describe_event_bus(Name="keyed")["KmsKeyIdentifier"] == key
    put_event(server, "s", EventBusName="keyed")
    assert len(inbox.messages()) == 1

    server.client("kms").disable_key(KeyId=key)
    id = put_event(server, "s", EventBusName="keyed")
    (letter,) = dead.messages()
    assert id in letter["Body"]
    said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert said["EVENT_BUS_ARN"] == bus_arn("keyed") and said["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert said["ERROR_MESSAGE"].startswith("DisabledException: ")
    assert inbox.messages() == []

    events.update_event_bus(Name="keyed", **letters)
    assert "KmsKeyIdentifier" not in events.describe_event_bus(Name="keyed")
    put_event(server, "s", EventBusName="keyed")
    assert len(inbox.messages()) == 1


def test_what_the_key_of_a_bus_refuses_without_dead_letters_can_be_redriven(
    server: LocalServer, events: Any
) -> None:
    key = make_key(
        server,
        allow_service("events", "kms:DescribeKey"),
        for_bus("waiting", "kms:GenerateDataKey", "kms:Decrypt"),
    )
    inbox = make_bus(server, "waiting", KmsKeyIdentifier=key)
    server.client("kms").disable_key(KeyId=key)
    id = put_event(server, "s", EventBusName="waiting")
    place = f"arn:aws:events:us-east-1:{ACCOUNT}:fan-out/waiting"
    (found,) = ask(server, "GET", f"/_penstock/dead?target={quote(place)}")[1]["deliveries"]
    assert "DisabledException" in str(found)
    server.client("kms").enable_key(KeyId=key)
    redrive = json.dumps({"target": place}).encode()
    assert ask(server, "POST", "/_penstock/redrive", redrive)[0] == 200
    server.settle()
    assert [body["id"] for body in inbox.bodies()] == [id]


def test_an_archive_lies_under_its_key(server: LocalServer, events: Any) -> None:
    uses = for_bus("archived", "kms:GenerateDataKey", "kms:Decrypt")
    key = make_key(server, allow_service("events", "kms:DescribeKey"), uses)
    kms = server.client("kms")
    kms.create_alias(AliasName="alias/archives", TargetKeyId=key)
    inbox = make_bus(server, "archived")
    named = {"ArchiveName": "archived", "KmsKeyIdentifier": "alias/archives"}
    events.create_archive(EventSourceArn=bus_arn("archived"), **named)
    id = put_event(server, "s", {"word": "sésame"}, EventBusName="archived", Time=START)
    shown = events.describe_archive(ArchiveName="archived")
    assert (shown["KmsKeyIdentifier"], shown["State"]) == ("alias/archives", "ENABLED")
    assert shown["EventCount"] == 1 and shown["SizeBytes"] > 100

    kms.disable_key(KeyId=key)
    put_event(
        server, "s", EventBusName="archived", Time=START
    )  # the archive does without it, the rules do not
    shown = events.describe_archive(ArchiveName="archived")
    assert (shown["State"], shown["EventCount"]) == ("DISABLED", 1)
    assert "is disabled" in shown["StateReason"]
    assert len(inbox.messages()) == 2
    assert replay(server, "in-vain", "archived") == "FAILED"
    assert inbox.messages() == []

    kms.enable_key(KeyId=key)
    events.update_archive(ArchiveName="archived", KmsKeyIdentifier="")
    put_event(server, "s", EventBusName="archived", Time=START)
    assert len(inbox.messages()) == 1
    assert "KmsKeyIdentifier" not in events.describe_archive(ArchiveName="archived")
    assert replay(server, "again", "archived") == "COMPLETED"
    bodies = inbox.bodies()
    assert len(bodies) == 2
    assert [body["detail"] for body in bodies if body["id"] == id] == [{"word": "sésame"}]


def test_a_key_that_eventbridge_does_not_know_is_refused(server: LocalServer, events: Any) -> None:
    shut, asymmetric = (
        make_key(server),
        server.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"),
    )
    for key in (shut, asymmetric["KeyMetadata"]["Arn"], shut[:-2] + "00", "alias/nowhere", "x" * 2048):
        with refused("ValidationException", "KmsKeyIdentifier"):
            events.create_event_bus(Name="unkeyed", KmsKeyIdentifier=key)
        with refused("ValidationException", "KmsKeyIdentifier"):
            events.create_archive(ArchiveName="unkeyed", EventSourceArn=bus_arn(), KmsKeyIdentifier=key)
    for hostile in ("\0", "schlüssel", "a b"):
        with refused("ValidationException"):
            events.update_event_bus(Name="default", KmsKeyIdentifier=hostile)
    with refused("ResourceNotFoundException"):
        events.describe_event_bus(Name="unkeyed")


@pytest.mark.embedded
def test_the_database_does_not_show_what_is_archived_under_a_key(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        uses = for_bus("default", "kms:GenerateDataKey", "kms:Decrypt")
        key = make_key(server, allow_service("events", "kms:DescribeKey"), uses)
        server.client("events").create_archive(
            ArchiveName="a", EventSourceArn=bus_arn(), KmsKeyIdentifier=key
        )
        put_event(server, "s", {"word": "opensesame"})
    assert not any(b"opensesame" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
