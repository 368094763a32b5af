"""The journal of the audit trail: what it does with what a killed process left, and while nothing can be written."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from penstock.audit import Journal, Question, Record, Settings, note, search, verified_step
from penstock.audit.chain import link
from penstock.audit.limits import CHECKPOINT_EVERY
from penstock.audit.marks import GENESIS
from penstock.audit.ocsf import api_activity
from penstock.clock import Clock, Ids
from penstock.errors import AwsError, StoreUnavailable
from penstock.store import Room, SqliteStore, Statement, Tx
from penstock.supervisor import Supervisor

ACCOUNT = "000000000000"
NOW_MS = 1_700_000_000_000


def record(id: str, *, is_read: bool = False) -> Record:
    document: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "s3.amazonaws.com"},
        "eventTime": "2023-11-14T22:13:20Z",
        "eventSource": "sqs.amazonaws.com",
        "eventName": "CreateQueue",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "s3.amazonaws.com",
        "userAgent": "s3.amazonaws.com",
        "requestParameters": None,
        "responseElements": None,
        "requestID": "r",
        "eventID": id,
        "readOnly": is_read,
        "resources": [{"ARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    return Record(document, NOW_MS)


class World:
    """A store in a folder, and a journal on it that has started."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.told = Clock(), list[str]()
        self.clock.freeze(NOW_MS)
        rooms = [Room("audit", "penstock.audit")]
        self.store = SqliteStore(folder / "db", rooms, durability="off", clock=self.clock, ids=Ids(1))
        self.journal = Journal(self.store, self.clock)
        self.journal.teller = lambda tx, kept: self.told.append(kept.document["eventID"])
        self.supervisor = Supervisor(self.clock)

    async def start(self) -> None:
        await self.journal.start(self.supervisor)

    async def close(self) -> None:
        await self.supervisor.close()
        await self.store.close()

    async def found(self) -> list[dict[str, Any]]:
        page = await self.store.read(search, Question(ACCOUNT), None, 100)
        return page.documents


def run(world: World, work: Coroutine[Any, Any, None]) -> None:
    async def whole() -> None:
        try:
            await work
        finally:
            await world.close()

    asyncio.run(whole())


def test_a_call_that_was_only_noted_is_recorded_once_at_the_next_start(tmp_path: Path) -> None:
    async def work() -> None:
        await world.store.write(note, record("noted"))
        await world.store.write(note, record("recorded"))
        await world.journal.change(Settings(bus=True))
        await world.journal.keep([record("recorded")])
        await world.store.write(note, record("recorded"))
        await world.start()
        await world.start()
        told = {one["eventID"]: one.get("additionalEventData") for one in await world.found()}
        assert told == {"recorded": None, "noted": {"outcome": "UNKNOWN"}}
        assert world.told == ["recorded", "noted"]

    world = World(tmp_path)
    run(world, work())


def test_records_wait_while_nothing_can_be_written_and_the_last_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.audit.journal.MAX_WAITING", 150)

    async def work() -> None:
        real = world.store.write

        async def refuse(*_: Any) -> None:
            raise StoreUnavailable("full")

        world.store.write = refuse  # type: ignore[assignment,method-assign]
        for number in range(152):
            world.journal.add(record(str(number), is_read=True))
        await world.journal.catch_up()
        with pytest.raises(StoreUnavailable):
            await world.journal.keep([record("change")])
        assert world.journal.problems() == {"audit": "2 records were lost while nothing could be written"}
        world.store.write = real  # type: ignore[method-assign]
        await world.journal.flush()
        (last,) = (
            await world.store.read(search, Question(ACCOUNT, (("EventId", "change"),)), None, 1)
        ).documents
        assert last["eventID"] == "change"

    world = World(tmp_path)
    run(world, work())


def test_a_write_that_is_broken_off_but_happens_leaves_one_record(tmp_path: Path) -> None:
    async def work() -> None:
        real = world.store.write

        async def broken_off(*args: Any) -> None:
            await real(*args)
            raise asyncio.CancelledError

        await world.start()
        world.store.write = broken_off  # type: ignore[assignment,method-assign]
        with pytest.raises(asyncio.CancelledError):
            await world.journal.keep([record("once")])
        world.store.write = real  # type: ignore[method-assign]
        await world.journal.keep([record("later")])
        assert sorted(one["eventID"] for one in await world.found()) == ["later", "once"]

    world = World(tmp_path)
    run(world, work())


def test_a_bus_that_refuses_does_not_hold_up_the_trail(tmp_path: Path) -> None:
    def refuse(tx: Tx, kept: Record) -> None:
        raise AwsError("SlowDown", "full", status=503)

    async def work() -> None:
        world.journal.teller = refuse
        await world.journal.change(Settings(bus=True))
        await world.journal.keep([record("one"), record("two", is_read=True)])
        assert len(await world.found()) == 2
        assert world.journal.problems() == {"audit: bus": "1 records were refused by the bus, and not told"}

    world = World(tmp_path)
    run(world, work())


def test_a_forged_chain_breaks_at_the_next_checkpoint(tmp_path: Path) -> None:
    """Whoever has the database can make hashes, but no seals."""

    async def work() -> None:
        for batch in range(0, CHECKPOINT_EVERY, 100):
            await world.journal.keep([record(str(batch + number)) for number in range(100)])
        await world.store.write(forge)
        point, findings = None, list[int]()
        while True:
            step = await world.store.read(verified_step, point, None)
            findings += [finding.seq for finding in step.findings]
            point = step.point
            if step.is_end:
                break
        assert findings == [CHECKPOINT_EVERY, CHECKPOINT_EVERY]

    world = World(tmp_path)
    run(world, work())


def forge(tx: Tx) -> None:
    """Changes every record, and makes the hashes anew."""
    before = GENESIS
    for seq, text in tx.all(Statement.of("SELECT seq, document FROM audit_record ORDER BY seq")):
        text = text.replace('"requestID":"r"', '"requestID":"forged"')
        before = link(before, seq, text)
        change = "UPDATE audit_record SET document = ?, hash = ? WHERE seq = ?"
        tx.run(Statement.of(change), text, before, seq)


def test_what_a_service_did_is_a_system_s_in_ocsf() -> None:
    event = api_activity(record("x").document)
    assert event["actor"] == {"user": {"type_id": 3, "type": "System"}, "invoked_by": "s3.amazonaws.com"}
    assert event["src_endpoint"] == {"svc_name": "s3.amazonaws.com"}
    assert event["metadata"]["uid"] == "x"
    assert event["type_uid"] == 600301
