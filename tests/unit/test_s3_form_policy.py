"""What a form's policy says, and which forms it allows."""

import json
from base64 import b64encode
from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.s3.forms.form import Sizes
from penstock.services.s3.forms.policy import FormPolicy, parse_form_policy

NOON_MS = 1_767_096_000_000  # 2025-12-30T12:00:00Z
EXPIRATION = "2025-12-30T12:00:00.000Z"


def encoded(document: object) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return b64encode(text.encode()).decode()


def policy(*conditions: object) -> FormPolicy:
    return parse_form_policy(encoded({"expiration": EXPIRATION, "conditions": list(conditions)}))


def refusal(found: FormPolicy, fields: dict[str, str], now_ms: int = 0) -> str:
    """Returns why the form is refused; empty when it is not."""
    try:
        found.check(fields, now_ms)
    except AwsError as error:
        assert (error.code, error.status) == ("AccessDenied", 403)
        return error.message.removeprefix("Invalid according to Policy: ")
    return ""


def test_the_policy_of_the_page_s_example_is_read() -> None:
    document = (
        '{ "expiration": "2015-12-30T12:00:00.000Z", "conditions": [ {"bucket": "sigv4examplebucket"}, '
        '["starts-with", "$key", "user/user1/"], {"acl": "public-read"}, '
        '["content-length-range", 1048579, 10485760] ] }'
    )
    found = parse_form_policy(encoded(document))
    assert [condition.text() for condition in found.conditions] == [
        '["eq", "$bucket", "sigv4examplebucket"]',
        '["starts-with", "$key", "user/user1/"]',
        '["eq", "$acl", "public-read"]',
    ]
    assert found.sizes == Sizes(1048579, 10485760)


@pytest.mark.parametrize(
    ("condition", "value", "allowed"),
    [
        ({"acl": "private"}, "private", True),
        ({"acl": "private"}, "Private", False),
        ({"ACL": "private"}, "private", True),
        (["eq", "$acl", "private"], "private", True),
        (["eq", "$acl", "private"], "private,private", False),
        (["starts-with", "$acl", "pri"], "private", True),
        (["starts-with", "$acl", "pri"], "xprivate", False),
        (["starts-with", "$acl", ""], "anything", True),
        (["eq", "$Acl", "5 \\$"], "5 $", False),
    ],
)
def test_a_condition_compares_the_whole_value_or_its_beginning(
    condition: object, value: str, allowed: bool
) -> None:
    assert (refusal(policy(condition), {"acl": value}) == "") is allowed


def test_a_list_of_content_types_must_be_allowed_one_by_one() -> None:
    images = policy(["starts-with", "$Content-Type", "image/"])
    assert refusal(images, {"content-type": "image/png, image/gif"}) == ""
    assert (
        refusal(images, {"content-type": "image/png,text/html"})
        == 'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]'
    )


def test_the_condition_that_fails_is_shown_as_it_was_written() -> None:
    found = refusal(policy({"X-Amz-Date": "ü"}), {"x-amz-date": "20170519T041709Z"})
    assert found == 'Policy Condition failed: ["eq", "$X-Amz-Date", "ü"]'


def test_a_condition_on_a_field_that_is_not_there_fails() -> None:
    for condition in ({"acl": ""}, ["starts-with", "$acl", ""]):
        assert refusal(policy(condition), {}).startswith("Policy Condition failed")


def test_each_field_needs_a_condition_but_for_those_of_the_signature() -> None:
    fields = {
        "policy": "x",
        "x-amz-signature": "x",
        "signature": "x",
        "awsaccesskeyid": "x",
        "x-ignore-me": "x",
    }
    assert refusal(policy(), fields) == ""
    assert refusal(policy(), {**fields, "bucket": "b"}) == "Extra input fields: bucket"
    assert refusal(policy({"key": "k"}), {"key": "k", "acl": "private"}) == "Extra input fields: acl"


def test_a_policy_ends_when_it_says() -> None:
    assert refusal(policy(), {}, NOON_MS - 1) == ""
    assert refusal(policy(), {}, NOON_MS) == "Policy expired."


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_first_and_the_last_moment_are_moments(moment: str) -> None:
    found = parse_form_policy(encoded({"expiration": moment, "conditions": []}))
    assert (refusal(found, {}) == "") is moment.startswith("9")


def test_ranges_narrow_each_other() -> None:
    assert policy(["content-length-range", 1, 100], ["content-length-range", 0, 10]).sizes == Sizes(1, 10)


def test_the_escapes_of_the_page_are_known() -> None:
    found = parse_form_policy(
        encoded('{"expiration": "' + EXPIRATION + '", "conditions": [{"acl": "\\$a\\v\\\\$b\\u00fc"}]}')
    )
    assert found.conditions[0].value == "$a\v\\$bü"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Invalid Base64 encoding."),
        ("ü", "Invalid Base64 encoding."),
        ("YQ==\n", "Invalid Base64 encoding."),
        ("", "Invalid JSON."),
        (encoded("{"), "Invalid JSON."),
        (encoded("[]"), "Invalid JSON."),
        (encoded("[" * 5000), "Invalid JSON."),
        (b64encode(b"\xff").decode(), "Invalid JSON."),
        (encoded({"conditions": []}), "Policy missing expiration."),
        (encoded({"expiration": EXPIRATION}), "Policy missing conditions."),
        (
            encoded({"expiration": EXPIRATION, "conditions": {}}),
            "Invalid 'conditions' value: must be a List.",
        ),
        (encoded({"expiration": "soon", "conditions": []}), "Invalid 'expiration' value: 'soon'"),
        (encoded({"expiration": 5, "conditions": []}), "Invalid 'expiration' value: '5'"),
        (encoded({"expiration": [[]], "conditions": []}), "Invalid 'expiration' value: '...'"),
        (
            encoded({"expiration": "2025-12-30T12:00:00", "conditions": []}),
            "Invalid 'expiration' value: '2025-12-30T12:00:00'",
        ),
    ],
)
def test_what_is_no_policy_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AwsError) as refused:
        parse_form_policy(text)
    assert (refused.value.code, refused.value.status) == ("InvalidPolicyDocument", 400)
    assert refused.value.message == f"Invalid Policy: {reason}"


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (5, "Invalid condition test: must be a List or Object."),
        (None, "Invalid condition test: must be a List or Object."),
        ([], "Invalid Condition: missing operation identifier."),
        (["ends-with", "$key", "a"], "Invalid Condition: unknown operation 'ends-with'."),
        ([["eq"], "$key", "a"], "Invalid Condition: unknown operation '...'."),
        (["eq", "$key"], "Invalid eq: wrong number of arguments."),
        (["content-length-range", 1], "Invalid content-length-range: wrong number of arguments."),
        ({}, "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
        (
            {"a": "1", "b": "2"},
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        ({"success_action_status": 201}, "Invalid Simple-Condition: value must be a string."),
    ],
)
def test_what_is_no_condition_is_refused(condition: Any, reason: str) -> None:
    with pytest.raises(AwsError) as refused:
        policy(condition)
    assert (refused.value.code, refused.value.message) == (
        "InvalidPolicyDocument",
        f"Invalid Policy: {reason}",
    )


@pytest.mark.parametrize(
    "condition",
    [
        ["eq", "key", "a"],
        ["eq", "$key", 5],
        ["eq", 5, "a"],
        ["content-length-range", 1, None],
        ["content-length-range", -1, 5],
        ["content-length-range", 1, True],
        ["content-length-range", 1, 2**64],
    ],
)
def test_a_condition_of_the_wrong_types_holds_for_nothing(condition: list[Any]) -> None:
    with pytest.raises(AwsError) as refused:
        policy(condition)
    assert refused.value.code == "AccessDenied"
    assert "Policy Condition failed: [" in refused.value.message


def test_a_condition_that_is_nested_deeply_is_refused_in_few_words() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(AwsError) as refused:
        policy(["eq", "$key", deep])
    assert refused.value.message.endswith('Policy Condition failed: ["eq", "$key", "..."]')
