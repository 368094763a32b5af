"""Log events: put, read forwards and backwards, filtered, expired."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    return server.client("logs")


@pytest.fixture
def group(logs: Any) -> Iterator[str]:
    """A log group with the streams ``a`` and ``b``."""
    logs.create_log_group(logGroupName="/test/group")
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName="/test/group", logStreamName=stream)
    yield "/test/group"
    logs.delete_log_group(logGroupName="/test/group")


@pytest.fixture
def now(server: LocalServer) -> int:
    return server.clock.now_ms()


def put(logs: Any, stream: str, *events: tuple[int, str]) -> dict[str, Any]:
    return logs.put_log_events(
        logGroupName="/test/group",
        logStreamName=stream,
        logEvents=[{"timestamp": time, "message": message} for time, message in events],
    )


def get(logs: Any, stream: str, **options: Any) -> tuple[list[str], str, str]:
    """Returns messages, forward and backward token."""
    page = logs.get_log_events(logGroupName="/test/group", logStreamName=stream, **options)
    messages = [event["message"] for event in page["events"]]
    return messages, page["nextForwardToken"], page["nextBackwardToken"]


def search(logs: Any, **options: Any) -> list[str]:
    """Returns the messages of all pages."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/test/group", **options)
    return [event["message"] for page in pages for event in page["events"]]


def refused(call: Any, **params: Any) -> tuple[str, str]:
    """Returns code and message of the error that the call ends in."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_events_come_back_in_the_order_of_their_time(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now - 10, "third"), (now - 10, "fourth"))
    put(logs, "a", (now - 30, "first"), (now - 20, "second"))
    page = logs.get_log_events(logGroupName=group, logStreamName="a", startFromHead=True)
    assert [event["message"] for event in page["events"]] == ["first", "second", "third", "fourth"]
    assert page["events"][0]["timestamp"] == now - 30
    assert page["events"][0]["ingestionTime"] >= now


def test_a_stream_is_read_from_its_end_unless_asked_otherwise(logs: Any, group: str, now: int) -> None:
    put(logs, "a", *((now + n, f"m{n}") for n in range(5)))
    assert get(logs, "a", limit=2)[0] == ["m3", "m4"]
    assert get(logs, "a", limit=2, startFromHead=True)[0] == ["m0", "m1"]


def test_pages_go_forward_and_backward_and_stay_at_the_end(logs: Any, group: str, now: int) -> None:
    put(logs, "a", *((now, f"m{n}") for n in range(5)))
    _, forward, _ = get(logs, "a", limit=2, startFromHead=True)
    messages, forward, backward = get(logs, "a", limit=2, nextToken=forward)
    assert messages == ["m2", "m3"]
    assert get(logs, "a", limit=2, nextToken=backward)[0] == ["m0", "m1"]
    messages, forward, _ = get(logs, "a", limit=2, nextToken=forward)
    assert messages == ["m4"]
    messages, end, _ = get(logs, "a", limit=2, nextToken=forward)
    assert (messages, end) == ([], forward)
    put(logs, "a", (now, "m5"))
    assert get(logs, "a", nextToken=end)[0] == ["m5"]


def test_turning_round_at_an_end_shows_the_same_events_again(logs: Any, group: str, now: int) -> None:
    put(logs, "a", *((now, f"m{n}") for n in range(3)))
    _, _, backward = get(logs, "a", startFromHead=True)
    messages, forward, same = get(logs, "a", nextToken=backward)
    assert (messages, same) == ([], backward)
    assert get(logs, "a", nextToken=forward)[0] == ["m0", "m1", "m2"]


def test_the_tokens_of_an_empty_stream_find_what_comes_later(logs: Any, group: str, now: int) -> None:
    messages, forward, _ = get(logs, "a")
    assert messages == []
    put(logs, "a", (now, "later"))
    assert get(logs, "a", nextToken=forward)[0] == ["later"]


def test_a_range_of_time_has_its_start_and_not_its_end(logs: Any, group: str, now: int) -> None:
    put(logs, "a", *((now + n, f"m{n}") for n in range(4)))
    assert get(logs, "a", startTime=now + 1, endTime=now + 3)[0] == ["m1", "m2"]


def test_events_out_of_order_are_refused(logs: Any, group: str, now: int) -> None:
    with pytest.raises(ClientError, match="must be in chronological order"):
        put(logs, "a", (now, "later"), (now - 1, "earlier"))


def test_a_batch_may_not_span_more_than_a_day(logs: Any, group: str, now: int) -> None:
    with pytest.raises(ClientError, match="cannot span more than 24 hours"):
        put(logs, "a", (now - DAY_MS - 1, "yesterday"), (now, "today"))


def test_a_batch_that_is_too_large_is_refused(logs: Any, group: str, now: int) -> None:
    with pytest.raises(ClientError, match="Upload too large"):
        put(logs, "a", (now, "x" * 600_000), (now, "x" * 600_000))


def test_events_that_are_too_old_or_too_new_are_rejected_one_by_one(logs: Any, group: str, now: int) -> None:
    answer = put(logs, "a", (now - 15 * DAY_MS, "old"), (now, "good"), (now + 3 * HOUR_MS, "new"))
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    assert get(logs, "a")[0] == ["good"]


def test_large_batches_are_stored_whole_and_in_order(logs: Any, group: str, now: int) -> None:
    messages = [f'{n} "quoted" \\ é \u2028 {"x" * 50}' for n in range(5000)]
    put(logs, "a", *((now, message) for message in messages))
    found = get(logs, "a", startFromHead=True)[0]
    assert found == messages
    assert search(logs) == messages


def test_any_text_is_kept_as_it_is(logs: Any, group: str, now: int) -> None:
    messages = ["nul\x00inside", '{"json": "\\u0000"}', "emoji 😀", "tab\tand\nlines"]
    put(logs, "a", *((now, message) for message in messages))
    assert get(logs, "a")[0] == messages


def test_a_search_goes_over_all_streams_in_the_order_of_time(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now, "1"), (now + 2, "3"))
    put(logs, "b", (now + 1, "2"), (now + 3, "4"))
    assert search(logs, interleaved=True) == ["1", "2", "3", "4"]
    assert search(logs, PaginationConfig={"PageSize": 1}) == ["1", "2", "3", "4"]
    assert search(logs, startFromHead=False, PaginationConfig={"PageSize": 3}) == ["4", "3", "2", "1"]
    assert search(logs, logStreamNames=["b"]) == ["2", "4"]
    assert search(logs, logStreamNames=["b", "a"]) == ["1", "2", "3", "4"]
    assert search(logs, logStreamNamePrefix="a") == ["1", "3"]
    assert search(logs, startTime=now + 1, endTime=now + 2) == ["2", "3"]


def test_found_events_name_their_stream_and_have_ids_of_their_own(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now, "same"), (now, "same"))
    first, second = logs.filter_log_events(logGroupName=group)["events"]
    assert first["logStreamName"] == "a"
    assert first["eventId"] != second["eventId"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["ERROR one", "ERROR two", "warn three", "Error four"]),
        ("ERROR", ["ERROR one", "ERROR two"]),
        ("ERROR two", ["ERROR two"]),
        ('"ERROR two"', ["ERROR two"]),
        ('"two ERROR"', []),
        ("?one ?three", ["ERROR one", "warn three"]),
        ("ERROR -one", ["ERROR two"]),
        ('-"ERROR one" -four', ["ERROR two", "warn three"]),
        ("ERROR ?three", ["ERROR one", "ERROR two"]),
    ],
)
def test_patterns_match_terms(logs: Any, group: str, now: int, pattern: str, expected: list[str]) -> None:
    put(logs, "a", (now, "ERROR one"), (now, "ERROR two"), (now, "warn three"), (now, "Error four"))
    assert search(logs, filterPattern=pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.level = "ERROR" }', [1, 2]),
        ("{ $.level = ERR* }", [1, 2]),
        ('{ $.level != "ERROR" }', [3]),
        ("{ $.ms > 10 }", [2, 3]),
        ('{ $.level = "ERROR" && $.ms >= 10.5 }', [2]),
        ('{ ($.ms = 5 || $.ms = 300) && $.level = "*" }', [1, 3]),
        ("{ $.user.roles[0] = admin }", [3]),
        ("{ $.user.roles[*] = dev }", [2, 3]),
        ("{ $.user NOT EXISTS }", [1]),
        ("{ $.user.name IS NULL }", [2]),
        ("{ $.ok IS TRUE }", [3]),
        ('{ $["level"] = "INFO" }', [3]),
    ],
)
def test_json_patterns_select_by_member(
    logs: Any, group: str, now: int, pattern: str, expected: list[int]
) -> None:
    documents: list[dict[str, Any]] = [
        {"n": 1, "level": "ERROR", "ms": 5},
        {"n": 2, "level": "ERROR", "ms": 11, "user": {"name": None, "roles": ["dev"]}},
        {"n": 3, "level": "INFO", "ms": 300, "ok": True, "user": {"roles": ["admin", "dev"]}},
    ]
    put(logs, "a", (now, "no json"), *((now, json.dumps(document)) for document in documents))
    assert [json.loads(message)["n"] for message in search(logs, filterPattern=pattern)] == expected


@pytest.mark.parametrize("pattern", ["[a,", "%x", '"open', "{ $.a = %(x)% }", "{ $.a", "{ $.a > b }", "{}"])
def test_what_is_no_pattern_is_refused(logs: Any, group: str, pattern: str) -> None:
    code, message = refused(logs.filter_log_events, logGroupName=group, filterPattern=pattern)
    assert code == "InvalidParameterException"
    assert message.startswith("Invalid filter pattern")


def test_events_past_the_retention_period_are_gone(
    logs: Any, group: str, now: int, server: LocalServer
) -> None:
    put(logs, "a", (now, "old"))
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    server.advance(86_400 + 60)
    put(logs, "a", (server.clock.now_ms(), "new"))
    assert get(logs, "a", startFromHead=True)[0] == ["new"]
    assert search(logs) == ["new"]
    rejected = put(logs, "a", (now, "late"))["rejectedLogEventsInfo"]
    assert rejected == {"expiredLogEventEndIndex": 1}


def test_a_deleted_stream_takes_its_events_with_it(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now, "gone"))
    put(logs, "b", (now, "here"))
    logs.delete_log_stream(logGroupName=group, logStreamName="a")
    assert search(logs) == ["here"]
    logs.create_log_stream(logGroupName=group, logStreamName="a")
    assert get(logs, "a")[0] == []


def test_an_unknown_stream_or_group_is_told_in_the_words_of_aws(logs: Any, group: str) -> None:
    code, message = refused(logs.get_log_events, logGroupName=group, logStreamName="none")
    assert (code, message) == ("ResourceNotFoundException", "The specified log stream does not exist.")
    code, message = refused(logs.filter_log_events, logGroupName="none")
    assert (code, message) == ("ResourceNotFoundException", "The specified log group does not exist.")


def test_a_group_may_be_named_by_its_arn(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now, "one"))
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    for identifier in (arn, group):
        assert logs.filter_log_events(logGroupIdentifier=identifier)["events"][0]["message"] == "one"


def test_json_messages_are_text_like_any_other(logs: Any, group: str, now: int) -> None:
    message = json.dumps({"level": "ERROR", "nested": {"a": [1, 2]}})
    put(logs, "a", (now, message))
    assert search(logs, filterPattern='"\\"level\\": \\"ERROR\\""') == [message]


def test_a_bent_token_is_no_server_error(logs: Any, group: str, now: int) -> None:
    def token(*place: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()

    told = ("InvalidParameterException", "The specified nextToken is invalid.")
    for bent in (
        token(True, "x", 1),
        token(True, {}, 1),
        token(True, 10**30, 1),
        token(1, 1, 1),
        token(),
        "?",
    ):
        assert refused(logs.filter_log_events, logGroupName=group, nextToken=bent) == told
    for bent in (f"f/{'9' * 56}/s", f"f/{'9' * 55}/s", "x"):
        assert refused(logs.get_log_events, logGroupName=group, logStreamName="a", nextToken=bent) == told
    for bent in (token("x", "y"), token(1, {}), token(10**30, "x")):
        assert refused(logs.describe_log_streams, logGroupName=group, nextToken=bent) == told
    for bent in (token({}), token(5)):
        assert refused(logs.describe_log_groups, nextToken=bent) == told


def test_times_beyond_any_clock_are_taken(logs: Any, group: str, now: int) -> None:
    put(logs, "a", (now, "x"))
    far = 2**63 - 1
    assert search(logs, endTime=far) == ["x"] and search(logs, startTime=far) == []
    assert get(logs, "a", endTime=far)[0] == ["x"]
    messages, forward, _ = get(logs, "a", startTime=far)
    assert messages == [] and get(logs, "a", nextToken=forward)[0] == []
