"""Insights over the wire: queries run on stored events, by who may, and are told, stopped and listed."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client
from tests.kit.metrics import START, still_server
from tests.kit.policies import ACCOUNT

from penstock.services.logs import query_runs
from penstock.testing import LocalServer

NOW_MS = round(START.timestamp() * 1000)
NOW_S = NOW_MS // 1000


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    """Returns a client; there are events in two groups, alternately."""
    made = client(server, "logs")
    for group in ("q-a", "q-b"):
        made.create_log_group(logGroupName=group)
        made.create_log_stream(logGroupName=group, logStreamName="s")
    for number in range(6):
        message = json.dumps({"n": number, "even": number % 2 == 0})
        event = {"timestamp": NOW_MS - 60_000 + number * 1000, "message": message}
        made.put_log_events(logGroupName=f"q-{'ab'[number % 2]}", logStreamName="s", logEvents=[event])
    return made


class Shut:
    """A door that lets nobody in."""

    async def __aenter__(self) -> None:
        await asyncio.Event().wait()

    async def __aexit__(self, *args: object) -> None:
        """Nobody is inside."""


def start(logs: Any, text: str, **params: Any) -> str:
    groups = {} if any(name.startswith("logGroup") for name in params) else {"logGroupNames": ["q-a", "q-b"]}
    asked = {"startTime": NOW_S - 3600, "endTime": NOW_S, "queryString": text, **groups, **params}
    id: str = logs.start_query(**asked)["queryId"]
    return id


def answer(server: LocalServer, id: str, **params: Any) -> dict[str, Any]:
    server.settle()
    found: dict[str, Any] = client(server, "logs").get_query_results(queryId=id, **params)
    return found


def rows(found: dict[str, Any]) -> list[dict[str, str]]:
    return [{field["field"]: field["value"] for field in row} for row in found["results"]]


def refusal(call: Any, *args: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_events_of_several_groups_come_the_newest_first(server: LocalServer, logs: Any) -> None:
    found = answer(server, start(logs, "fields n, @log | filter n > 0"))
    assert found["status"] == "Complete"
    assert [row["n"] for row in rows(found)] == ["5", "4", "3", "2", "1"]
    assert [row["@log"] for row in rows(found)][:2] == [f"{ACCOUNT}:q-b", f"{ACCOUNT}:q-a"]
    statistics = found["statistics"]
    assert (statistics["recordsScanned"], statistics["recordsMatched"], statistics["logGroupsScanned"]) == (
        6,
        5,
        2,
    )
    assert statistics["bytesScanned"] > 6 * 26
    (row, *_) = rows(answer(server, start(logs, "stats count(*) as c, sum(n) as s by even | sort even desc")))
    assert row == {"even": "1", "c": "3", "s": "6"}


def test_groups_are_merged_in_time_whatever_their_pages(
    server: LocalServer, logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_runs, "_PAGE_EVENTS", 2)
    found = answer(server, start(logs, "fields n"))
    assert [row["n"] for row in rows(found)] == ["5", "4", "3", "2", "1", "0"]


def test_a_query_sees_the_times_that_it_names_and_no_expired_events(server: LocalServer, logs: Any) -> None:
    group = {"logGroupName": "q-a"}
    at = NOW_S - 60 + 2
    assert [
        row["n"] for row in rows(answer(server, start(logs, "fields n", startTime=at, endTime=at, **group)))
    ] == ["2"]
    assert rows(answer(server, start(logs, "fields n", endTime=0, startTime=0, **group))) == []
    far = 1 << 60
    assert len(rows(answer(server, start(logs, "fields n", startTime=0, endTime=far, **group)))) == 3


def test_rows_come_in_pages_and_point_to_their_events(server: LocalServer, logs: Any) -> None:
    id = start(logs, "fields @message | sort n desc | limit 5")
    first = answer(server, id, maxItems=3)
    rest = answer(server, id, nextToken=first["nextToken"])
    assert [json.loads(row["@message"])["n"] for row in rows(first) + rows(rest)] == [5, 4, 3, 2, 1]
    assert "nextToken" not in rest
    pointer = rows(first)[0]["@ptr"]
    record = logs.get_log_record(logRecordPointer=pointer)["logRecord"]
    assert record["n"] == "5"
    assert (record["@logStream"], record["@log"]) == ("s", f"{ACCOUNT}:q-b")
    arn, time_ms, id_ = json.loads(base64.urlsafe_b64decode(pointer))
    for bent in (
        [arn, time_ms, id_ + 1],
        [arn.replace("q-b", "q-a"), time_ms, id_],
        [arn.replace(ACCOUNT, "999988887777"), time_ms, id_],
        ["x", "y", 1],
        [],
    ):
        token = base64.urlsafe_b64encode(json.dumps(bent).encode()).decode()
        assert refusal(logs.get_log_record, logRecordPointer=token)[0] in (
            "InvalidParameterException",
            "ResourceNotFoundException",
        )


def test_queries_are_listed_stopped_and_known_to_their_account_only(server: LocalServer, logs: Any) -> None:
    runs = server.app.service("logs").state.queries
    id = start(logs, "fields n | limit 1", logGroupName="q-a")
    answer(server, id)
    (found, *_) = logs.describe_queries(logGroupName="q-a", status="Complete")["queries"]
    assert (found["queryId"], found["queryString"], found["logGroupName"]) == (
        id,
        "fields n | limit 1",
        "q-a",
    )
    assert logs.describe_queries(logGroupName="unheard-of")["queries"] == []
    first = logs.describe_queries(maxResults=1)
    second = logs.describe_queries(maxResults=1, nextToken=first["nextToken"])
    assert first["queries"][0]["queryId"] != second["queries"][0]["queryId"]
    assert refusal(logs.stop_query, queryId=id) == (
        "InvalidParameterException",
        "The specified query is not running.",
    )
    for call in (logs.stop_query, logs.get_query_results):
        assert refusal(call, queryId="unheard-of")[0] == "ResourceNotFoundException"
    assert runs.find((ACCOUNT, "eu-west-1"), id) is None


def test_a_query_that_runs_is_stopped(
    server: LocalServer, logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.app.service("logs").state.queries, "_places", Shut())
    id = start(logs, "fields n")
    assert logs.get_query_results(queryId=id)["status"] == "Scheduled"
    assert logs.stop_query(queryId=id)["success"] is True
    assert answer(server, id)["status"] == "Cancelled"


def test_what_is_no_query_is_refused_where_it_is_none(server: LocalServer, logs: Any) -> None:
    with pytest.raises(ClientError) as caught:
        start(logs, "fields @message | explode")
    error = caught.value.response
    assert error["Error"]["Code"] == "MalformedQueryException"
    assert error["queryCompileError"]["location"] == {"startCharOffset": 18, "endCharOffset": 25}
    for params, text in (
        ({"logGroupName": "q-a", "logGroupNames": ["q-b"]}, "Exactly one of"),
        ({"logGroupNames": []}, "Exactly one of"),
        ({"startTime": 5, "endTime": 4}, "End time should not be before start time."),
        ({"queryLanguage": "SQL"}, "Only the query language CWLI is available here."),
        ({"logGroupNames": [f"g{n}" for n in range(51)]}, "A query takes at most 50 log groups."),
        (
            {"logGroupIdentifiers": ["arn:aws:logs:us-east-1:999988887777:log-group:x"]},
            "Log groups of other accounts",
        ),
    ):
        code, message = refusal(start, logs, "fields n", **params)
        assert (code, message[: len(text)]) == ("InvalidParameterException", text)
    assert refusal(start, logs, "fields n", logGroupName="none")[0] == "ResourceNotFoundException"
