"""Short-lived credentials of a function's role."""

from typing import Any

from penstock.access import Principal
from penstock.arn import arn
from penstock.services.service import Parts

SERVICE = "lambda.amazonaws.com"


async def assume_role(parts: Parts, account: str, region: str, name: str, role: str) -> dict[str, Any]:
    """Returns STS's Credentials, asked by Lambda for the function ``name``; AwsError when it may not have them."""
    function = arn("lambda", region, account, f"function:{name}")
    result = await parts.call(
        "sts",
        "AssumeRole",
        {"RoleArn": role, "RoleSessionName": name if len(name) > 1 else f"{name}_"},
        principal=Principal.of_service(SERVICE, account, function),
        account=account,
        region=region,
    )
    credentials: dict[str, Any] = result["Credentials"]
    return credentials
