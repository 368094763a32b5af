"""The query language of Logs Insights, on events in memory."""

import json
from typing import Any

import pytest

from penstock.services.logs import insights
from penstock.services.logs.errors import TooMuch
from penstock.services.logs.insights import MalformedQuery, Record, compile_query, stages
from penstock.services.logs.insights.record import given

NOW_MS = 1_800_000_000_000
UUID = "6bc28136-0000-4000-8000-000000000000"
REPORT = (
    f"REPORT RequestId: {UUID}\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 64 MB\tInit Duration: 100.1 ms\t"
)


def events(*messages: Any) -> list[Record]:
    """Returns events of these messages, a minute apart, the first one the newest."""
    return [
        Record(
            given(
                NOW_MS - 60_000 * number,
                NOW_MS,
                message if isinstance(message, str) else json.dumps(message),
                logStream="s",
                log="1:g",
                ptr=f"p{number}",
            )
        )
        for number, message in enumerate(messages)
    ]


def ask(text: str, *messages: Any, limit: int = 1000) -> list[dict[str, str]]:
    """Returns the rows as dicts, without pointers."""
    query, _ = compile_query(text, NOW_MS, limit)
    query.feed(events(*messages))
    query.finish()
    rows = [{field["field"]: field["value"] for field in row} for row in query.rows]
    for row in rows:
        row.pop("@ptr", None)
    return rows


def value(expression: str, message: Any = "") -> str | None:
    """Returns what an expression is for one event."""
    (row,) = ask(f"fields {expression} as x", message)
    return row.get("x")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3 ^ 2", "27"),
        ("-2 - -3", "1"),
        ("7 % 4 + 1 / 4", "3.25"),
        ("1 / 3", "0.3333"),
        ("1 / 0", None),
        ("n + 1", "6"),
        ("t + 1", "8"),
        ("none + 1", None),
        ("abs(-2)", "2"),
        ("ceil(1.2)", "2"),
        ("floor(-1.2)", "-2"),
        ("greatest(1, n, t)", "7"),
        ("least(1, n, 't')", "1"),
        ("sqrt(16)", "4"),
        ("log(0)", None),
        ("strlen(s)", "5"),
        ("toupper(s)", "HELLO"),
        ("tolower('ÀB')", "àb"),
        ("substr(s, 1, 3)", "ell"),
        ("substr(s, 3)", "lo"),
        ("replace(s, 'l', 'L')", "heLLo"),
        ("concat(s, '-', n)", "hello-5"),
        ("trim('  x ')", "x"),
        ("ltrim('xxy', 'x')", "y"),
        ("strcontains(s, 'ell')", "1"),
        ("ispresent(none)", "0"),
        ("coalesce(none, n)", "5"),
        ("isempty('')", "1"),
        ("isblank('  ')", "1"),
        ("nested.list.1.x", "deep"),
        ("`with-dash`", "dashed"),
        ("`a.b`", "dotted"),
        ("flag", "1"),
        ("nested.list", '["a",{"x":"deep"}]'),
        ("@timestamp", "2027-01-15 08:00:00.000"),
        ("bin(1d)", "2027-01-15 00:00:00.000"),
        ("datefloor(@timestamp, 12h)", "2027-01-15 00:00:00.000"),
        ("dateceil(@timestamp, 12h)", "2027-01-15 12:00:00.000"),
        ("toMillis(@timestamp)", str(NOW_MS)),
        ("fromMillis(1000)", "1970-01-01 00:00:01.000"),
        ("now()", str(NOW_MS // 1000)),
        ("isValidIpv4('10.0.0.1')", "1"),
        ("isIpInSubnet('10.0.0.1', '10.0.0.0/8')", "1"),
        ("isIpv4InSubnet('11.0.0.1', '10.0.0.0/8')", "0"),
        ("isIpInSubnet('x', 'y')", "0"),
    ],
)
def test_expressions_give_values(expression: str, expected: str | None) -> None:
    document = {
        "n": 5, "t": "7", "s": "hello", "flag": True, "with-dash": "dashed", "a.b": "dotted",
        "nested": {"list": ["a", {"x": "deep"}]},
    }  # fmt: skip
    assert value(expression, document) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("level = 'ERROR'", "13"),
        ('level != "ERROR"', "2"),
        ("n > 1.5 and level = 'ERROR'", "3"),
        ("n = 1 or n = 2", "12"),
        ("not (n = 1 or n = 2)", "3"),
        ("level like /^ERR/", "13"),
        ("level like /(?i)warn/", "2"),
        ("@message like 'two'", "2"),
        ("@message not like /two|three/", "1"),
        ("level =~ /W/", "2"),
        ("n in [1, '3']", "13"),
        ("n not in [1, 3]", "2"),
        ("ispresent(extra)", "3"),
        ("extra = 'x'", "3"),
        ("extra != 'x'", ""),
        ("n >= 2 # and a comment", "23"),
        ("flag", "1"),
        ("not flag", "23"),
    ],
)
def test_filters_let_events_pass_that_meet_them(condition: str, expected: str) -> None:
    messages = [
        {"n": 1, "level": "ERROR", "text": "one", "flag": True},
        {"n": 2, "level": "WARN", "text": "two"},
        {"n": 3, "level": "ERROR", "text": "three", "extra": "x"},
    ]
    found = ask(f"fields n | filter {condition}", *messages)
    assert "".join(row["n"] for row in found) == expected


def test_a_glob_and_a_regular_expression_take_a_message_apart() -> None:
    message = "user=bob, method:get, latency := 1.5 s"
    assert ask('parse @message "user=*, method:*, latency := * s" as @user, @method, @latency', message) == [
        {"@user": "bob", "@method": "get", "@latency": "1.5"}
    ]
    assert ask(
        r"parse @message /user=(?<user>\w+), method:(?P<method>.*?),/ | display user, method", message
    ) == [{"user": "bob", "method": "get"}]
    assert ask('parse "[*] *" as kind, rest | filter kind = "b"', "[a] x", "[b] y z\nw", "nothing") == [
        {"kind": "b", "rest": "y z\nw"}
    ]
    assert ask("fields v | parse v '*-*' as a, b", {"v": "1-2-3"}) == [{"v": "1-2-3", "a": "1", "b": "2-3"}]


def test_stats_add_events_up_by_what_they_share() -> None:
    messages = [{"k": k, "n": n} for k, n in (("a", 1), ("b", 10), ("a", 3), ("a", 8))]
    assert ask(
        "stats count(*) as c, sum(n), avg(n) as mean, min(n), max(n), median(n) as mid, pct(n, 90) as p, "
        "stddev(n) as sd, count_distinct(n) as d, earliest(n) as first, latest(n) as last by k | sort k asc",
        *messages,
    ) == [
        {
            "k": "a", "c": "3", "sum(n)": "12", "mean": "4", "min(n)": "1", "max(n)": "8", "mid": "3", "p": "8",
            "sd": "3.6056", "d": "3", "first": "8", "last": "1",
        },
        {
            "k": "b", "c": "1", "sum(n)": "10", "mean": "10", "min(n)": "10", "max(n)": "10", "mid": "10",
            "p": "10", "sd": "0", "d": "1", "first": "10", "last": "10",
        },
    ]  # fmt: skip
    assert ask("stats max(n) / 2 + min(n) as x, (max(n) - min(n)) / max(n) * 100 as share", *messages) == [
        {"x": "6", "share": "90"}
    ]
    assert ask("stats count(*), count(nothing), avg(nothing)") == [{"count(*)": "0", "count(nothing)": "0"}]
    assert ask("stats count(*) by bin(2m) | sort `bin(2m)` desc", *messages) == [
        {"bin(2m)": "2027-01-15 08:00:00.000", "count(*)": "1"},
        {"bin(2m)": "2027-01-15 07:58:00.000", "count(*)": "2"},
        {"bin(2m)": "2027-01-15 07:56:00.000", "count(*)": "1"},
    ]
    assert ask("stats sum(n) as total by k | stats max(total) as most | filter most > 5", *messages) == [
        {"most": "12"}
    ]


def test_rows_are_sorted_limited_and_told_apart() -> None:
    messages: list[Any] = [{"n": 3}, {"n": "x"}, {"n": 10}, {}, {"n": 3}]
    assert [row.get("n") for row in ask("fields n | sort n", *messages)] == [None, "x", "3", "3", "10"]
    assert [row.get("n") for row in ask("fields n | sort n desc | limit 2", *messages)] == ["10", "3"]
    assert [row.get("n") for row in ask("fields n | dedup n", *messages)] == ["3", "x", "10", None]
    assert [row["n"] for row in ask("fields n | filter ispresent(n) | head 2", *messages)] == ["3", "x"]
    assert len(ask("fields n", *messages, limit=3)) == 3
    pairs = [{"a": a, "b": b} for a in (1, 2) for b in (1, 2)]
    assert [row["a"] + row["b"] for row in ask("fields a, b | sort a desc, b asc", *pairs)] == [
        "21", "22", "11", "12",
    ]  # fmt: skip


def test_what_a_query_does_not_name_is_shown_as_in_the_console() -> None:
    assert ask("filter @message like 'x'", "x") == [
        {"@timestamp": "2027-01-15 08:00:00.000", "@message": "x"}
    ]
    query, _ = compile_query("fields @message | limit 1", NOW_MS, 10)
    query.feed(events("a", "b"))
    assert query.is_satisfied
    assert query.rows == [[{"field": "@message", "value": "a"}, {"field": "@ptr", "value": "p0"}]]


def test_the_lines_of_functions_have_fields_of_their_own() -> None:
    names = "@type, @requestId, @duration, @billedDuration, @memorySize, @maxMemoryUsed, @initDuration"
    assert ask(f"fields {names}", REPORT, f"START RequestId: {UUID} Version: 1", f"[INFO]\t2027\t{UUID}\thi") == [
        {
            "@type": "REPORT", "@requestId": UUID, "@duration": "12.5", "@billedDuration": "13",
            "@memorySize": "512000000", "@maxMemoryUsed": "64000000", "@initDuration": "100.1",
        },
        {"@type": "START", "@requestId": UUID},
        {"@requestId": UUID},
    ]  # fmt: skip
    assert ask('filter @type = "REPORT" | stats max(@memorySize / 1000 / 1000) as mb', REPORT) == [
        {"mb": "512"}
    ]
    record = events({"a": {"b": [1, None]}, "c": "x"})[0]
    found = insights.all_fields(record)
    assert {name: found[name] for name in found if not name.startswith("@")} == {"a.b.0": 1, "c": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "", "|", "fields", "fields @message |", "fields @message | | limit 1", "explode x", "filter", "filter a =",
        "filter a like", "filter a like /(/", "filter a like /(?=x)/", "filter a in []", "filter a in (1)",
        "filter (a = 1", "filter a = 1)", "stats", "stats n by k", "stats count(", "stats pct(n)", "stats pct(n, 101)",
        "sort", "limit", "limit 0", "limit x", "limit 1000000", "parse @message", 'parse @message "*"',
        'parse @message "* *" as a', "parse @message /x/", "fields nofunction(a)", "fields strlen()",
        "fields strlen(a, b)", "fields bin(5x)", "fields bin(0m)", "fields datefloor(@timestamp)", "dedup",
        "fields 'open", "fields `open", "fields a as", "fields a b", "fields \0", "display",
        "stats sum(avg(n))", "fields " + "(" * 100 + "1" + ")" * 100, "fields " + "1+" * 1000 + "1",
        "fields " + "abs(" * 200 + "1" + ")" * 200,
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(MalformedQuery) as caught:
        compile_query(text, NOW_MS, 10)
    assert 0 <= caught.value.start <= caught.value.end <= len(text) + 1


def test_long_conditions_and_hostile_texts_are_no_trouble() -> None:
    many = " or ".join(f"n = {number}" for number in range(600))
    assert len(ask(f"filter {many}", {"n": 599})) == 1
    assert len(ask("filter " + "not " * 2000 + "n = 1", {"n": 1})) == 1
    assert value("replace(concat(s, s), 'a', s)", {"s": "a" * 1_000_000}) is not None
    assert value("@message", "[" * 5000 + "{") is not None
    assert value("a." + ".".join("b" * 100), '{"a":' * 500) is None


def test_a_query_that_holds_too_much_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "MAX_HELD", 10)
    messages = [{"n": number} for number in range(20)]
    for text in ("fields n | sort n | dedup n", "stats count(*) by n", "fields n | dedup n"):
        with pytest.raises(TooMuch):
            ask(text, *messages)
    assert len(ask("fields n | sort n | limit 3", *messages)) == 3
