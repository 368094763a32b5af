"""KMS's keys, as the tests of the services use them that encrypt with them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from tests.kit.policies import ACCOUNT, document

ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def allow(who: str, *actions: str, **condition: Any) -> dict[str, Any]:
    """Returns a statement of a key's policy that lets a role (by its name) or an ARN use the key."""
    arn = who if ":" in who else f"arn:aws:iam::{ACCOUNT}:role/{who}"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def allow_service(service: str, *actions: str) -> dict[str, Any]:
    """Returns a statement of a key's policy that lets a service of AWS use the key."""
    who = {"Service": f"{service}.amazonaws.com"}
    return {"Effect": "Allow", "Principal": who, "Action": list(actions), "Resource": "*"}


def key_policy(*statements: dict[str, Any]) -> str:
    """Returns the policy of a key with which the account's root may do everything, and others what is said."""
    return document({**allow(ROOT, "kms:*"), "Condition": ROOT_ONLY}, *statements)


def make_key(server: LocalServer, *statements: dict[str, Any]) -> str:
    """Returns the ARN of a new key with that policy."""
    arn: str = server.client("kms").create_key(Policy=key_policy(*statements))["KeyMetadata"]["Arn"]
    return arn


ROOT_ONLY = {"StringEquals": {"aws:PrincipalType": "Account"}}
"""Without it, a statement for the root lets in everybody whom the account's own policies let in."""


def refused(code: str, text: str = "") -> Any:
    """Returns what expects AWS's error."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")
