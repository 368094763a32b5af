"""What infrastructure tools ask about features that are not there is answered truthfully."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_function

from penstock.testing import LocalServer

LISTS = {
    "list_provisioned_concurrency_configs": "ProvisionedConcurrencyConfigs",
}
SINGLE: dict[str, tuple[dict[str, str], str]] = {
    "get_provisioned_concurrency_config": (
        {"Qualifier": "$LATEST"},
        "ProvisionedConcurrencyConfigNotFoundException",
    ),
}


@pytest.fixture(scope="module")
def aws(server: LocalServer) -> Any:
    make_function(server, "plain", "x = 1")
    return client(server, "lambda")


@pytest.mark.parametrize(("operation", "member"), LISTS.items())
def test_a_function_has_none_of_what_is_not_there(aws: Any, operation: str, member: str) -> None:
    assert getattr(aws, operation)(FunctionName="plain")[member] == []
    with pytest.raises(ClientError, match="Function not found: "):
        getattr(aws, operation)(FunctionName="nobody")


@pytest.mark.parametrize("operation", SINGLE)
def test_one_of_what_is_not_there_is_not_found(aws: Any, operation: str) -> None:
    parameters, code = SINGLE[operation]
    for name, expected in (("plain", code), ("nobody", "ResourceNotFoundException")):
        with pytest.raises(ClientError) as raised:
            getattr(aws, operation)(FunctionName=name, **parameters)
        assert raised.value.response["Error"]["Code"] == expected
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_an_account_has_no_code_signing(aws: Any) -> None:
    assert aws.list_code_signing_configs()["CodeSigningConfigs"] == []
