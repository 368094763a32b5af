"""A change becomes deliveries in its own transaction, and the carrier brings what takes time to its end."""

import asyncio
from pathlib import Path

from tests.kit.delivery import (
    ACCOUNT,
    FUNCTION,
    LADDER,
    QUEUE,
    ROLE,
    SENDER,
    TOPIC,
    World,
    change,
    run,
)

from penstock.access import Principal
from penstock.delivery import Attempt, Message, Rule, Source
from penstock.delivery.outbox import FAN_OUT
from penstock.store import Tx

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def test_a_stored_delivery_is_part_of_the_change(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",), "in/"))
        commits = world.store.commits
        await world.change("in/a.csv")
        assert world.store.commits == commits + 1
        assert await world.messages() == 1
        (event,) = await world.story("in/a.csv")
        assert event["deliveries"][0]["state"] == "delivered"

    run(tmp_path, scenario)


def test_a_change_that_fails_leaves_no_event_and_no_message(tmp_path: Path) -> None:
    def fail_late(tx: Tx) -> None:
        tx.emit(change("in/a"))
        raise ValueError

    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",)))
        results = await asyncio.gather(world.store.write(fail_late), return_exceptions=True)
        assert isinstance(results[0], ValueError)
        assert await world.messages() == 0
        assert await world.story("in/a") == []

    run(tmp_path, scenario)


def test_the_story_says_why_a_rule_did_not_match(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",), "in/", ".csv"))
        await world.change("out/a.csv")
        await world.change("in/a.txt")
        await world.change("in/b.csv", "ObjectRemoved:Delete")
        why = [
            (await world.story(key))[0]["rules"][0]["why_not"]
            for key in ("out/a.csv", "in/a.txt", "in/b.csv")
        ]
        assert "does not start with in/" in why[0]
        assert "does not end with .csv" in why[1]
        assert "not among its events" in why[2]

    run(tmp_path, scenario)


def test_sequencers_of_a_key_grow(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await asyncio.gather(*(world.change("k") for _ in range(20)))
        sequencers = [event["sequencer"] for event in await world.story("k")]
        assert sequencers == sorted(set(sequencers)) and len(sequencers) == 20

    run(tmp_path, scenario)


def test_a_function_is_tried_again_by_its_ladder_and_then_dead_lettered(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",)))
        await world.change("k")
        await world.carrier.settled()
        assert len(world.function.jobs) == 1
        world.clock.advance(59)
        await world.carrier.settled()
        assert len(world.function.jobs) == 1
        world.clock.advance(1)
        await world.carrier.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["attempts"], delivery["dead_letter"]) == ("dead", 2, QUEUE)
        assert [attempt["error"] for attempt in delivery["tries"]] == ["first", "second"]
        assert world.delivery.lanes.backlog == 0

    run(tmp_path, scenario, Attempt(ok=False, error="first"), Attempt(ok=False, error="second"))


def test_what_an_attempt_writes_is_told_in_its_story(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",), "in/"))
        await world.change("in/a")
        await world.carrier.settled()
        await world.change("out/report", trace=world.function.jobs[0].trace_header)
        (event,) = await world.story("in/a")
        (wrote,) = event["deliveries"][0]["tries"][0]["wrote"]
        assert wrote["key"] == "out/report"
        assert wrote["caused_by"] == {"function": FUNCTION, "request_id": "q-1"}

    run(tmp_path, scenario, Attempt(ok=True, detail={"request_id": "q-1"}))


def test_a_missing_queue_gets_its_message_when_it_is_there_again(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",)))
        world.queue.missing = {QUEUE}
        await world.change("k")
        world.clock.advance(1)
        await world.carrier.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("due", "the queue does not exist")
        world.queue.missing = set()
        world.clock.advance(10)
        await world.carrier.settled()
        assert await world.messages() == 1
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert delivery["state"] == "delivered"

    run(tmp_path, scenario)


def test_a_queue_that_refuses_one_message_is_tried_again_by_the_ladder_and_then_given_up(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("all", QUEUE, ("ObjectCreated:*",), "", ""))
        world.queue.max_bytes = 5
        await world.change("k")
        for seconds in (1, 2, 4):
            world.clock.advance(seconds)
            await world.carrier.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("due", "the message is too long")
        assert [attempt["error"] for attempt in delivery["tries"]] == ["the message is too long"] * 4
        world.clock.advance(86_400)
        await world.carrier.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("dead", "the message is too long")

    run(tmp_path, scenario)


def test_a_slow_destination_leaves_room_for_the_others(tmp_path: Path) -> None:
    other = FUNCTION + "-2"

    async def scenario(world: World) -> None:
        def enqueue(tx: Tx) -> None:
            for arn in [FUNCTION] * 100 + [other]:
                world.delivery.enqueue(tx, arn=arn, payload=b"{}", trace=None, request_id="r")

        await world.store.write(enqueue)
        await world.carrier.settled()
        assert len(world.function.jobs) == 101
        assert other in [job.arn for job in world.function.jobs[:40]]

    run(tmp_path, scenario)


def source_of(role: Principal) -> Source:
    return Source.of_role("events.amazonaws.com", role, "arn:aws:events:us-east-1:1:rule/r")


def test_a_try_within_the_commit_that_failed_is_told(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",)))
        world.queue.missing = {QUEUE}
        await world.change("k")
        (delivery,) = await world.deliveries("k")
        assert (delivery["state"], delivery["attempts"]) == ("due", 1)
        assert [attempt["error"] for attempt in delivery["tries"]] == ["the queue does not exist"]

    run(tmp_path, scenario)


def test_what_a_queue_refused_at_first_reaches_it_whole(tmp_path: Path) -> None:
    attributes = {
        "Kind": {"DataType": "String", "StringValue": "a"},
        "Raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    message = Message(b"body", TRACE, attributes, "group", "once")

    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.store.write(world.delivery.send, QUEUE, SENDER, message, LADDER)
        world.queue.missing = set()
        await world.advance(1)
        ((arn, source, taken),) = world.queue.taken
        assert (arn, source) == (QUEUE, SENDER)
        assert taken._replace(origin=None) == message

    run(tmp_path, scenario)


def test_each_sender_has_its_own_ladder(tmp_path: Path) -> None:
    twice = LADDER._replace(phases=(LADDER.phases[0]._replace(tries=1, first_ms=5000),))

    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.store.write(world.delivery.send, QUEUE, SENDER, Message(b"1", TRACE), twice)
        await world.advance(4)
        assert (await world.row("state, attempts")) == ("due", 1)
        await world.advance(1)
        assert (await world.row("state, attempts, error")) == ("dead", 2, "the queue does not exist")

    run(tmp_path, scenario)


def test_a_role_that_sends_is_asked_for_anew_at_each_try(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        role = world.keeper.principal
        assert role is not None
        world.queue.missing = {QUEUE}
        await world.store.write(world.delivery.send, QUEUE, source_of(role), Message(b"1", TRACE), LADDER)
        world.queue.missing, world.keeper.principal = set(), None
        await world.advance(1)
        assert world.queue.taken == []
        (error,) = await world.row("error")
        assert error == f"events.amazonaws.com may not assume the role {ROLE}"
        world.keeper.principal = Principal("role", ACCOUNT, role.arn, "AROA2:s", role_arn=ROLE)
        await world.advance(2)
        ((_, source, _),) = world.queue.taken
        assert source == source_of(world.keeper.principal)

    run(tmp_path, scenario)


def test_a_function_that_forbids_is_offered_the_event_again_and_then_has_all_its_own_tries(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",)))
        world.function.forbidden = True
        await world.change("k")
        await world.advance(1)
        (delivery,) = await world.deliveries("k")
        assert (delivery["state"], delivery["error"]) == ("due", "the function forbids it")
        world.function.forbidden = False
        await world.advance(2)
        (job,) = world.function.jobs
        assert (job.attempts, job.accepted_ms) == (0, world.clock.now_ms())
        await world.advance(60)
        (delivery,) = await world.deliveries("k")
        assert delivery["state"] == "delivered"

    run(tmp_path, scenario, Attempt(ok=False, error="first"))


def test_what_a_topic_sends_on_is_part_of_the_change(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.topic.subscribers = [QUEUE, FUNCTION, QUEUE + "-missing"]
        world.queue.missing = {QUEUE + "-missing"}
        await world.rules(Rule("r1", TOPIC, ("ObjectCreated:*",)))
        commits = world.store.commits
        await world.change("k")
        assert world.store.commits == commits + 1
        assert await world.messages() == 1
        await world.carrier.settled()
        told = {one["arn"]: (one["rule"], one["state"]) for one in await world.deliveries("k")}
        assert told == {
            QUEUE: ("r1", "delivered"),
            TOPIC: ("r1", "delivered"),
            FUNCTION: ("r1", "delivered"),
            QUEUE + "-missing": ("r1", "due"),
        }

    run(tmp_path, scenario)


def test_a_change_that_fails_takes_back_what_a_topic_has_sent_on(tmp_path: Path) -> None:
    def fail_late(tx: Tx) -> None:
        world_of[0].delivery.send(tx, TOPIC, SENDER, Message(b"1", TRACE), LADDER)
        raise ValueError

    world_of: list[World] = []

    async def scenario(world: World) -> None:
        world_of.append(world)
        world.topic.subscribers = [QUEUE, FUNCTION]
        await asyncio.gather(world.store.write(fail_late), return_exceptions=True)
        await world.carrier.settled()
        assert (await world.messages(), world.function.jobs, world.delivery.lanes.backlog) == (0, [], 0)

    run(tmp_path, scenario)


def test_a_fan_out_that_is_too_wide_for_a_change_goes_on_behind_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.topic.subscribers = [f"{QUEUE}-{number}" for number in range(FAN_OUT + 44)]
        await world.rules(Rule("r1", TOPIC, ("ObjectCreated:*",)))
        commits = world.store.commits
        await world.change("k")
        assert (await world.messages(), world.store.commits) == (FAN_OUT - 1, commits + 1)
        await world.carrier.settled()
        assert sorted(arn for arn, _, _ in world.queue.taken) == sorted(world.topic.subscribers)
        assert world.delivery.lanes.backlog == 0

    run(tmp_path, scenario)
