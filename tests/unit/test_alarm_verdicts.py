"""Verdicts on alarms are those of the tables on AWS's page.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import pytest

from penstock.services.cloudwatch.alarms.reasons import reason
from penstock.services.cloudwatch.alarms.verdict import Point, judge
from penstock.services.cloudwatch.alarms.watch import Missing, Watch

KEEPS, OK, ALARM, UNKNOWN = None, "OK", "ALARM", "INSUFFICIENT_DATA"
TREATMENTS = (Missing.MISSING, Missing.IGNORE, Missing.BREACHING, Missing.NOT_BREACHING)


def watch(needed: int, missing: Missing, evaluated: int = 3) -> Watch:
    return Watch((), (), "m", 60, evaluated, needed, "GreaterThanThreshold", 50.0, missing, False)


def points(text: str) -> list[Point | None]:
    values = {"0": 1.0, "X": 99.5, "-": None}
    found = [values[letter] for letter in text.split()]
    return [
        None if value is None else Point(1_570_035_540 + 60 * at, value, 1.0)
        for at, value in enumerate(found)
    ]


@pytest.mark.parametrize(
    ("text", "needed", "wanted"),
    [
        ("0 - X - X", 3, (OK, OK, OK, OK)),
        ("0 - - - -", 3, (OK, OK, OK, OK)),
        ("- - - - -", 3, (UNKNOWN, KEEPS, ALARM, OK)),
        ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", 3, (ALARM, KEEPS, ALARM, OK)),
        ("X - - - -", 3, (ALARM, KEEPS, ALARM, OK)),
        ("- - - - X", 3, (UNKNOWN, KEEPS, ALARM, OK)),
        ("- - - X -", 3, (UNKNOWN, KEEPS, ALARM, OK)),
        ("- - - X 0", 3, (OK, OK, OK, OK)),
        ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", 2, (OK, OK, ALARM, OK)),
        ("- - - - 0", 2, (OK, OK, ALARM, OK)),
        ("- - - X -", 2, (ALARM, KEEPS, ALARM, OK)),
        ("- - - - X", 2, (UNKNOWN, KEEPS, ALARM, OK)),
        ("- - - X X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("X X 0 0 0", 2, (OK, OK, OK, OK)),
    ],
)
def test_missing_data_are_treated_as_in_the_tables(
    text: str, needed: int, wanted: tuple[str | None, ...]
) -> None:
    found = tuple(judge(watch(needed, missing), points(text)).state for missing in TREATMENTS)
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "evaluated", "missing", "wanted"),
    [
        (
            "- - X",
            1,
            Missing.MISSING,
            "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (02/10/19 17:01:00)] was greater than the "
            "threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "- - 0",
            1,
            Missing.MISSING,
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (02/10/19 17:01:00)] was not greater than the "
            "threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
        (
            "- - X X",
            2,
            Missing.MISSING,
            "Threshold Crossed: 2 out of the last 2 datapoints [99.5 (02/10/19 17:02:00), 99.5 (02/10/19 17:01:00)] "
            "were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "- - -",
            1,
            Missing.NOT_BREACHING,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
        ),
        (
            "- - - - -",
            3,
            Missing.BREACHING,
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
            "[Breaching].",
        ),
        ("- - - - - - -", 5, Missing.MISSING, "Insufficient Data: 5 datapoints were unknown."),
        ("- - -", 1, Missing.MISSING, "Insufficient Data: 1 datapoint was unknown."),
    ],
)
def test_reasons_are_in_awss_words(text: str, evaluated: int, missing: Missing, wanted: str) -> None:
    about = watch(evaluated, missing, evaluated)
    verdict = judge(about, points(text))
    assert verdict.state is not None
    assert reason(about, verdict, verdict.state) == wanted
