"""CloudWatch is told of each log group what comes in."""

from tests.kit.measured import still_server, sums, taken

from penstock.testing import LocalServer

LOGS = "AWS/Logs"


def put(server: LocalServer, group: str, *messages: str) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now_ms = server.clock.now_ms()
    events = [{"timestamp": now_ms, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def test_events_and_their_bytes_are_counted_by_group_and_for_the_account() -> None:
    with still_server() as server:
        put(server, "/a", "four", "é")
        put(server, "/b", "x")
        measured = taken(server)
    assert sums(measured, LOGS, LogGroupName="/a") == {"IncomingBytes": 6, "IncomingLogEvents": 2}
    assert sums(measured, LOGS) == {"IncomingBytes": 7, "IncomingLogEvents": 3}


def test_events_that_are_too_old_do_not_count() -> None:
    with still_server() as server:
        logs = server.client("logs")
        logs.create_log_group(logGroupName="/a")
        logs.create_log_stream(logGroupName="/a", logStreamName="s")
        logs.put_log_events(
            logGroupName="/a", logStreamName="s", logEvents=[{"timestamp": 1, "message": "x"}]
        )
        assert sums(taken(server), LOGS) == {}
