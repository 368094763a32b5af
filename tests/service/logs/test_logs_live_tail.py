"""Live Tail: who looks on is told each second what has come."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError
from tests.kit.functions import client
from tests.kit.metrics import START, still_server
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer
from penstock.testing.server import REGION

NOW_MS = round(START.timestamp() * 1000)
ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    made = client(server, "logs")
    for group in ("a", "b"):
        made.create_log_group(logGroupName=group)
        for stream in ("x-1", "y-1"):
            made.create_log_stream(logGroupName=group, logStreamName=stream)
    made.create_log_group(logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
    return made


def put(logs: Any, group: str, stream: str, *messages: str) -> None:
    events = [{"timestamp": NOW_MS, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def start(logs: Any, *groups: str, **params: Any) -> tuple[Iterator[dict[str, Any]], Any]:
    """Returns the events behind the first, and the stream."""
    stream = logs.start_live_tail(logGroupIdentifiers=[ARN + group for group in groups], **params)[
        "responseStream"
    ]
    events = iter(stream)
    begun = next(events)["sessionStart"]
    assert begun["logGroupIdentifiers"] == [ARN + group for group in groups]
    return events, stream


def next_update(server: LocalServer, events: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    server.advance(1)
    found: list[dict[str, Any]] = next(events)["sessionUpdate"]["sessionResults"]
    return found


def test_events_are_told_as_they_come(server: LocalServer, logs: Any) -> None:
    put(logs, "a", "x-1", "before")
    events, stream = start(logs, "a", "b")
    put(logs, "a", "x-1", "one", "two")
    put(logs, "b", "y-1", "three")
    now_ms = server.clock.now_ms()
    found = next_update(server, events)
    assert [(one["logGroupIdentifier"], one["logStreamName"], one["message"]) for one in found] == [
        (ARN + "a", "x-1", "one"),
        (ARN + "a", "x-1", "two"),
        (ARN + "b", "y-1", "three"),
    ]
    assert (found[0]["timestamp"], found[0]["ingestionTime"]) == (NOW_MS, now_ms)
    assert next_update(server, events) == []
    stream.close()


def test_events_are_told_by_pattern_and_stream_and_of_very_many_a_part(
    server: LocalServer, logs: Any
) -> None:
    matching, stream = start(logs, "a", logEventFilterPattern="{ $.n > 1 }", logStreamNamePrefixes=["x"])
    other, other_stream = start(logs, "a", logStreamNames=["y-1"])
    put(logs, "a", "x-1", '{"n": 1}', '{"n": 2}')
    put(logs, "a", "y-1", '{"n": 3}', *(f"line {number}" for number in range(999)))
    assert [one["message"] for one in next_update(server, matching)] == ['{"n": 2}']
    update = next(other)["sessionUpdate"]
    assert update["sessionMetadata"] == {"sampled": True}
    assert len(update["sessionResults"]) == 500
    assert update["sessionResults"][0]["message"] == '{"n": 3}'
    stream.close()
    other_stream.close()


def test_who_has_gone_is_told_no_more(server: LocalServer, logs: Any) -> None:
    tails = server.app.service("logs").state.tails
    _, stream = start(logs, "b")
    stream.close()

    async def gone() -> None:
        while tails.sessions:
            server.clock.advance(1)
            await server.clock.elapse(0.005)

    server.wait(gone())


def test_a_session_ends_after_three_hours(server: LocalServer, logs: Any) -> None:
    events, stream = start(logs, "a")
    server.advance(3 * 3600)
    with pytest.raises(EventStreamError, match="SessionTimeoutException"):
        for _ in itertools.repeat(None, 3):
            next(events)
    stream.close()


def test_a_server_that_ends_ends_its_sessions() -> None:
    with still_server() as server:
        logs = server.client("logs")
        logs.create_log_group(logGroupName="a")
        events, stream = start(logs, "a")
    with pytest.raises(EventStreamError, match="SessionStreamingException"):
        next(events)
    stream.close()
    logs.close()


def test_what_cannot_be_tailed_is_refused(logs: Any) -> None:
    for params, code in (
        ({"logGroupIdentifiers": [ARN + "a:*"]}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [f"{ARN}g{number}" for number in range(11)]}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [ARN.replace(ACCOUNT, "999988887777") + "a"]}, "InvalidParameterException"),
        (
            {"logGroupIdentifiers": [ARN + "a", ARN + "b"], "logStreamNames": ["x"]},
            "InvalidParameterException",
        ),
        ({"logStreamNames": ["x"], "logStreamNamePrefixes": ["x"]}, "InvalidParameterException"),
        ({"logEventFilterPattern": "{"}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [ARN + "rare"]}, "InvalidOperationException"),
        ({"logGroupIdentifiers": [ARN + "none"]}, "ResourceNotFoundException"),
    ):
        asked: dict[str, Any] = {"logGroupIdentifiers": [ARN + "a"], **params}
        with pytest.raises(ClientError) as caught:
            logs.start_live_tail(**asked)
        assert caught.value.response["Error"]["Code"] == code, params
