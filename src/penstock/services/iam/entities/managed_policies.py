"""The AWS managed policies that this server knows, as AWS publishes them; the documents lie in ``aws_policies.json``.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

_FILE = Path(__file__).with_name("aws_policies.json")


class AwsPolicy(NamedTuple):
    """One policy; ``version`` is the number of its default version, which is of ``version_ms``."""

    name: str
    path: str
    description: str | None
    version: int
    version_ms: int
    statements: tuple[dict[str, Any], ...]

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::aws:policy/…``."""
        return f"arn:aws:iam::aws:policy{self.path}{self.name}"


@cache
def aws_policies() -> dict[str, AwsPolicy]:
    """Returns all of them by ARN; they are read when somebody first asks for one."""
    policies = [_policy(entry) for entry in orjson.loads(_FILE.read_bytes())]
    return {policy.arn: policy for policy in policies}


def _policy(entry: dict[str, Any]) -> AwsPolicy:
    version_ms = int(datetime.fromisoformat(entry["date"]).timestamp() * 1000)
    return AwsPolicy(
        entry["name"],
        entry["path"],
        entry.get("description"),
        entry["version"],
        version_ms,
        tuple(entry["statements"]),
    )
