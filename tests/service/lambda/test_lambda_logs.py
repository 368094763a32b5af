"""Every line of every run is in the log, however long it is and whatever the machine's clock does."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import arrive, client, make_function, run

from penstock.clock import Clock, Machine
from penstock.testing import LocalServer


class SetMachine(Machine):
    """This machine, its clock set by ``shift_s``."""

    def __init__(self) -> None:
        self.shift_s = 0
        self.wall_ns = lambda: time.time_ns() + self.shift_s * 1_000_000_000


def test_a_clock_that_is_set_back_loses_no_runs_lines() -> None:
    server, machine = LocalServer(), SetMachine()
    server.clock = Clock(machine)
    with server:
        make_function(server, "told", "def handler(event, context):\n    print('run', event)\n")
        for number in range(3):
            run(server, "told", number)
            machine.shift_s -= 120
        server.settle()
        found = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/told", filterPattern="run")
    assert [event["message"].strip() for event in found["events"]] == ["run 0", "run 1", "run 2"]


def test_a_line_that_is_too_long_for_an_event_is_several(server: LocalServer) -> None:
    make_function(server, "long", "def handler(event, context):\n    print('é' * 400_000)\n")
    client(server, "lambda").invoke(FunctionName="long")["Payload"].read()
    server.settle()
    events = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/long")["events"]
    assert sum(event["message"].count("é") for event in events) == 400_000


JSON_HANDLER = """
import logging, os, sys
log = logging.getLogger("mine")
def handler(event, context):
    log.debug("too fine")
    log.info("said %s", "so", extra={"order": 7})
    log.warning({"a": "mapping"})
    print("plain")
    print('{"level": "debug", "message": "own, too fine"}')
    if event == "exit":
        os._exit(3)
    if event == "raise":
        raise ValueError("boom")
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT"), os.environ.get("AWS_LAMBDA_LOG_LEVEL")
"""


def logged(server: LocalServer, group: str) -> list[Any]:
    """Returns what is in the log, with what is JSON read."""
    server.settle()
    found = client(server, "logs").filter_log_events(logGroupName=group)["events"]
    texts = [event["message"].strip() for event in found]
    return [json.loads(text) if text.startswith("{") else text for text in texts]


def test_in_json_format_the_platform_and_the_loggers_write_records(server: LocalServer) -> None:
    aws, group = client(server, "lambda"), "own-group"
    make_function(server, "records", JSON_HANDLER, LoggingConfig={"LogFormat": "JSON", "LogGroup": group})
    shown = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": group}
    assert aws.get_function_configuration(FunctionName="records")["LoggingConfig"] == shown

    answer = run(server, "records")

    assert answer["Payload"] == ["JSON", "INFO"]
    init, start, said, warned, plain, report = logged(server, group)
    assert init["type"] == "platform.initStart"
    assert init["record"]["runtimeVersion"].startswith("python:3.")
    assert start["type"] == "platform.start"
    request_id = start["record"]["requestId"]
    assert start["record"]["version"] == "$LATEST"
    assert {name: said[name] for name in ("level", "message", "logger", "requestId", "order")} == {
        "level": "INFO",
        "message": "said so",
        "logger": "mine",
        "requestId": request_id,
        "order": 7,
    }
    assert (warned["level"], warned["message"]) == ("WARNING", {"a": "mapping"})
    assert plain == "plain"
    assert report["type"] == "platform.report"
    assert report["record"]["requestId"] == request_id
    assert report["record"]["status"] == "success"
    assert set(report["record"]["metrics"]) == {
        "durationMs",
        "billedDurationMs",
        "memorySizeMB",
        "maxMemoryUsedMB",
        "initDurationMs",
    }
    assert json.loads(answer["LogResult"].splitlines()[-1]) == report


def test_levels_say_what_is_written_in_json_format(server: LocalServer) -> None:
    aws, group = client(server, "lambda"), "/aws/lambda/leveled"
    make_function(
        server, "leveled", JSON_HANDLER, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
    )
    aws.update_function_configuration(FunctionName="leveled", LoggingConfig={"SystemLogLevel": "WARN"})
    assert aws.get_function_configuration(FunctionName="leveled")["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "WARN",
        "SystemLogLevel": "WARN",
        "LogGroup": group,
    }
    for event in ("well", "raise", "exit"):
        run(server, "leveled", event)
    found = logged(server, group)
    own = [one["message"] for one in found if "level" in one and "errorType" not in one]
    assert own == [{"a": "mapping"}] * 3
    (raised,) = [one for one in found if one.get("level") == "ERROR"]
    assert (raised["errorType"], raised["errorMessage"]) == ("ValueError", "boom")
    told = [
        (one["type"], one["record"]["status"], one["record"]["errorType"]) for one in found if "type" in one
    ]
    failures = [("error", "ValueError"), ("error", "Runtime.ExitError")]
    assert told == [(f"platform.{kind}", *how) for how in failures for kind in ("runtimeDone", "report")]


def test_log_levels_want_the_json_format_which_can_be_left_again(server: LocalServer) -> None:
    aws = client(server, "lambda")
    make_function(server, "formats", "x = 1")
    with pytest.raises(ClientError, match="To change the log levels you must set the LogFormat to JSON"):
        aws.update_function_configuration(
            FunctionName="formats", LoggingConfig={"SystemLogLevel": "DEBUG", "LogFormat": "Text"}
        )
    for change in ({"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}, {"LogFormat": "Text"}):
        found = aws.update_function_configuration(FunctionName="formats", LoggingConfig=change)
        arrive(server)
    assert found["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/formats"}
