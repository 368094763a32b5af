"""Filter patterns of CloudWatch Logs: what they match, what they name, and what is none."""

import json
from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.logs.patterns import compile_pattern

APACHE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("[ip, user, username, timestamp, request, status, bytes]", True),
        ("[ip, user, username, timestamp, request, status]", False),
        ("[ip, user, username, timestamp, request, status, bytes, more]", False),
        ('[ip, user, username, timestamp, request = "*.html*", status = 4*, bytes]', True),
        ("[ip, user, username, timestamp, request = *.html*, status = 5*, bytes]", False),
        ("[ip, user, username, timestamp, request, status = 5* || status = 404, bytes]", True),
        ("[ip, user, username, timestamp, request, (status > 400 && status < 404), bytes]", False),
        ("[..., size > 1000]", True),
        ("[..., status = 404, size > 2000]", False),
        ("[ip = 127.0.0.*, ...]", True),
        ("[ip, ..., size = 1534]", True),
        ("[...]", True),
        ("[ip != 10.*, ..., size >= 1534.0]", True),
        (r"[ip = %127\.0\.0\.[1-9]%, ..., request = %^GET%, status, size]", True),
        (r"[ip = %^10\.%, ...]", False),
        ("[a, b, c, d, e, f, g, ..., h]", False),
        ("[a = -1e1, ...]", False),
    ],
)
def test_fields_between_spaces_are_compared_by_their_place(pattern: str, matches: bool) -> None:
    assert compile_pattern(pattern)(APACHE) is matches


def test_fields_are_named_and_those_of_an_ellipsis_numbered() -> None:
    """As in the examples of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html"""
    whole = compile_pattern("[ip, identity, user_id, timestamp, request, status_code, size]")
    assert whole.extracted(APACHE) == {
        "$ip": "127.0.0.1",
        "$identity": "-",
        "$user_id": "frank",
        "$timestamp": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404",
        "$size": "1534",
    }
    end = compile_pattern("[..., size]")
    assert end.extracted(APACHE) == {
        "$1": "127.0.0.1",
        "$2": "-",
        "$3": "frank",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$5": "GET /index.html HTTP/1.0",
        "$6": "404",
        "$size": "1534",
    }
    assert end.values(APACHE)("$size") == "1534"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("%colou?r%", "the color red", True),
        ("%colou?r%", "the colr red", False),
        ("%^[hc]at$%", "hat", True),
        ("%^[hc]at$%", "a hat", False),
        ("%gray|grey%", "grey", True),
        ("%a{3,5}%", "aa", False),
        (r"%10\.10\.0\.1%", "from 10.10.0.1", True),
        (r"%\d{3} \w+ \x41%", "404 error A", True),
        ("%" + "a*" * 50 + "b%", "a" * 2000, False),  # seconds, in an engine that goes back
    ],
)
def test_regular_expressions_are_found_anywhere(pattern: str, text: str, matches: bool) -> None:
    assert compile_pattern(pattern)(text) is matches


DOCUMENT: dict[str, Any] = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "code": 404,
    "latency": 1.5,
    "a.b": {"c d": 5},
}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[2] = "value" }', False),
        ('{ $.arrayKey[*] = "another*" }', True),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.objectList[*].id > 2 }", False),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.SomeObject EXISTS }", True),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeOtherObject EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ("{ $.ThisFlag = * }", True),
        ("{ $.code = 4* }", True),
        ("{ $.code = 404.0 && $.latency <= 1.5e0 }", True),
        ("{ ($.code = 1 || $.code = 404) && ($.latency > 2 || ($.eventType = U*)) }", True),
        ("{ $.code = 404 || $.code = 1 && $.code = 2 }", True),
        ("{ $.eventType = %^Up.*il$% }", True),
        ("{ $.eventType = %[|]% || $.sourceIPAddress = %(?% }", None),
        ("{ $['a.b']['c d'] = 5 }", True),
    ],
)
def test_json_is_compared_by_what_selectors_find(pattern: str, matches: bool | None) -> None:
    if matches is None:
        with pytest.raises(AwsError):
            compile_pattern(pattern)
    else:
        assert compile_pattern(pattern)(json.dumps(DOCUMENT)) is matches


def test_json_names_what_its_selectors_find() -> None:
    pattern = compile_pattern('{ $.eventType = "Up*" && $.objectList[*].id = 1 && $.nothing NOT EXISTS }')
    message = json.dumps(DOCUMENT)
    assert pattern.extracted(message) == {"$.eventType": "UpdateTrail", "$.objectList[*].id": "1"}
    assert pattern.values(message)("$.latency") == 1.5


@pytest.mark.parametrize(
    "pattern",
    [
        "[", "[]", "[a,]", "[a, b", "[a b]", "[..., a, ...]", "[a = ]", "[a = 1 || b = 2]", "[a > x]", "[a = %(%]",
        "%", "%%", "%a", "%(a)%", "%a!%", "%é%", r"%\bx%", r"%\1%", "%a{9999}%", "%[z-a]%",
        "{", "{}", "{ $.a }", "{ $.a IS }", "{ $.a IS MAYBE }", "{ $ = 1 }", "{ $.a = 1 && }", "{ ($.a = 1 }",
        "{ $.a = %a% && $.b = %b% && $.c = %c% }", "{ $.a = %a }", "{ a = 1 }", "{ $.a = 1 } x",
        "{ " + "(" * 100 + "$.a = 1" + ")" * 100 + " }",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(AwsError) as caught:
        compile_pattern(pattern)
    assert caught.value.code == "InvalidParameterException"
    assert caught.value.message.startswith("Invalid filter pattern")


def test_a_line_of_brackets_costs_no_more_than_its_length() -> None:
    pattern = compile_pattern("[..., size]")
    assert pattern.extracted("[ " * 50_000 + "end")["$size"] == "end"
    assert compile_pattern("[a, b]")('"x y" [z') is True


def test_quotation_marks_and_brackets_that_are_not_closed_are_characters() -> None:
    pattern = compile_pattern("[...]")
    for message, fields in (
        ('a "b c" [d e] f', ["a", "b c", "d e", "f"]),
        ('a "b [c d', ["a", '"b', "[c", "d"]),
        ('a] "b" "c', ["a]", "b", '"c']),
        ('"" [] x', ["", "", "x"]),
        ("  ", []),
    ):
        assert list(pattern.extracted(message).values()) == fields
