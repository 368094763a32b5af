"""How the end of a run is told."""

import orjson
import pytest

from penstock.services.lambda_.functions.invocation import End, Ending, Result, answer, exit_text
from penstock.services.lambda_.functions.invocation_record import dead_letter_attributes, invocation_record
from penstock.services.lambda_.runtime.log_lines import Lines, Run


def test_an_answer_of_exactly_the_limit_is_taken() -> None:
    assert answer(Ending(End.RESPONSE, b"x" * 6_291_556), "id", 3)[1] == ""
    assert answer(Ending(End.RESPONSE, b"x" * 6_291_557), "id", 3)[1] == "Function.ResponseSizeTooLarge"


def test_an_error_that_is_no_object_is_unknown() -> None:
    assert answer(Ending(End.ERROR, b"[]"), "id", 3)[1] == "Runtime.Unknown"
    assert answer(Ending(End.ERROR, b"{"), "id", 3)[1] == "Runtime.Unknown"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-64, "Runtime exited with error: signal: signal 64"),
    ],
)
def test_an_exit_is_told_as_aws_s_supervisor_does(code: int, text: str) -> None:
    assert exit_text(code) == text


def test_the_report_bills_the_initialisation() -> None:
    run = Run(Ending(End.RESPONSE), "id", 1.2, 40, 70.5, "", produced_bytes=2, ended_ms=0)
    line = Lines("1", 128, 3).ended(run)[-1]

    assert line == (
        "REPORT RequestId: id\tDuration: 1.20 ms\tBilled Duration: 72 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 40 MB\tInit Duration: 70.50 ms\t"
    )


def test_a_record_of_an_event_that_never_ran_has_no_response() -> None:
    record = orjson.loads(invocation_record(1, "id", "arn", "EventAgeExceeded", 0, b'{"a":1}', None))

    assert record["timestamp"] == "1970-01-01T00:00:00.001Z"
    assert record["requestPayload"] == {"a": 1}
    assert "responseContext" not in record


def test_a_dead_letter_s_error_is_cut_at_a_kilobyte_without_cutting_a_character() -> None:
    result = Result(b"{}", "Unhandled", "E", "x" + "é" * 600, 1, "g", "s")

    text = dead_letter_attributes("id", result, "")["ErrorMessage"]["StringValue"]

    assert text == "x" + "é" * 511
