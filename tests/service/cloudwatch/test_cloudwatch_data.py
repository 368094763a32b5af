"""GetMetricData: metrics, metric math, searches, labels, pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.functions import client
from tests.kit.metrics import START, data, moment, put, query, refusal, still_server, values

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server with the series of AWS's page on metric math, a value a minute; - is a value that is missing."""
    with still_server() as running:
        series = {
            "metric1": "30 20 0 0", "metric2": "20 - 20 -", "if1": "1 1 0 0 -", "if2": "30 - 0 0 30",
            "if3": "0 0 20 - 20", "up": "1 4 - 16",
        }  # fmt: skip
        for name, text in series.items():
            for at, value in enumerate(text.split()):
                if value != "-":
                    put(running, name, float(value), at=at)
        for function, errors in {"orders": 3, "bills": 5}.items():
            for name in ("Errors", "Invocations"):
                dimensions = [{"Name": "FunctionName", "Value": function}]
                put(running, name, errors, namespace="Run/Time", Dimensions=dimensions)
        put(running, "CustomCount1", 1, namespace="Run/Time")
        yield running


def computed(server: LocalServer, expression: str, **more: Any) -> Any:
    """Returns the values of an expression over the metrics, None where there is none, of four minutes."""
    names = ("metric1", "metric2", "if1", "if2", "if3", "up")
    queries = [query(name, name, ReturnData=False) for name in names]
    (found,) = data(server, *queries, query("e", Expression=expression), begin=0, end=5, **more)[
        "MetricDataResults"
    ]
    by_time = dict(zip(found["Timestamps"], found["Values"], strict=True))
    shown = [by_time.get(moment(at)) for at in range(5)]
    while shown and shown[-1] is None:
        shown.pop()
    return shown


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("(metric1 < metric2)", [0, 0, 1, 0]),
        ("(metric1 >= 30)", [1, 0, 0, 0]),
        ("(metric1 > 15 AND metric2 > 15)", [1, 0, 0, 0]),
        ("metric1 > 25 || metric2 == 20", [1, 0, 1, 0]),
        ("IF(if1, if2, if3)", [30, 0, 20]),
        ("IF(if1, 5, if3)", [5, 5, 20]),
        ("IF(if1, if2, 5)", [30, 0, 5, 5]),
        ("IF(metric1<25, metric1)", [None, 20, 0, 0]),
        ("IF(1 > 2, if2, if3)", [0, 0, 20, None, 20]),
        ("metric1 + metric2", [50, 20, 20, 0]),
        ("metric1 / metric2", [1.5, None, 0]),
        ("-metric1 * 2 + 10", [-50, -30, 10, 10]),
        ("2 ^ 3 ^ 2 * up / 512", [1, 4, None, 16]),
        ("up - MIN(up)", [0, 3, None, 15]),
        ("up / PERIOD(up) * 60", [1, 4, None, 16]),
        ("ABS(-up)", [1, 4, None, 16]),
        ("CEIL(up / 3) + FLOOR(up / 3)", [1, 3, None, 11]),
        ("LOG10(up * 0)", []),
        ("LOG(up / up)", [0, 0, None, 0]),
        ("DIFF(up)", [None, 3, None, 12]),
        ("DIFF_TIME(up)", [None, 60, None, 120]),
        ("RATE(up)", [None, 0.05, None, 0.1]),
        ("RUNNING_SUM(up)", [1, 5, None, 21]),
        ("FILL(up, 9)", [1, 4, 9, 16, 9]),
        ("FILL(up, REPEAT)", [1, 4, 4, 16, 16]),
        ("FILL(up, LINEAR)", [1, 4, 10, 16]),
        ("FILL(up, metric2)", [1, 4, 20, 16]),
        ("SUM([metric1, metric2])", [50, 20, 20, 0]),
        ("AVG([metric1, metric2])", [25, 10, 10, 0]),
        ("MAX([metric1, metric2])", [30, 20, 20, 0]),
        ("DATAPOINT_COUNT([metric1, metric2])", [2, 1, 2, 1]),
        ("STDDEV([metric1, metric2])", [5, 0, 10, 0]),
        ("TIME_SERIES(AVG(up))", [7] * 5),
        ("TIME_SERIES(DATAPOINT_COUNT(up) + METRIC_COUNT(METRICS()))", [9] * 5),
        ("SUM(METRICS('metric'))", [50, 20, 20, 0]),
        ("FIRST(SORT(METRICS('metric'), SUM, DESC))", [30, 20, 0, 0]),
        ("LAST(SORT([metric1, metric2], AVG, ASC))", [20, None, 20]),
        ("SUM(SLICE(SORT(METRICS(), MAX, DESC), 0, 2))", [60, 20, 0, 0, 30]),
        ("SUM(SORT(METRICS(), MAX, DESC, 1))", [30, 20, 0, 0]),
        ("SUM(REMOVE_EMPTY([metric1, IF(0, up)]))", [30, 20, 0, 0]),
        ("MINUTE(up)", [0, 1, 2, 3, 4]),
        ("HOUR(up) + DAY(up) * 100", [508] * 5),
        ("YEAR(up) * 10000 + MONTH(up) * 100 + DATE(up)", [20270115] * 5),
        ("EPOCH(up)", [START.timestamp() + 60 * at for at in range(5)]),
    ],
)  # fmt: skip
def test_expressions_come_to_what_the_page_says(server: LocalServer, expression: str, wanted: Any) -> None:
    assert computed(server, expression) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "expression",
    [
        "metric1 +", "metric1 metric2", "NOPE(metric1)", "unknown + 1", "AVG(metric1)", "1 + 1", "'text'",
        "METRICS() + METRICS()", "IF(metric1)", "FILL(metric1)", "SORT(METRICS(), UP, DESC)", "SUM(5)",
        "[1, 2]", "(" * 500, "e + 1", "METRIC_COUNT(METRICS())", "PERIOD(e)", "sum(metric1)", "metric1 # 2",
        "SEARCH('', 'Sum', 60)", "SEARCH('{A} (', 'Sum', 60)", "SEARCH('{A} x', 'Nope', 60)", "SEARCH(1)",
        "SEARCH('{A} x', 'Sum', 61)", "-" * 1000 + "1", "SEARCH('{} x', 'Sum', 60)",
    ],
)  # fmt: skip
def test_expressions_that_mean_nothing_are_refused(server: LocalServer, expression: str) -> None:
    operation = client(server, "cloudwatch").get_metric_data
    queries = [query("metric1", "metric1"), query("metric2", "metric2"), query("e", Expression=expression)]
    code, text = refusal(operation, StartTime=moment(0), EndTime=moment(5), MetricDataQueries=queries)
    assert code == "ValidationError"
    assert text.startswith("Error in expression 'e': ")


@pytest.mark.parametrize(
    "expression", ["ANOMALY_DETECTION_BAND(m, 2)", "SERVICE_QUOTA(m)", "SELECT AVG(x) FROM y"]
)
def test_functions_that_are_not_here_are_refused_by_name(server: LocalServer, expression: str) -> None:
    operation = client(server, "cloudwatch").get_metric_data
    queries = [query("m", "metric1"), query("e", Expression=expression)]
    code, text = refusal(operation, StartTime=moment(0), EndTime=moment(5), MetricDataQueries=queries)
    assert code == "NotImplemented"
    assert expression.split("(")[0] in text or "Insights" in text


def test_expressions_may_name_each_other_in_any_order_but_not_in_a_circle(server: LocalServer) -> None:
    queries = [query("a", Expression="b * 2"), query("b", Expression="m + 1"), query("m", "up")]
    found = values(server, *queries, begin=0, end=4)
    assert (found["a"], found["b"]) == ([4, 10, 34], [2, 5, 17])
    operation = client(server, "cloudwatch").get_metric_data
    queries = [query("a", Expression="b * 2"), query("b", Expression="a + 1")]
    code, _ = refusal(operation, StartTime=moment(0), EndTime=moment(5), MetricDataQueries=queries)
    assert code == "ValidationError"


def test_five_hundred_expressions_may_each_name_the_next(server: LocalServer) -> None:
    chain = [query(f"e{at}", Expression=f"e{at + 1} + 1", ReturnData=at == 0) for at in range(498)]
    found = values(server, *chain, query("e498", "up", ReturnData=False), begin=0, end=2)
    assert found["e0"] == [499, 502]


@pytest.mark.parametrize(
    ("search", "wanted"),
    [
        ("{Run/Time,FunctionName} Errors", {"bills", "orders"}),
        ("{Run/Time, FunctionName} MetricName=\"Errors\" NOT bills", {"orders"}),
        ("{Run/Time,FunctionName} MetricName=\"Errors\" OR (MetricName=\"Invocations\" AND (orders))",
         {"bills Errors", "orders Errors", "orders Invocations"}),
        ("FunctionName=orders errors", {"orders"}),
        ("Namespace=\"Run/Time\" MetricName=CustomCount1", {"CustomCount1"}),
        ("Namespace=\"Run/Time\" count", {"CustomCount1"}),
        ("Namespace=\"Run/Time\" CustomCount", {"CustomCount1"}),
        ("Namespace=\"Run/Time\" couNT", set()),
        ("Namespace=\"Run/Time\" customcount", set()),
        ("{Run/Time} \"customcount1\"", set()),
        ("{Run/Time} \"CustomCount1\"", {"CustomCount1"}),
        ("{Run/Time,Other} errors", set()),
        ("{\"Run/Time\", \"FunctionName\"}, \"bills\" invocations", {"bills"}),
    ],
)  # fmt: skip
def test_searches_find_what_the_page_says(server: LocalServer, search: str, wanted: set[str]) -> None:
    found = values(server, query("s", Expression=f"SEARCH('{search}', 'Sum', 60)"))
    assert set(found) == wanted


def test_a_search_is_part_of_an_expression(server: LocalServer) -> None:
    expression = "SUM(SEARCH('{Run/Time,FunctionName} Errors', 'Sum', 300))"
    assert values(server, query("s", Expression=expression, Label="all")) == {"all": [8]}


def test_labels_say_what_their_variables_stand_for(server: LocalServer) -> None:
    label = "${LABEL} ${PROP('MetricName')} ${PROP('Stat')} ${MIN}-${MAX} last ${LAST} of ${DATAPOINT_COUNT}: ${AVG}"
    (found,) = values(server, query("m", "up", Label=label), begin=0, end=5)
    assert found == "up up Sum 1-16 last 16 of 3: 7"
    searched = query("s", Expression="SEARCH('{Run/Time,FunctionName} Errors', 'Sum', 60)")
    found = values(server, searched | {"Label": "${PROP('Dim.FunctionName')} ${MAX_TIME_RELATIVE} ${NOPE}"})
    assert set(found) == {"orders 0s ${NOPE}", "bills 0s ${NOPE}"}
    assert set(values(server, searched | {"Label": "fn"})) == {"fn orders", "fn bills"}


def test_the_latest_values_come_first_unless_asked_otherwise(server: LocalServer) -> None:
    assert data(server, query("m", "up"), begin=0, end=5)["MetricDataResults"][0]["Values"] == [1, 4, 16]
    found = data(server, query("m", "up"), begin=0, end=5, ScanBy="TimestampDescending")
    assert found["MetricDataResults"][0]["Values"] == [16, 4, 1]


def test_pages_hold_what_was_asked_for_and_give_every_value_once(server: LocalServer) -> None:
    operation = client(server, "cloudwatch").get_metric_data
    asked = {
        "StartTime": moment(0), "EndTime": moment(5), "MaxDatapoints": 2, "ScanBy": "TimestampAscending",
        "MetricDataQueries": [query("a", "up"), query("b", "metric1"), query("c", "nothing")],
    }  # fmt: skip
    seen: list[tuple[str, list[float], str]] = []
    token: dict[str, str] = {}
    while True:
        page = operation(**asked, **token)
        assert sum(len(found["Values"]) for found in page["MetricDataResults"]) <= 2
        seen += [(each["Id"], each["Values"], each["StatusCode"]) for each in page["MetricDataResults"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == [
        ("a", [1, 4], "PartialData"), ("a", [16], "Complete"), ("b", [30], "PartialData"),
        ("b", [20, 0], "PartialData"), ("b", [0], "Complete"), ("c", [], "Complete"),
    ]  # fmt: skip
    assert refusal(operation, **asked, NextToken="WzFd")[0] == "InvalidNextToken"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"EndTime": moment(-1)}, "The parameter EndTime must be greater than StartTime."),
        (
            {"MetricDataQueries": [query("M1", "up")]},
            "The value M1 for parameter MetricDataQueries.member.1.Id is not matching the expected pattern "
            "^[a-z][a-zA-Z0-9_]*$.",
        ),
        (
            {"MetricDataQueries": [query("m", "up"), query("m", "up")]},
            "The values for parameter id in MetricDataQueries are not unique.",
        ),
        ({"MetricDataQueries": [{"Id": "m"}]}, None),
        ({"MetricDataQueries": [{**query("m", "up"), "Expression": "1"}]}, None),
        ({"MetricDataQueries": [query("m", "up", stat="Median")]}, None),
        ({"MetricDataQueries": [query("m", "up", period=61)]}, None),
        ({"MetricDataQueries": []}, None),
        ({"MetricDataQueries": [query(f"m{at}", "up") for at in range(501)]}, None),
        ({"MaxDatapoints": 100_801}, None),
        (
            {"MetricDataQueries": [query("e", Expression="TIME_SERIES(1)", Period=1)], "EndTime": moment(9999)},
            None,
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused(server: LocalServer, wrong: Any, text: str | None) -> None:
    operation = client(server, "cloudwatch").get_metric_data
    asked = {"StartTime": moment(0), "EndTime": moment(5), "MetricDataQueries": [query("m", "up")], **wrong}
    code, found = refusal(operation, **asked)
    assert code == "ValidationError"
    assert text in (None, found)
