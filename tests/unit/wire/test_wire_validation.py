"""AWS's generic validation, in AWS's words."""

from typing import Any

import pytest

from penstock.wire import ServiceModel, load_model, validation_errors
from penstock.wire.models.patterns import compile_pattern

FAILED = "failed to satisfy constraint: "


def errors(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    shape = load_model(service).operations[operation].input
    assert shape is not None
    return validation_errors(shape, params)


def test_what_fits_the_model_has_no_errors() -> None:
    assert errors("sqs", "SendMessage", {"QueueUrl": "u", "MessageBody": "b"}) == []
    assert errors("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}) == []


def test_a_missing_member_is_named_with_a_small_first_letter() -> None:
    assert errors("sqs", "SendMessage", {"QueueUrl": "u"}) == [
        f"Value null at 'messageBody' {FAILED}Member must not be null"
    ]


def test_members_of_list_elements_have_numbered_paths() -> None:
    role = {
        "RoleName": "r",
        "AssumeRolePolicyDocument": "{}",
        "Tags": [{"Key": "k", "Value": "v"}, {"Key": "k"}],
    }
    assert errors("iam", "CreateRole", role) == [
        f"Value null at 'tags.2.member.value' {FAILED}Member must not be null"
    ]


def test_members_of_map_values_have_their_keys_in_the_path() -> None:
    request = {"RequestItems": {"table": [{"PutRequest": {}}]}}
    assert errors("dynamodb", "BatchWriteItem", request) == [
        f"Value null at 'requestItems.table.member.1.member.putRequest.item' {FAILED}Member must not be null"
    ]


def test_a_length_and_a_pattern_are_complaints_of_their_own() -> None:
    name = "n!" * 40
    assert errors("iam", "GetRole", {"RoleName": name}) == [
        f"Value '{name}' at 'roleName' {FAILED}Member must have length less than or equal to 64",
        f"Value '{name}' at 'roleName' {FAILED}"
        r"Member must satisfy regular expression pattern: [\w+=,.@-]+",
    ]


def test_numbers_have_values_and_not_lengths() -> None:
    found = errors("lambda", "UpdateFunctionConfiguration", {"FunctionName": "f", "Timeout": 0})
    assert found == [f"Value '0' at 'timeout' {FAILED}Member must have value greater than or equal to 1"]


def test_an_enum_lists_what_it_takes() -> None:
    assert errors("lambda", "Invoke", {"FunctionName": "f", "LogType": "Head"}) == [
        f"Value 'Head' at 'logType' {FAILED}Member must satisfy enum value set: [None, Tail]"
    ]


def test_elements_of_a_list_share_one_complaint() -> None:
    function = {"FunctionName": "f", "Role": "arn:aws:iam::123456789012:role/r", "Code": {}}
    assert errors("lambda", "CreateFunction", {**function, "Architectures": ["mips"]}) == [
        f"Value '[mips]' at 'architectures' {FAILED}"
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
    ]


def test_a_list_too_long_shows_its_elements() -> None:
    found = errors("sqs", "SendMessage", {"QueueUrl": "u", "MessageBody": "b"})
    assert found == []
    model = toy(
        {"Names": {"type": "list", "member": {"shape": "Name"}, "max": 1}, "Name": {"type": "string"}}
    )
    assert validation_errors(model.shapes["Input"], {"Names": ["a", "b"]}) == [
        f"Value '[a, b]' at 'names' {FAILED}Member must have length less than or equal to 1"
    ]


def test_keys_and_values_of_a_map_are_named_as_such() -> None:
    shapes = {
        "Names": {"type": "map", "key": {"shape": "Key"}, "value": {"shape": "Value"}},
        "Key": {"type": "string", "max": 2},
        "Value": {"type": "string", "min": 1},
    }
    assert validation_errors(toy(shapes).shapes["Input"], {"Names": {"abc": ""}}) == [
        f"Value '{{abc=}}' at 'names' {FAILED}"
        "Map keys must satisfy constraint: [Member must have length less than or equal to 2]",
        f"Value '{{abc=}}' at 'names' {FAILED}"
        "Map value must satisfy constraint: [Member must have length greater than or equal to 1]",
    ]


def test_sensitive_values_are_not_shown() -> None:
    model = toy({"Names": {"type": "string", "max": 2, "sensitive": True}})
    assert validation_errors(model.shapes["Input"], {"Names": "secret"}) == [
        f"Value at 'names' {FAILED}Member must have length less than or equal to 2"
    ]


def test_bytes_are_shown_as_java_shows_them() -> None:
    model = toy({"Names": {"type": "blob", "max": 2}})
    assert validation_errors(model.shapes["Input"], {"Names": b"abc"})[0].startswith(
        "Value 'java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]' at 'names'"
    )


def test_a_structure_may_contain_itself() -> None:
    node = {
        "type": "structure",
        "required": ["Id"],
        "members": {"Id": {"shape": "Id"}, "Next": {"shape": "Names"}},
    }
    model = toy({"Names": node, "Id": {"type": "string"}})
    assert validation_errors(model.shapes["Input"], {"Names": {"Id": "1", "Next": {"Next": None}}}) == [
        f"Value null at 'names.next.id' {FAILED}Member must not be null"
    ]


def test_a_value_of_another_type_is_left_to_the_handler() -> None:
    assert errors("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": []}) == []


@pytest.mark.parametrize(
    ("java", "text", "accepted"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abc\n", False),
        (r"[\w]+", "é", False),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "é ü_1", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a!", False),
        (r"\p{L}+", "é", True),
        (r"[\p{Alnum}]+", "aé", False),
        (r"[\u0009\u000A\u000D\u0020-\u00FF]+", "a\x01", False),
    ],
)
def test_java_patterns_mean_the_same_here(java: str, text: str, accepted: bool) -> None:
    pattern = compile_pattern(java)
    assert pattern is not None
    assert pattern.accepts(text) is accepted


@pytest.mark.parametrize("java", ["(a+)+b", "((ab)*c?)*", r"[[a]&&[b]]", r"\p{IsGreek}", "(", "(x{0,20})*"])
def test_patterns_that_could_hang_or_mean_something_else_are_not_used(java: str) -> None:
    assert compile_pattern(java) is None


def test_only_a_character_class_is_matched_against_long_texts() -> None:
    plain, other = compile_pattern("[a-z]*"), compile_pattern("a*b*c")
    assert plain is not None
    assert other is not None
    assert not plain.accepts("a" * 100_000 + "!")
    assert other.accepts("a" * 100_000 + "!")


def toy(shapes: dict[str, Any]) -> ServiceModel:
    """Returns a model whose shape ``Input`` has one member, ``Names``."""
    return ServiceModel(
        "toy",
        {"apiVersion": "1", "protocol": "json"},
        lambda: {
            "operations": {},
            "shapes": {"Input": {"type": "structure", "members": {"Names": {"shape": "Names"}}}, **shapes},
        },
    )
