"""Short-lived credentials of a function's role."""

from typing import Any

from penstock.access import Principal
from penstock.services.service import Parts

SERVICE = "lambda.amazonaws.com"


async def assume_role(parts: Parts, account: str, region: str, name: str, role: str) -> dict[str, Any]:
    """Returns STS's Credentials, asked by Lambda for the function ``name``; AwsError when it may not have them."""
    result = await parts.call(
        "sts",
        "AssumeRole",
        {"RoleArn": role, "RoleSessionName": session_name(name)},
        principal=Principal.of_service(SERVICE, account),
        account=account,
        region=region,
    )
    credentials: dict[str, Any] = result["Credentials"]
    return credentials


def session_name(function: str) -> str:
    """Returns what the function's sessions are called; STS takes no name of one letter."""
    return function if len(function) > 1 else f"{function}@lambda_function"
