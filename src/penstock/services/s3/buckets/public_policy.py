"""When a bucket policy is public.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
("The meaning of 'public'")
"""

import ipaddress
from typing import Any

import orjson

_OPERATORS = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
)
_FIXING_KEYS = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
# Wider networks are taken for the whole internet.
_LEAST_BITS = {4: 8, 6: 32}


def is_public(document: str) -> bool:
    """Returns whether some statement of the well-formed policy lets in whoever comes."""
    statements = orjson.loads(document)["Statement"]
    return any(_opens(s) for s in (statements if isinstance(statements, list) else [statements]))


def _opens(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    principal = statement.get("Principal")
    everybody = principal in (None, "*") or (
        isinstance(principal, dict) and "*" in _list(principal.get("AWS"))
    )
    return everybody and not any(
        _fixes(operator, key, _list(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _fixes(operator: str, key: str, values: list[str]) -> bool:
    """Returns whether the condition narrows the callers down to a fixed set."""
    key = key.lower()
    name = operator.lower().removeprefix("foranyvalue:")
    if name not in _OPERATORS or key not in _FIXING_KEYS or not values:
        return False
    if key == "aws:sourceip":
        return all(_is_narrow(value) for value in values)
    if key == "s3:dataaccesspointarn":  # a wildcard for the access point, not for its account
        return all(not set("*?$") & set(":".join(value.split(":")[:5])) for value in values)
    return all(not set("*?$") & set(value) for value in values)


def _is_narrow(cidr: str) -> bool:
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= _LEAST_BITS[network.version]


def _list(values: object) -> list[str]:
    if values is None:
        return []
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]
