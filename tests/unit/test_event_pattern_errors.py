"""Refusals of patterns: AWS's texts, with the line and column that its parser names.

The first table holds answers of AWS itself, as LocalStack's snapshots of EventBridge and SNS record them.
"""

import json

import pytest

from penstock.matching.event_pattern import MAX_CHARS, EventPattern
from penstock.matching.pattern_error import PatternError, TooManyCombinations

RECORDED = [
    ('{"int": 42}', '"int" must be an object or an array', 11),
    ('{"string": "my-value"}', '"string" must be an object or an array', 13),
    ('{"key":{"suffix":"value"}}', '"suffix" must be an object or an array', 19),
    ('{"resources": []}', "Empty arrays are not allowed", 17),
    ('{"key":[["value"]]}', "Match value must be String, number, true, false, or null", 10),
    ('{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}', "Unrecognized match type NUMERIC", 36),
    ('{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 28),
    ('{"key":[{"wrong-operator":true}]}', "Unrecognized match type wrong-operator", 31),
    ('{"key":[{"suffix":"value","prefix":"value2"}]}', "Only one key allowed in match expression", 37),
    ('{"key":[{"suffix":100}]}', "suffix match pattern must be a string", 22),
    ('{"key":[{"suffix":null}]}', "suffix match pattern must be a string", 23),
    ('{"key":[{"suffix":[]}]}', "suffix match pattern must be a string", 20),
    ('{"key":[{"exists":null}]}', "exists match pattern must be either true or false.", 23),
    ('{"key":[{"exists":"no"}]}', "exists match pattern must be either true or false.", 20),
    ('{"key":[{"numeric":[]}]}', "Invalid member in numeric match: ]", 22),
    ('{"key":[{"numeric":["operator"]}]}', "Unrecognized numeric range operator: operator", 32),
    ('{"key":[{"numeric":[1,"<="]}]}', "Invalid member in numeric match: 1", 22),
    ('{"key":[{"numeric":["=","000"]}]}', "Value of equals must be numeric", 26),
    ('{"key":[{"numeric":[">="]}]}', "Value of >= must be numeric", 26),
    ('{"key":[{"numeric":["<",100,">",10]}]}', "Too many elements in numeric expression", 30),
    ('{"key":[{"numeric":[">=",1,">",2]}]}', "Bad numeric range operator: >", 31),
    ('{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}', "Bad numeric range operator: >", 49),
    ('{"key":[{"numeric":[">",3,"<",1]}]}', "Bottom must be less than top", 33),
    ('{"key":[{"numeric":[">",20,"<="]}]}', "Value of <= must be numeric", 33),
    ('{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", 50),
    ('{"key":[{"numeric":[">",20,30]}]}', "Bad value in numeric range: 30", 30),
    ('{"key":[{"numeric":[">",20,"test"]}]}', "Bad numeric range operator: test", 34),
    ('{"key":[{"numeric":[">","20","<","30"]}]}', "Value of > must be numeric", 26),
    ('{"key":[{"numeric":[">",20,"<","30"]}]}', "Value of < must be numeric", 33),
    ('{"key":[{"numeric":[">",20,"<",30,"<",50]}]}', "Too many terms in numeric range expression", 36),
    (
        '{"key":[{"anything-but":{"wrong-operator":null}}]}',
        "Unsupported anything-but pattern: wrong-operator",
        47,
    ),
    ('{"key":[{"anything-but":{"exists":false}}]}', "Unsupported anything-but pattern: exists", 40),
]

BARE = [
    ("[]", "Filter is not an object"),
    ("", "Filter is not an object"),
    ("{}", "Empty objects are not allowed"),
    ('{"a": {}}', "Empty objects are not allowed"),
    ('{"a": [{}]}', "Match expression name not found"),
    ('{"a": [{"numeric": 5}]}', "Value of numeric must be an array."),
    ('{"a": [{"numeric": ["=", 5000000001]}]}', "Value must be between -5.0E9 and 5.0E9, inclusive"),
    ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "Bottom must be less than top"),
    ('{"a": [{"anything-but": []}]}', "Inside anything but list, either all values are number or string, "),
    (
        '{"a": [{"anything-but": [1, "1"]}]}',
        "Inside anything but list, either all values are number or string, ",
    ),
    ('{"a": [{"anything-but": [null]}]}', "Inside anything but list, start|null|boolean is not supported."),
    (
        '{"a": [{"anything-but": null}]}',
        "Value of anything-but must be an array or single string/number value.",
    ),
    ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"),
    ('{"a": [{"anything-but": {"suffix": 1}}]}', "prefix/suffix match pattern must be a string"),
    ('{"a": [{"anything-but": {"wildcard": [1]}}]}', "wildcard match pattern must be a string"),
    (
        '{"a": [{"anything-but": {"equals-ignore-case": [1]}}]}',
        "Inside anything-but/equals-ignore-case list, ",
    ),
    ('{"a": [{"prefix": {"wildcard": "x"}}]}', "Unsupported prefix pattern: wildcard"),
    ('{"a": [{"suffix": {"equals-ignore-case": 1}}]}', "equals-ignore-case match pattern must be a string"),
    ('{"a": [{"wildcard": "a**"}]}', "Consecutive wildcard characters at pos 2"),
    (r'{"a": [{"wildcard": "é\\b"}]}', "Invalid escape character at pos 3"),
    ('{"a": [{"cidr": 1}]}', "prefix match pattern must be a string"),
    ('{"a": [{"cidr": "10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
    ('{"a": [{"cidr": "10.0.0.0/x"}]}', "Malformed CIDR, mask bits must be an integer"),
    ('{"a": [{"cidr": "10.0.0.0/-1"}]}', "Malformed CIDR, mask bits must not be negative"),
    ('{"a": [{"cidr": "10.0.0.0/32"}]}', "IPv4 mask bits must be < 32"),
    ('{"a": [{"cidr": "::1/128"}]}', "IPv6 mask bits must be < 128"),
    ('{"a": [{"cidr": "example.org/8"}]}', "Nonstandard IP address: example.org"),
    ('{"a": [{"cidr": "300.0.0.1/8"}]}', "Invalid IP address: 300.0.0.1"),
    (
        '{"$or": [{"a": [1]}, {"b": {"prefix": ["x"]}}]}',
        "prefix is Ruler reserved fieldName which cannot be used ",
    ),
    ('{"a": [tru]}', "Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token"),
    ('{"a": [1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"),
    ("{a: [1]}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name"),
    ('{"a": [', "Unexpected end-of-input"),
    (r'{"a": ["\ud800"]}', "Incomplete surrogate pair"),
]


def refusal(pattern: str) -> str:
    with pytest.raises(PatternError) as caught:
        EventPattern(pattern)
    return str(caught.value)


@pytest.mark.parametrize(("pattern", "reason", "column"), RECORDED)
def test_a_refusal_names_reason_line_and_column_as_aws_does(pattern: str, reason: str, column: int) -> None:
    assert refusal(pattern) == f'{reason}\n at [Source: (String)"{pattern}"; line: 1, column: {column}]'


@pytest.mark.parametrize(("pattern", "reason"), BARE)
def test_a_refusal_begins_with_its_reason(pattern: str, reason: str) -> None:
    assert refusal(pattern).startswith(reason)


def test_lines_are_counted() -> None:
    assert refusal('{\n  "a": [1],\n  "b": 2\n}').endswith("; line: 3, column: 9]")


def test_a_long_source_is_quoted_in_part() -> None:
    pattern = '{"a": ["' + "x" * 600 + '"], "b": 1}'
    assert f'{pattern[:500]}"[truncated {len(pattern) - 500} chars]; line: 1,' in refusal(pattern)


TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
    "after a wildcard character"
)


def wildcards(*texts: str) -> str:
    return json.dumps({"key": [{"wildcard": text} for text in texts]})


@pytest.mark.parametrize(
    "texts",
    [
        # The guide's example, and a rule that its author had to split in two.
        ["*:*:*:*:*:event-bus/*"],
        ["*/datasync/*.bif", "*/datasync/*.tif", "*/datasync/*.tiff", "*/datasync/*.svs"],
        ["*" + "a" * 20],
    ],
)
def test_wildcards_that_a_text_can_be_in_many_places_of_are_too_complex(texts: list[str]) -> None:
    assert refusal(wildcards(*texts)) == TOO_COMPLEX
    assert refusal(json.dumps({"key": [{"anything-but": {"wildcard": texts}}]})) == TOO_COMPLEX


@pytest.mark.parametrize(
    "texts",
    [
        ["*:event-bus/*"],
        ["/Users/*/dir/dir/dir/dir/dir/doc.txt"],
        ["*/datasync/*.bif", "*/datasync/*.tif"],
        ["*.bif", "*.tiff", "*.tif", "*.svs"],
    ],
)
def test_wildcards_that_aws_takes_are_taken(texts: list[str]) -> None:
    EventPattern(wildcards(*texts))


def test_more_than_a_thousand_combinations_are_refused_before_they_are_made() -> None:
    one = '"$or": [{"a": [1]}, {"b": [1]}]'
    nested = "{" + ", ".join(f'"n{n}": {{{one}}}' for n in range(10)) + "}"
    with pytest.raises(TooManyCombinations):
        EventPattern(nested)
    assert (
        len(EventPattern(nested.replace('"n9": {"$or": [{"a": [1]}, {"b": [1]}]}', '"n9": [1]')).trees) == 512
    )


def test_a_pattern_of_more_characters_than_aws_takes_is_refused() -> None:
    assert refusal('{"a": ["' + "x" * MAX_CHARS + '"]}').startswith("Event pattern is longer than")
