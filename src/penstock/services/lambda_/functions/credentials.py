"""Short-lived credentials of a function's role.

Those that a function's environment has carry the function's ARN.
Source: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
"""

from dataclasses import replace
from typing import Any

from penstock.access import Principal
from penstock.arn import arn
from penstock.services.service import Parts

SERVICE = "lambda.amazonaws.com"
_SOURCE_KEY = "lambda:SourceFunctionArn"


async def assume_role(parts: Parts, account: str, region: str, name: str, role: str) -> dict[str, Any]:
    """Returns STS's Credentials, asked by Lambda for the function ``name``; AwsError when it may not have them."""
    function = arn("lambda", region, account, f"function:{name}")
    service = Principal.of_service(SERVICE, account, function)
    result = await parts.call(
        "sts",
        "AssumeRole",
        {"RoleArn": role, "RoleSessionName": session_name(name)},
        principal=replace(service, session_keys=((_SOURCE_KEY, function),)),
        account=account,
        region=region,
    )
    credentials: dict[str, Any] = result["Credentials"]
    return credentials


def session_name(function: str) -> str:
    """Returns what the function's sessions are called; STS takes no name of one letter."""
    return function if len(function) > 1 else f"{function}@lambda_function"
