"""The forms of a function's name."""

import pytest

from penstock.errors import AwsError
from penstock.services.lambda_.names import named, resolve

ARN = "arn:aws:lambda:us-east-1:111122223333:function:f"


@pytest.mark.parametrize(
    ("text", "account", "qualifier"),
    [
        ("f", "000000000000", ""),
        ("function:f", "000000000000", ""),
        ("f:$LATEST", "000000000000", "$LATEST"),
        ("111122223333:f", "111122223333", ""),
        ("111122223333:function:f", "111122223333", ""),
        (ARN, "111122223333", ""),
        (f"{ARN}:$LATEST", "111122223333", "$LATEST"),
        ("f:prod", "000000000000", "prod"),
        (f"{ARN}:7", "111122223333", "7"),
    ],
)
def test_every_form_is_understood(text: str, account: str, qualifier: str) -> None:
    name = resolve(text, None, account="000000000000", region="us-east-1")

    assert (name.name, name.account, name.qualifier) == ("f", account, qualifier)


@pytest.mark.parametrize(
    ("text", "qualifier", "code"),
    [
        ("f:$LATEST", "7", "InvalidParameterValueException"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f", None, "ResourceNotFoundException"),
        ("no name", None, "ResourceNotFoundException"),
    ],
)
def test_what_is_not_there_is_refused(text: str, qualifier: str | None, code: str) -> None:
    with pytest.raises(AwsError) as raised:
        resolve(text, qualifier, account="000000000000", region="us-east-1")

    assert raised.value.code == code


def test_an_arn_of_another_service_names_no_function() -> None:
    assert named("arn:aws:sqs:us-east-1:111122223333:q") is None
    assert named("text") is None
    assert named("arn:aws:lambda:us-east-1:111122223333:event-source-mapping:id") is None
    found = named(ARN)
    assert found and found.arn == ARN
