"""Input templates of pipes, and what a record is to them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.pipes.running.record import Item, Unfit
from penstock.services.pipes.running.template import Facts, Template

FACTS = Facts("arn:pipe", "name", "arn:source", "arn:enrichment", "arn:target", "2026-01-01T00:00:00.000Z")


def rendered(text: str, raw: Any) -> str:
    return Template(text).render(Item.of(raw), FACTS).decode()


@pytest.mark.parametrize(
    ("text", "raw", "wanted"),
    [
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
        ('"Hello, sender"', {}, '"Hello, sender"'),
        ("<$.attributes.SenderId>", {"attributes": {"SenderId": "AIDA"}}, '"AIDA"'),
        ('"Hello, <$.attributes.SenderId>"', {"attributes": {"SenderId": "AIDA"}}, '"Hello, AIDA"'),
        ('{"key2": <$.body.Records[1]>}', {"body": '{"Records": [1, {"a": 2}]}'}, '{"key2":{"a":2}}'),
        (
            "<aws.pipes.pipe-arn> at <aws.pipes.event.ingestion-time>",
            {},
            '"arn:pipe" at "2026-01-01T00:00:00.000Z"',
        ),
        ("<aws.pipes.event>", {"body": '{"a":1}'}, '{"body":"{\\"a\\":1}"}'),
        ("<aws.pipes.event.json>", {"body": '{"a":1}'}, '{"body":{"a":1}}'),
        ('{"all": <$.body.list[*].n>}', {"body": '{"list": [{"n": 1}, {"n": 2}]}'}, '{"all":[1,2]}'),
        ("free <$.no> text", {}, "free null text"),
        ('"<$.no>"', {}, '""'),
        ("a < b <c> <d", {}, "a < b <c> <d"),
    ],
)
def test_a_template_makes_what_aws_says(text: str, raw: Any, wanted: str) -> None:
    assert rendered(text, raw) == wanted


@given(st.text())
def test_whatever_stands_in_quotes_leaves_the_json_whole(value: str) -> None:
    raw = json.loads(json.dumps({"value": value}, ensure_ascii=True).encode("utf-8", "replace"))
    assert json.loads(rendered('{"v": "<$.value>", "w": <$.value>}', raw)) == {"v": value, "w": value}


@pytest.mark.parametrize("text", ["<$.>", "<$.a[x]>", "<aws.pipes.>", "<aws.pipes.event.none>", "<$a>"])
def test_what_names_nothing_there_is_is_no_template(text: str) -> None:
    with pytest.raises(ValueError):
        Template(text)


def test_a_record_that_makes_no_json_of_a_json_template_is_unfit() -> None:
    with pytest.raises(Unfit):
        rendered('{"a": <$.b> <$.b>}', {"b": 1})
