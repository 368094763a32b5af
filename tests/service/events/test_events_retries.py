"""What becomes of events that a target does not take: retries, exhaustion, dead letters. The clock is moved."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.buses import REGION, Inbox, put_event, put_rule, rule_arn
from tests.kit.functions import client
from tests.kit.policies import ACCOUNT

from penstock.delivery import lanes
from penstock.store import Statement
from penstock.testing import LocalServer

MISSING = f"arn:aws:sqs:{REGION}:{ACCOUNT}:missing"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"
DAY_S = 86_400


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A server for each test, because each moves its time, which stands still else."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


def deliveries(server: LocalServer) -> list[tuple[str, int, str]]:
    """Returns state, tries and error of each delivery that has a row."""
    statement = Statement.of("SELECT state, attempts, error FROM delivery ORDER BY id")
    rows: list[tuple[str, int, str]] = server.wait(server.app.store.read(lambda tx: tx.all(statement)))
    return rows


def letter(message: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_a_missing_target_s_event_goes_to_the_dead_letters_at_once(server: LocalServer) -> None:
    dead = Inbox(server, "dead")
    put_rule(server, "gone", {"Arn": MISSING, "DeadLetterConfig": {"Arn": dead.arn}})
    id = put_event(server, "gone", {"a": 1})
    (message,) = dead.messages()
    assert letter(message) == {
        "RULE_ARN": rule_arn("gone"),
        "TARGET_ARN": MISSING,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"The queue {MISSING} does not exist.",
        "RETRY_ATTEMPTS": "0",
    }
    assert f'"id":"{id}"' in message["Body"]
    assert [state for state, *_ in deliveries(server)] == ["dead"]


def test_without_a_dead_letter_queue_it_is_tried_until_the_target_is_there(server: LocalServer) -> None:
    put_rule(server, "later", {"Arn": MISSING})
    put_event(server, "later")
    server.advance(10)
    server.settle()
    ((state, attempts, _),) = deliveries(server)
    assert state == "due" and attempts > 1
    inbox = Inbox(server, "missing")
    server.advance(480)
    server.settle()
    assert len(inbox.messages()) == 1
    assert [state for state, *_ in deliveries(server)] == ["delivered"]


def test_a_target_that_stays_away_is_tried_185_times_within_a_day_and_then_kept_dead(
    server: LocalServer,
) -> None:
    put_rule(server, "never", {"Arn": MISSING})
    put_event(server, "never")
    for number in range(187):
        server.advance(min(2**number, 480))
        server.settle()
    ((state, attempts, error),) = deliveries(server)
    assert state == "dead" and attempts == 186 and "does not exist" in error


@pytest.mark.parametrize(
    ("policy", "attempts"),
    [({"MaximumRetryAttempts": 0}, 1), ({"MaximumRetryAttempts": 3}, 4)],
    ids=["none", "three"],
)
def test_a_retry_policy_bounds_the_tries(server: LocalServer, policy: dict[str, int], attempts: int) -> None:
    put_rule(server, "bounded", {"Arn": MISSING, "RetryPolicy": policy})
    put_event(server, "bounded")
    for _ in range(5):
        server.advance(60)
        server.settle()
    ((state, tried, _),) = deliveries(server)
    assert (state, tried) == ("dead", attempts)


def test_a_retry_policy_bounds_the_age(server: LocalServer) -> None:
    put_rule(server, "aged", {"Arn": MISSING, "RetryPolicy": {"MaximumEventAgeInSeconds": 60}})
    put_event(server, "aged")
    for _ in range(120):
        server.advance(1)
        server.settle()
    ((state, tried, _),) = deliveries(server)
    assert state == "dead" and 4 <= tried <= 7


def test_a_throttled_target_is_tried_again_and_its_letter_says_what_was_exhausted(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Inbox(server, "dead-full")
    inbox = Inbox(server, "full")
    letters = {"DeadLetterConfig": {"Arn": dead.arn}, "RetryPolicy": {"MaximumRetryAttempts": 2}}
    put_rule(server, "full", {"Arn": inbox.arn, **letters})
    full = {inbox.arn}
    monkeypatch.setattr(lanes.Lanes, "is_full", lambda self, arn: arn in full)
    put_event(server, "full")
    assert dead.messages() == []
    for _ in range(3):
        server.advance(60)
        server.settle()
    (message,) = dead.messages()
    found = letter(message)
    assert (found["ERROR_CODE"], found["EXHAUSTED_RETRY_CONDITION"], found["RETRY_ATTEMPTS"]) == (
        "THROTTLING",
        "MaximumRetryAttempts",
        "2",
    )
    full.clear()
    put_event(server, "full")
    assert len(inbox.messages()) == 1


def test_a_dead_letter_queue_that_is_gone_leaves_the_event_dead_and_redrivable(server: LocalServer) -> None:
    put_rule(server, "both", {"Arn": MISSING, "DeadLetterConfig": {"Arn": f"{MISSING}-dead"}})
    put_event(server, "both")
    ((state, _, error),) = deliveries(server)
    assert state == "dead" and MISSING in error and f"{MISSING}-dead" in error
    inbox = Inbox(server, "missing")
    server.wait(server.app.store.write(redrive, server.app.delivery))
    server.settle()
    assert len(inbox.messages()) == 1


def redrive(tx: Any, delivery: Any) -> None:
    from penstock.delivery.dead import redrive

    redrive(tx, delivery, [1])


def test_an_event_whose_rule_is_gone_ends_with_that_reason(server: LocalServer) -> None:
    put_rule(server, "deleted", {"Arn": FUNCTION})
    put_event(server, "deleted")
    client(server, "events").remove_targets(Rule="deleted", Ids=["0"])
    server.advance(60)
    server.settle()
    ((state, _, error),) = deliveries(server)
    assert state == "dead" and "has no such target any more" in error


def test_what_waits_for_a_target_outlives_the_server(tmp_path: Any) -> None:
    with LocalServer(data=tmp_path) as server:
        put_rule(server, "kept", {"Arn": MISSING})
        put_event(server, "kept", {"a": 1})
    with LocalServer(data=tmp_path) as server:
        inbox = Inbox(server, "missing")
        server.advance(600)
        server.settle()
        assert [body["detail"] for body in inbox.bodies()] == [{"a": 1}]
