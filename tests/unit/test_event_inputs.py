"""What targets get of an event: the examples of EventBridge's guide, and what they leave open."""

from typing import Any

import orjson
import pytest

from penstock.matching.json_path import NOTHING, JsonPath
from penstock.services.events.inputs.input import compile_input
from penstock.services.events.inputs.template import Facts, Template, Unrenderable

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "123456789012",
    "time": "2015-11-11T21:29:54Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
    "detail": {
        "instance-id": "i-0123456789",
        "state": "RUNNING",
        "list": [{"n": 1}, {"n": 2}],
        "quote": 'a"b',
    },
}
FACTS = Facts(EVENT, orjson.dumps(EVENT), "2015-11-11T21:30:00Z", "arn:rule", "example")
PATHS = {
    "timestamp": "$.time",
    "instance": "$.detail.instance-id",
    "state": "$.detail.state",
    "list": "$.detail.list",
    "none": "$.detail.none",
    "quote": "$.detail.quote",
}


def rendered(template: str) -> str:
    return Template(template, PATHS).render(FACTS).decode()


@pytest.mark.parametrize(
    ("template", "output"),
    [
        ('"instance <instance> is in <state>"', '"instance i-0123456789 is in RUNNING"'),
        ('"instance \\"<instance>\\" is in <state>"', '"instance \\"i-0123456789\\" is in RUNNING"'),
        (
            '{\n  "instance" : <instance>,\n  "state": <state>\n}',
            '{"instance":"i-0123456789","state":"RUNNING"}',
        ),
        (
            '{"instance": <instance>, "state": "<state>", "s": "instance \\"<instance>\\" is in <state>"}',
            '{"instance":"i-0123456789","state":"RUNNING","s":"instance \\"i-0123456789\\" is in RUNNING"}',
        ),
        (
            '{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}',
            '{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}',
        ),
        ('"<aws.events.rule-name> triggered"', '"example triggered"'),
        (
            '{"r": <aws.events.rule-arn>, "at": <aws.events.event.ingestion-time>}',
            '{"r":"arn:rule","at":"2015-11-11T21:30:00Z"}',
        ),
    ],
)
def test_a_template_makes_what_the_guide_shows(template: str, output: str) -> None:
    assert rendered(template) == output


def test_the_event_itself_is_a_variable_with_its_detail_or_without() -> None:
    found = orjson.loads(rendered('{"all": <aws.events.event.json>, "rest": <aws.events.event>}'))
    assert found["all"] == EVENT
    assert found["rest"] == {name: value for name, value in EVENT.items() if name != "detail"}


def test_lists_and_documents_stand_as_json() -> None:
    assert rendered('{"l": <list>}') == '{"l":[{"n":1},{"n":2}]}'
    assert rendered('"<list>"') == '"[{"n":1},{"n":2}]"'


def test_what_is_not_there_is_nothing_in_quotes_and_null_elsewhere() -> None:
    assert rendered('{"a": <none>, "b": "<none>!"}') == '{"a":null,"b":"!"}'


def test_a_value_is_not_escaped_and_so_may_break_the_json() -> None:
    assert rendered('{"q": <quote>}') == '{"q":"a\\"b"}'
    with pytest.raises(Unrenderable):
        rendered('{"q": "<quote>"}')


def test_brackets_that_are_no_variable_are_text() -> None:
    assert rendered('"1 < 2 and <a b>"') == '"1 < 2 and <a b>"'
    assert Template('"<nobody>"', {}).unknown == "nobody"


def test_what_is_nested_too_deeply_is_said_to_be() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = {"d": deep}
    facts = FACTS._replace(document={"detail": deep})
    for target in (
        {"InputPath": "$.detail"},
        {"InputTransformer": {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": '{"d": <d>}'}},
    ):
        with pytest.raises(Unrenderable):
            compile_input(target)(facts)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", EVENT),
        ("$.detail.list[1].n", 2),
        ("$.detail.list[*].n", [1, 2]),
        ("$.detail.list.*.n", [1, 2]),
        ("$['detail']['instance-id']", "i-0123456789"),
        ("$.resources[0]", EVENT["resources"][0]),
        ("$.resources[9]", NOTHING),
        ("$.time.hour", NOTHING),
        ("$.detail.none[*]", []),
    ],
)
def test_a_path_finds_what_stands_there(path: str, found: Any) -> None:
    assert JsonPath(path).find(EVENT) == found


@pytest.mark.parametrize(
    "path", ["", "detail", "$..a", "$.a[?(@.b)]", "$.a[-1]", "$.a[1:2]", "$.", "$[a]", "$x"]
)
def test_a_path_that_is_not_supported_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        JsonPath(path)


def test_an_input_is_all_of_the_event_a_constant_or_a_part() -> None:
    assert compile_input({})(FACTS) == FACTS.text
    assert compile_input({"Input": '{"a": 1}'})(FACTS) == b'{"a": 1}'
    assert compile_input({"InputPath": "$.detail.state"})(FACTS) == b'"RUNNING"'
    assert compile_input({"InputPath": "$.nothing"})(FACTS) == b"null"
