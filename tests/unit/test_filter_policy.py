"""SNS's filter policies: its guide's examples, its limits, and its texts as LocalStack's snapshots record them."""

import json
from typing import Any

import pytest

from penstock.matching.filter_policy import FilterPolicy, FilterPolicyScope
from penstock.matching.pattern_error import PatternError

ATTRIBUTES = FilterPolicyScope.MESSAGE_ATTRIBUTES
BODY = FilterPolicyScope.MESSAGE_BODY


def attributes(**values: tuple[str, str]) -> dict[str, dict[str, Any]]:
    return {name: {"DataType": kind, "StringValue": text} for name, (kind, text) in values.items()}


def accepts(policy: dict[str, Any], **values: tuple[str, str]) -> bool:
    return FilterPolicy(json.dumps(policy), ATTRIBUTES).matches(attributes(**values), "")


def accepts_body(policy: dict[str, Any], body: Any) -> bool:
    return FilterPolicy(json.dumps(policy), BODY).matches(
        {}, body if isinstance(body, str) else json.dumps(body)
    )


def refusal(policy: Any, scope: FilterPolicyScope = ATTRIBUTES) -> str:
    with pytest.raises(PatternError) as caught:
        FilterPolicy(policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":")), scope)
    return str(caught.value)


def test_strings_are_compared_with_strings() -> None:
    policy = {"customer_interests": ["rugby", "tennis"]}
    assert accepts(policy, customer_interests=("String", "rugby"))
    assert not accepts(policy, customer_interests=("String", "Rugby"))
    assert not accepts(policy)
    assert not accepts({"price": ["1"]}, price=("Number", "1"))
    assert accepts({"name": [{"equals-ignore-case": "TENNIS"}]}, name=("String", "tennis"))
    assert accepts({"name": [{"prefix": "bas"}, {"suffix": "ball"}]}, name=("String", "football"))


def test_numbers_are_compared_with_numbers() -> None:
    policy = {"price_usd": [{"numeric": [">", 0, "<=", 150]}]}
    assert accepts(policy, price_usd=("Number", "1.5e2"))
    assert not accepts(policy, price_usd=("Number", "0"))
    assert not accepts(policy, price_usd=("String", "100"))
    assert not accepts(policy, price_usd=("Number", "many"))
    assert accepts({"price_usd": [301.5]}, price_usd=("Number", "301.50"))
    assert accepts({"price_usd": [{"anything-but": [100, 500]}]}, price_usd=("Number", "101"))


def test_each_element_of_a_string_array_may_match() -> None:
    policy = {"store": ["value1", 5, True, None]}
    assert accepts(policy, store=("String.Array", '["value2", "value1"]'))
    assert accepts(policy, store=("String.Array", "[5]"))
    assert accepts(policy, store=("String.Array", "[null]"))
    assert not accepts(policy, store=("String.Array", '["value2", "5"]'))
    assert not accepts(policy, store=("String.Array", "[]"))
    assert not accepts(policy, store=("String.Array", "value1"))
    assert accepts({"store": [{"anything-but": ["rugby"]}]}, store=("String.Array", '["rugby", "baseball"]'))


def test_a_string_that_looks_like_an_array_is_a_string() -> None:
    assert not accepts({"store": ["value1"]}, store=("String", '["value1"]'))


def test_binary_attributes_are_not_there() -> None:
    policy = FilterPolicy('{"store": [{"exists": false}]}', ATTRIBUTES)
    assert policy.matches({"store": {"DataType": "Binary", "BinaryValue": b"x"}}, "")
    assert not policy.matches(attributes(store=("String", "x")), "")


def test_a_missing_attribute_is_neither_null_nor_anything_but() -> None:
    assert not accepts({"attr1": [None, {"anything-but": "whatever"}]})
    assert accepts({"attr1": [{"anything-but": "whatever"}, {"exists": False}]})


def test_an_address_is_found_in_its_network() -> None:
    assert accepts({"source_ip": [{"cidr": "10.0.0.0/24"}]}, source_ip=("String", "10.0.0.255"))
    assert not accepts({"source_ip": [{"cidr": "10.0.0.0/24"}]}, source_ip=("String", "10.1.1.0"))


def test_the_body_is_read_when_the_scope_says_so() -> None:
    policy = {
        "object": {"key": [{"prefix": "auto-"}, "hardcodedvalue"], "nested_key": [{"exists": False}]},
        "test": [{"exists": False}],
    }
    assert accepts_body(policy, {"object": {"key": "auto-test"}})
    assert accepts_body(policy, {"object": {"key": "hardcodedvalue"}})
    assert not accepts_body(policy, {"object": {"key": "auto-test"}, "test": "just-exists"})
    assert not accepts_body(policy, {"object": {"key": "auto-test", "nested_key": "just-exists"}})
    assert not accepts_body(policy, {"test": "auto-test"})


@pytest.mark.parametrize("body", ["Regular string message", '"auto-"', "[]", "", '{"a":', "[" * 5000])
def test_a_body_that_is_no_object_does_not_pass(body: str) -> None:
    policy = FilterPolicy('{"a": [{"exists": false}]}', BODY)
    assert not policy.matches({}, body)
    assert policy.why_not({}, body) == "the body is not a JSON object"


def test_an_empty_policy_lets_everything_pass() -> None:
    for scope in FilterPolicyScope:
        assert FilterPolicy(" {} ", scope).matches({}, "no object")
        assert FilterPolicy("{}", scope).why_not({}, "no object") is None


def test_the_reason_names_the_attribute() -> None:
    policy = FilterPolicy('{"store": ["a"], "price": [{"numeric": ["<", 5]}]}', ATTRIBUTES)
    message = attributes(store=("String", "a"), price=("Number", "7"))
    assert policy.why_not(message, "") == "price: wanted numeric < 5, saw 7.0"
    assert policy.why_not(attributes(store=("String", "a"), price=("Number", "3")), "") is None


def test_a_refusal_is_in_the_words_of_sns() -> None:
    assert refusal({"key_a": "value_one"}) == (
        'FilterPolicy: "key_a" must be an object or an array\n'
        ' at [Source: (String)"{"key_a":"value_one"}"; line: 1, column: 11]'
    )
    assert refusal({"key": [{"anything-but": {"prefix": False}}]}) == (
        "FilterPolicy: prefix match pattern must be a string\n"
        ' at [Source: (String)"{"key":[{"anything-but":{"prefix":false}}]}"; line: 1, column: 40]'
    )
    assert refusal({"key": [{"anything-but": {"suffix": "test"}}]}) == (
        "FilterPolicy: Unsupported anything-but pattern: suffix\n"
        ' at [Source: (String)"{"key":[{"anything-but":{"suffix":"test"}}]}"; line: 1, column: 36]'
    )
    assert refusal({"a": [{"wildcard": "x*"}]}).startswith("FilterPolicy: Unrecognized match type wildcard")
    assert "between -1.0E9 and 1.0E9" in refusal({"a": [{"numeric": ["=", 1_000_000_001]}]})


def test_attributes_do_not_nest() -> None:
    text = "Filter policy scope MessageAttributes does not support nested filter policy"
    assert refusal({"object": {"key": ["x"]}}) == text
    assert refusal({"$or": [{"a": ["x"]}, {"b": {"c": ["x"]}}]}) == text
    FilterPolicy('{"object": {"key": ["x"]}}', BODY)


def test_five_keys_at_the_top_are_the_most() -> None:
    text = "FilterPolicy: Filter policy can not have more than 5 keys"
    assert refusal({f"key{n}": ["value"] for n in range(6)}) == text
    assert refusal({f"key{n}": {"inner": ["value"]} for n in range(6)}, BODY) == text
    FilterPolicy(json.dumps({"key": {f"inner{n}": ["value"] for n in range(6)}}), BODY)


def test_a_hundred_and_fifty_combinations_are_the_most() -> None:
    text = "FilterPolicy: Filter policy is too complex"
    values = [f"value{n}" for n in range(151)]
    assert refusal({"key": values}) == text
    assert refusal({"key1": values[:100], "key2": values[:51]}) == text
    FilterPolicy(json.dumps({"key": values[:150]}), ATTRIBUTES)


def test_nesting_and_alternatives_count_as_sns_counts_them() -> None:
    # 3 x 4 x 2 x 3 = 72, from the guide; one value more at the second level makes 96, two at the first 108 and 162.
    policy = {"a": {"b": {"c": [1, 2, 3, 4]}}, "d": {"e": [1, 2, 3]}}
    FilterPolicy(json.dumps(policy), BODY)
    FilterPolicy(json.dumps(policy | {"f": [1, 2]}), BODY)
    assert "too complex" in refusal(policy | {"f": [1, 2, 3]}, BODY)
    # (3 x 6) + (3 x 4 x 4) + (3 x 4 x 7) = 150
    metric = {
        "metricType": [1, 2, 3, 4],
        "$or": [{"metricId": [1, 2, 3, 4]}, {"spaceId": [1, 2, 3, 4, 5, 6, 7]}],
    }
    either = {"source": [1, 2, 3], "$or": [{"metricName": [1, 2, 3, 4, 5, 6]}, metric]}
    FilterPolicy(json.dumps(either), ATTRIBUTES)
    assert "too complex" in refusal(either | {"source": [1, 2, 3, 4]})


def test_a_policy_beyond_256_kib_is_refused() -> None:
    assert refusal({"key": ["x" * 256 * 1024]}) == "FilterPolicy: Filter policy is too long"
