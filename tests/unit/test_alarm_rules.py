"""Rules of composite alarms mean what AWS's page says."""

import pytest

from penstock.services.cloudwatch.alarms.alarm import State
from penstock.services.cloudwatch.alarms.rule import RuleError, parse_rule

STATES = {
    "hot": State.ALARM,
    "cold": State.OK,
    "new": State.INSUFFICIENT_DATA,
    "two words (2)": State.ALARM,
    "arn:aws:cloudwatch:us-east-1:1:alarm:hot": State.ALARM,
    "OK": State.OK,
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ALARM(hot)", True),
        ('ALARM("hot") AND OK("cold")', True),
        ("ALARM(hot) AND NOT ALARM(cold)", True),
        ("(ALARM(cold) OR ALARM(hot)) AND INSUFFICIENT_DATA(new)", True),
        ("ALARM(cold) OR ALARM(hot) AND ALARM(cold)", False),
        ("NOT (ALARM(cold) OR ALARM(hot))", False),
        ("NOT NOT ALARM(hot)", True),
        ('ALARM("two words (2)")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:hot)", True),
        ("OK(OK)", True),
        ("TRUE", True),
        ("False or true", True),
        ("  ( ( TRUE ) )  ", True),
        ("ALARM(gone) OR OK(gone)", False),
    ],
)
def test_a_rule_says_whether_it_is_an_alarm(text: str, wanted: bool) -> None:
    assert parse_rule(text).is_alarm(STATES.get) is wanted


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "ALARM",
            "ALARM()",
            "ALARM(a",
            "a",
            "TRUE FALSE",
            "(TRUE",
            "NOT",
            "TRUE AND",
            "TRUEISH",
            'OK("")',
        ),
        *("(" * 5000 + "TRUE", "NOT " * 2000 + "TRUE", " OR ".join(["TRUE"] * 501)),
        " OR ".join(f"ALARM(a{number})" for number in range(101)),
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse_rule(text)
