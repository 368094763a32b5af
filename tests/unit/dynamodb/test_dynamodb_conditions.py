"""Conditions: what they say of an item, and what is none."""

from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.dynamodb import expressions
from penstock.services.dynamodb.expressions import Placeholders

ITEM = {
    "id": {"S": "radio-7"},
    "size1": {"N": "12.5"},
    "bytes1": {"B": b"abc"},
    "tags": {"SS": ["a", "b"]},
    "doc": {"M": {"seq": {"L": [{"N": "1"}, {"M": {"x": {"BOOL": True}}}]}, "nil": {"NULL": True}}},
}


def holds(text: str, item: Any = ITEM, names: dict[str, str] | None = None, **values: Any) -> bool:
    given = {f":{name}": value for name, value in values.items()} or None
    return expressions.condition(text, Placeholders(names, given)).holds(item)


def refusal(text: str, names: dict[str, str] | None = None, **values: Any) -> str:
    with pytest.raises(AwsError) as caught:
        holds(text, ITEM, names, **values)
    assert caught.value.code == "ValidationException"
    return caught.value.message.removeprefix("Invalid ConditionExpression: ")


@pytest.mark.parametrize(
    "text",
    [
        "id = :id",
        "size1 < :thirteen",
        "size1 <= :thirteen and size1 >= :twelve",
        "size1 between :twelve and :thirteen",
        "NOT size1 BETWEEN :thirteen AND :thirteen",
        "id IN (:a, :id)",
        "attribute_exists(doc.seq[1].x)",
        "attribute_not_exists(doc.seq[2])",
        "attribute_not_exists(id.a) AND attribute_not_exists(doc[0])",
        "attribute_type(doc, :m)",
        "begins_with(id, :radio)",
        "begins_with(bytes1, :ab)",
        "contains(id, :dash)",
        "contains(tags, :a)",
        "contains(doc.seq, :one)",
        "size(doc.seq) = :two",
        "size(tags) = :two and size(id) > :two",
        "gone <> :a",
        "NOT gone = :a",
        "(id = :id)",
        "(id) = (:id)",
        "id = :a OR id = :id AND NOT (id = :a)",
        "NOT id = :a OR id = :a",
        "id <> :a AND (id = :a OR (size1 > :two AND id = :id))",
    ],
)
def test_a_condition_is_true_of_an_item_that_is_so(text: str) -> None:
    values = {
        "id": {"S": "radio-7"},
        "twelve": {"N": "12"},
        "thirteen": {"N": "13"},
        "a": {"S": "a"},
        "m": {"S": "M"},
        "radio": {"S": "radio"},
        "ab": {"B": b"ab"},
        "dash": {"S": "-"},
        "one": {"N": "1.0"},
        "two": {"N": "2"},
    }
    assert holds(text, **values)


@pytest.mark.parametrize(
    "text", ["id < :n", "size1 = :s", "id > :b", "gone < :n", "size(size1) > :n", "a = b"]
)
def test_values_of_two_types_are_neither_equal_nor_in_order(text: str) -> None:
    assert not holds(text, n={"N": "0"}, s={"S": "12.5"}, b={"B": b"a"})


def test_a_condition_on_no_item_is_one_on_no_attributes() -> None:
    assert holds("attribute_not_exists(id)", None)
    assert not holds("attribute_exists(id)", None)


def test_a_name_may_be_anything_behind_a_placeholder() -> None:
    assert holds(
        "#a.#b = :v", {"a.b": {"M": {"size": {"S": "x"}}}}, {"#a": "a.b", "#b": "size"}, v={"S": "x"}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("  ", "The expression can not be empty;"),
        ("foo", 'Syntax error; token: "<EOF>", near: "foo"'),
        ("id = ", 'Syntax error; token: "<EOF>", near: "="'),
        ("id = :v AND", 'Syntax error; token: "<EOF>", near: "AND"'),
        ("id = :v )", 'Syntax error; token: ")", near: ":v )"'),
        ("(id = :v", 'Syntax error; token: "<EOF>", near: ":v"'),
        ("id = = :v", 'Syntax error; token: "=", near: "= = :v"'),
        ("id = :v = :v", 'Syntax error; token: "=", near: ":v = :v"'),
        ("a.b.", 'Syntax error; token: "<EOF>", near: "."'),
        ("_id = :v", 'Syntax error; token: "_", near: "_id"'),
        ("id ! :v", 'Syntax error; token: "!", near: "id ! :v"'),
        ("id = :v + :v", 'Syntax error; token: "+", near: ":v + :v"'),
        ("id BETWEEN :v", 'Syntax error; token: "<EOF>", near: ":v"'),
        ("id IN :v", 'Syntax error; token: ":v", near: "IN :v"'),
        ("size(id, NOT id) = :v", 'Syntax error; token: "NOT", near: ", NOT id"'),
        ("((id = :v))", "The expression has redundant parentheses;"),
        ("name = :v", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("foo(id) = :v", "Invalid function name; function: foo"),
        ("Size(id) = :v", "Invalid function name; function: Size"),
        (
            "size(id)",
            "The function is not allowed to be used this way in an expression; function: size",
        ),
        (
            "attribute_exists(id) = :v",
            "The function is not allowed to be used this way in an expression; function: attribute_exists",
        ),
        (
            "if_not_exists(id, :v) = :v",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "contains(id)",
            "Incorrect number of operands for operator or function; "
            "operator or function: contains, number of operands: 1",
        ),
        (
            "attribute_exists(:v)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "begins_with(id, :n)",
            "Incorrect operand type for operator or function; "
            "operator or function: begins_with, operand type: N",
        ),
        (
            "id < :bool",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
        (
            "id = id",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [id]",
        ),
        (
            "id between :v and :n",
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {S:x}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "id between :v and :a",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {S:x}, upper bound operand: AttributeValue: {S:a}",
        ),
        (
            "attribute_type(id, :v)",
            "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "#a = :v",
            "An expression attribute name used in the document path is not defined; attribute name: #a",
        ),
        (
            "id = :w",
            "An expression attribute value used in expression is not defined; attribute value: :w",
        ),
    ],
)
def test_what_is_no_condition_is_refused_in_awss_words(text: str, message: str) -> None:
    values = {"v": {"S": "x"}, "a": {"S": "a"}, "n": {"N": "1"}, "bool": {"BOOL": True}}
    assert refusal(text, **values) == message


def test_an_expression_has_at_most_4_kib() -> None:
    text = f"id = :v AND {'a' * 4090} = :v"
    assert refusal(text, v={"S": "x"}) == (
        "Expression size has exceeded the maximum allowed size; expression size: 4107"
    )


def test_in_has_at_most_a_hundred_candidates() -> None:
    candidates = ",".join([":v"] * 101)
    assert refusal(f"id IN ({candidates})", v={"S": "x"}) == (
        "The IN operator is provided with too many operands; number of operands: 101"
    )


@pytest.mark.parametrize("text", ["(" * 4000, "NOT " * 1000 + "a = :v", "(a = :v AND " * 300, "size(" * 800])
def test_depth_does_not_reach_pythons_stack(text: str) -> None:
    assert refusal(text, v={"S": "x"})


def test_three_hundred_operators_may_stand_in_one_another() -> None:
    text = "(a = :v OR " * 149 + "a = :v" + ")" * 149
    assert holds(text, {"a": {"S": "x"}}, v={"S": "x"})
