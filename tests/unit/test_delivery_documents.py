"""What rows keep can be read by itself, in its present form and in every former one."""

import asyncio
import sqlite3
from dataclasses import astuple
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
from tests.kit.delivery import ACCOUNT, FUNCTION, LADDER, QUEUE, SENDER, World, change, run

from penstock.access import Principal
from penstock.delivery import Message, Rule, Source, documents
from penstock.services.s3.notifications.sender import LADDER as S3
from penstock.store import Statement

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
LADDER_OF_ONE = Statement.of("SELECT ladder FROM delivery WHERE id = 1")
ODD_TRACE = TRACE + ';Odd="\\'


def test_a_change_is_read_as_it_was_written() -> None:
    assert documents.read_change(documents.change_document(change("k"))) == change("k")


def test_a_rule_set_is_read_as_it_was_written() -> None:
    rules = [Rule("r", QUEUE, ("ObjectCreated:*", "ObjectRemoved:*"), "in/", ".csv")]
    assert documents.read_rules(documents.rules_document(rules)) == rules


def test_a_message_is_read_as_it_was_written() -> None:
    attributes = {"Raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    message = Message(b"body", TRACE, attributes, "group", "once")
    assert documents.read_message(b"body", documents.message_document(message)) == message


def test_a_ladder_is_read_as_it_was_written() -> None:
    assert documents.read_ladder(documents.ladder_document(LADDER)) == LADDER


def test_a_sender_s_role_is_kept_but_not_what_it_may() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    principal = Principal("role", ACCOUNT, "arn:aws:sts::1:assumed-role/r/s", "AROA1:s", role_arn=role)
    found = orjson.loads(
        documents.sender_document(Source.of_role("lambda.amazonaws.com", principal, FUNCTION))
    )
    assert found == {
        "v": 1,
        "service": "lambda.amazonaws.com",
        "arn": FUNCTION,
        "account": ACCOUNT,
        "role": role,
        "session": "s",
        "sender_id": "AROA1:s",
    }


def test_a_field_that_a_newer_release_has_added_is_left_out() -> None:
    found = orjson.loads(documents.change_document(change("k"))) | {"colour": "red"}
    assert documents.read_change(orjson.dumps(found).decode()) == change("k")


def old_rows(folder: Path) -> None:
    """Writes a database as the first release left it."""
    database = sqlite3.connect(folder / "w.db")
    database.execute(
        "CREATE TABLE migration (room TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
        " PRIMARY KEY (room, number))"
    )
    database.execute("INSERT INTO migration VALUES ('delivery', 1, '0001_delivery')")
    scripts = resources.files("penstock.delivery").joinpath("migrations")
    database.executescript(scripts.joinpath("0001_delivery.sql").read_text("utf-8"))
    rules = [["r1", QUEUE, ["ObjectCreated:*"], "in/", ""], ["r2", FUNCTION, ["ObjectCreated:*"], "", ""]]
    database.execute("INSERT INTO rule_set VALUES (1, 'b', 0, ?)", (orjson.dumps(rules).decode(),))
    positional = orjson.dumps(astuple(change("in/k"))).decode()
    stored = orjson.dumps([["r1", QUEUE, "m-1"]]).decode()
    database.execute("INSERT INTO event VALUES (1, 'b', 'in/k', 0, 1, NULL, ?, ?)", (positional, stored))
    for row in old_deliveries():
        database.execute("INSERT INTO delivery VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", row)
    database.commit()
    database.close()


def old_deliveries() -> list[tuple[Any, ...]]:
    """Returns what an S3 event for a queue, an event that a function fails, and an invoke looked like."""
    s3 = ("s3.amazonaws.com", "arn:aws:s3:::b")
    missing = QUEUE + "-missing"
    due = ("due", 1, 0, 0, None, None)
    return [
        (1, 1, "r1", missing, ACCOUNT, *s3, TRACE, b"late", *due, "the queue does not exist", None),
        (2, 1, "r2", FUNCTION, ACCOUNT, *s3, TRACE, b"again", *due, "it failed", None),
        (3, None, None, FUNCTION, ACCOUNT, "", "", ODD_TRACE, b"{}", *due, None, None),
        (4, 1, "r2", FUNCTION, ACCOUNT, *s3, TRACE, None, "delivered", 1, 0, None, 5, "q-1", None, None),
        (5, 1, "r2", FUNCTION, ACCOUNT, *s3, TRACE, b"x", "dead", 3, 0, None, 5, None, "no", QUEUE),
    ]


def test_rows_of_the_first_release_are_told_and_delivered(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.carrier.settled()
        (event,) = await world.story("in/k")
        assert (event["event"], event["requester"]) == ("ObjectCreated:Put", "me")
        assert [(rule["id"], rule["matched"]) for rule in event["rules"]] == [("r1", True), ("r2", True)]
        told = [(one["state"], one["receipt"], one.get("dead_letter")) for one in event["deliveries"]]
        assert told == [
            ("delivered", "m-1", None),
            ("delivered", "1", None),
            ("delivered", "r-1", None),
            ("delivered", "q-1", None),
            ("dead", None, QUEUE),
        ]
        ((_, source, message),) = world.queue.taken
        assert (message.body, message.trace) == (b"late", TRACE)
        assert source == SENDER._replace(sender_id="AROAPENSTOCKS3SENDER0:S3-PROD-END")
        jobs = sorted((job.message.body, job.message.trace, job.attempts) for job in world.function.jobs)
        assert jobs == [(b"again", TRACE, 1), (b"{}", ODD_TRACE, 1)]

    old_rows(tmp_path)
    run(tmp_path, scenario)


def test_a_delivery_of_the_first_release_goes_on_by_s3_s_ladder(tmp_path: Path) -> None:
    async def ladder() -> str:
        world = World(tmp_path)
        try:
            row = await world.store.read(lambda tx: tx.one(LADDER_OF_ONE))
        finally:
            await world.store.close()
        assert row is not None
        return str(row[0])

    old_rows(tmp_path)
    assert documents.read_ladder(asyncio.run(ladder())) == S3
