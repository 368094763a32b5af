"""Event patterns: the examples of the EventBridge user guide, and what AWS answered to LocalStack's recorded cases."""

from typing import Any

import orjson
import pytest

from penstock.matching.event_pattern import EventPattern

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "time": "2017-12-22T18:43:48Z",
    "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1", "arn:aws:s3:::bucket"],
    "detail": {
        "state": "terminated",
        "empty": "",
        "nothing": None,
        "none": [],
        "yes": True,
        "count": 5,
        "limit": 301.8,
        "ip": "10.0.0.33",
        "ip6": "2001:db8::8",
        "file": "dir/sub/photo.PNG",
        "tags": ["red", "Green"],
    },
}

MATCHING = [
    '{"source": ["aws.ec2"], "detail": {"state": ["terminated"]}}',
    '{"source": ["aws.fargate", "aws.ec2"]}',
    '{"resources": ["arn:aws:s3:::bucket"]}',
    '{"detail": {"empty": [""], "nothing": [null], "yes": [true]}}',
    '{"detail": {"count": [5], "limit": [3.018e2]}}',
    '{"detail": {"count": [5.0]}}',
    '{"detail": {"state": [{"exactly": "terminated"}]}}',
    '{"time": [{"prefix": "2017-12-22"}]}',
    '{"detail": {"file": [{"prefix": {"equals-ignore-case": "DIR/"}}]}}',
    '{"detail": {"file": [{"suffix": ".PNG"}]}}',
    '{"detail": {"file": [{"suffix": {"equals-ignore-case": ".png"}}]}}',
    '{"detail": {"state": [{"equals-ignore-case": "TERMINATED"}]}}',
    '{"detail": {"state": [{"anything-but": "running"}]}}',
    '{"detail": {"state": [{"anything-but": ["running", "stopped"]}]}}',
    '{"detail": {"state": [{"anything-but": 5}]}}',
    '{"detail": {"count": [{"anything-but": [4, 6]}]}}',
    '{"detail": {"count": [{"anything-but": "5"}]}}',
    '{"detail": {"count": [{"anything-but": {"prefix": "init"}}]}}',
    '{"detail": {"nothing": [{"anything-but": "x"}]}}',
    '{"detail": {"state": [{"anything-but": {"prefix": ["run", "stop"]}}]}}',
    '{"detail": {"state": [{"anything-but": {"suffix": "ing"}}]}}',
    '{"detail": {"state": [{"anything-but": {"equals-ignore-case": ["RUNNING"]}}]}}',
    '{"detail": {"file": [{"anything-but": {"wildcard": "*/lib/*"}}]}}',
    '{"detail": {"file": [{"anything-but": {"wildcard": ""}}]}}',
    '{"detail": {"tags": [{"anything-but": "red"}]}}',
    '{"detail": {"count": [{"numeric": [">", 0, "<=", 5]}]}}',
    '{"detail": {"count": [{"numeric": [">=", 5]}], "limit": [{"numeric": ["=", 301.8]}]}}',
    '{"detail": {"count": [{"numeric": ["<", 5.5]}]}}',
    '{"detail": {"ip": [{"cidr": "10.0.0.0/24"}], "ip6": [{"cidr": "2001:db8::/32"}]}}',
    '{"detail": {"file": [{"wildcard": "dir/*.PNG"}]}}',
    '{"detail": {"file": [{"wildcard": "*/sub/*"}]}}',
    '{"detail": {"state": [{"exists": true}], "other": [{"exists": false}]}}',
    '{"detail": {"nothing": [{"exists": true}], "none": [{"exists": false}]}}',
    '{"detail": [{"exists": false}]}',
    '{"a": {"b": {"c": [{"anything-but": ["x"]}, {"exists": false}]}}}',
    '{"$or": [{"source": ["other"]}, {"detail": {"state": ["terminated"]}}]}',
    '{"detail": {"$or": [{"count": [{"numeric": [">", 9]}]}, {"limit": [{"numeric": ["<", 400]}]}]}}',
    '{"source": ["x", "aws.ec2"], "$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"id": [{"exists": true}]}]}]}',
    '{"detail.state": ["terminated"]}',
]

NOT_MATCHING = [
    '{"source": ["AWS.EC2"]}',
    '{"Source": ["aws.ec2"]}',
    '{"detail": {"state": ["terminated"], "count": [6]}}',
    '{"detail": {"count": ["5"]}}',
    '{"detail": {"yes": [1]}}',
    '{"detail": {"none": [null]}}',
    '{"detail": {"none": [{"exists": true}]}}',
    '{"detail": {"nothing": [""]}}',
    '{"detail": {"empty": [null]}}',
    '{"detail": {"count": [{"prefix": "5"}]}}',
    '{"detail": {"file": [{"suffix": ".png"}]}}',
    '{"detail": {"missing": [{"anything-but": "x"}]}}',
    '{"detail": {"count": [{"anything-but": [5]}]}}',
    '{"detail": {"state": [{"anything-but": {"equals-ignore-case": "TERMINATED"}}]}}',
    '{"detail": {"file": [{"anything-but": {"wildcard": ["*/lib/*", "*/sub/*"]}}]}}',
    '{"detail": {"state": [{"numeric": [">", 0]}]}}',
    '{"detail": {"yes": [{"numeric": ["=", 1]}]}}',
    '{"detail": {"count": [{"numeric": [">", 5]}]}}',
    '{"detail": {"count": [{"cidr": "10.0.0.0/24"}]}}',
    '{"detail": {"ip": [{"cidr": "10.0.0.34/24"}]}}',
    '{"detail": {"ip6": [{"cidr": "10.0.0.0/8"}]}}',
    '{"detail": {"state": [{"cidr": "0.0.0.0/0"}]}}',
    r'{"detail": {"file": [{"wildcard": "dir/\\*"}]}}',
    '{"detail": [{"exists": true}]}',
    '{"detail": {"state": [{"exists": false}]}}',
    '{"detail": {"state.status": {"status": ["running"]}}}',
    '{"source": ["aws.ec2"], "source": ["x"]}',
    '{"$or": [{"source": ["other"]}, {"detail": {"state": ["running"]}}]}',
]


@pytest.mark.parametrize("pattern", MATCHING)
def test_a_pattern_matches_and_there_is_no_reason_why_not(pattern: str) -> None:
    assert EventPattern(pattern).matches(EVENT)
    assert EventPattern(pattern).why_not(EVENT) is None


@pytest.mark.parametrize("pattern", NOT_MATCHING)
def test_a_pattern_does_not_match_and_says_why(pattern: str) -> None:
    assert not EventPattern(pattern).matches(EVENT)
    assert EventPattern(pattern).why_not(EVENT)


PEOPLE = {
    "employees": [
        {"firstName": "John", "lastName": "Doe"},
        [{"firstName": "Anna", "lastName": "Smith"}],
        {"firstName": "Peter", "lastName": "Jones", "left": True},
    ]
}


def test_one_element_of_a_list_answers_for_all_fields() -> None:
    assert EventPattern('{"employees": {"firstName": ["Anna"]}}').matches(PEOPLE)
    assert EventPattern('{"employees": {"firstName": ["Anna"], "lastName": ["Smith"]}}').matches(PEOPLE)
    mixed = EventPattern('{"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}')
    assert not mixed.matches(PEOPLE)
    assert (
        mixed.why_not(PEOPLE)
        == "no single element of a list has all of employees.firstName, employees.lastName"
    )


def test_absent_means_absent_from_all_elements_until_another_field_has_picked_one() -> None:
    assert not EventPattern('{"employees": {"left": [{"exists": false}]}}').matches(PEOPLE)
    assert EventPattern('{"employees": {"firstName": ["Anna"], "left": [{"exists": false}]}}').matches(PEOPLE)
    assert not EventPattern('{"employees": {"firstName": ["Peter"], "left": [{"exists": false}]}}').matches(
        PEOPLE
    )
    # Fields are asked for in the order of their paths: here nothing has been picked yet.
    assert not EventPattern(
        '{"employees": {"left": [{"exists": false}], "zip": [{"exists": false}]}}'
    ).matches(PEOPLE)


def test_lists_in_a_list_of_records_are_one_list() -> None:
    pattern = EventPattern(
        '{"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}}'
    )
    created = {"eventName": "ObjectCreated:Put", "s3": {"object": [[{"key": "auto-1"}]]}}
    removed = {"eventName": "ObjectRemoved:Delete", "s3": {"object": {"key": "auto-2"}}}
    other = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "home-1"}}}
    assert pattern.matches({"Records": [other, created]})
    assert not pattern.matches({"Records": [other, removed]})


@pytest.mark.parametrize(
    "event",
    [
        {"object": {"nested": {"test": "x"}}},
        {"object.nested.test": "x"},
        {"object.nested": {"test": "x"}},
        {"object": {"nested.test": "x"}},
        {"object": {"nested": "y", "nested.test": "x"}, "object.other": 1},
        {"object": [{"nested.test": "y"}, {"nested": {"test": "x"}}]},
    ],
)
def test_a_name_with_dots_is_a_nested_name(event: dict[str, Any]) -> None:
    before = orjson.dumps(event)
    assert EventPattern('{"object.nested.test": ["x"]}').matches(event)
    assert EventPattern('{"object": {"nested.test": ["x"]}}').matches(event)
    assert orjson.dumps(event) == before


def test_an_or_with_reserved_names_or_one_object_is_a_field() -> None:
    assert EventPattern('{"$or": {"a": [1]}}').matches({"$or": {"a": 1}})
    assert EventPattern('{"$or": [{"prefix": "abc"}]}').matches({"$or": "abcd"})
    assert EventPattern('{"$or": [{"prefix": "abc"}, {"suffix": "x"}]}').matches({"$or": "xx"})


def test_a_field_of_an_alternative_takes_the_place_of_the_one_outside() -> None:
    pattern = EventPattern('{"a": [1], "$or": [{"a": [2]}, {"b": [1]}]}')
    assert pattern.matches({"a": 2})
    assert pattern.matches({"a": 1, "b": 1})
    assert not pattern.matches({"a": 2.5, "b": 1})


def test_the_reason_names_the_field_what_it_wanted_and_what_it_saw() -> None:
    why = lambda pattern: EventPattern(pattern).why_not(EVENT)  # noqa: E731
    assert why('{"detail": {"state": ["running", {"prefix": "stop"}]}}') == (
        'detail.state: wanted "running" or prefix "stop", saw "terminated"'
    )
    assert why('{"detail": {"x": [{"numeric": [">", 1, "<=", 3]}]}}') == (
        "detail.x: wanted numeric > 1 and <= 3, saw nothing"
    )
    assert why('{"detail": {"tags": [{"anything-but": {"wildcard": ["red", "G*"]}}]}}') == (
        'detail.tags: wanted anything but wildcard "red" or wildcard "G*", saw "red", "Green"'
    )
    assert why('{"id": [{"exists": false}]}') == (
        'id: wanted no value, saw "6a7e8feb-b491-4cf7-a9f1-bf3703467718"'
    )
    assert why('{"$or": [{"source": [null]}, {"version": [0]}]}') == (
        'source: wanted null, saw "aws.ec2"; version: wanted 0, saw "0"'
    )
