"""The three ways to name a function: its name, its partial ARN and its ARN, each with or without a qualifier."""

import re
from dataclasses import dataclass

from penstock.arn import arn
from penstock.errors import AwsError
from penstock.services.lambda_.errors import function_not_found, invalid, not_found

LATEST = "$LATEST"

_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]+(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function's name, resolved: whose, where, and which version was asked for ("" when none was)."""

    account: str
    region: str
    name: str
    qualifier: str

    @property
    def arn(self) -> str:
        """Returns the unqualified ARN."""
        return arn("lambda", self.region, self.account, f"function:{self.name}")


def resolve(text: str, qualifier: str | None, *, account: str, region: str) -> FunctionName:
    """Returns the function that ``text`` names for a caller of ``account`` in ``region``.

    Only ``$LATEST`` is there: any other version or alias is answered as one that does not exist.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise function_not_found(arn("lambda", region, account, f"function:{text}"))
    if found["region"] and found["region"] != region:
        raise not_found(f"Functions from '{found['region']}' are not reachable in this region ('{region}')")
    if qualifier and found["qualifier"] and qualifier != found["qualifier"]:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    name = FunctionName(
        found["account"] or account,
        region,
        found["name"],
        qualifier or found["qualifier"] or "",
    )
    if name.qualifier not in ("", LATEST):
        raise function_not_found(f"{name.arn}:{name.qualifier}")
    return name


def named(function_arn: str) -> FunctionName | None:
    """Returns the function that a full ARN names; None when it names none that could be there."""
    try:
        _, _, service, region, account, _ = function_arn.split(":", 5)
        return resolve(function_arn, None, account=account, region=region) if service == "lambda" else None
    except (ValueError, AwsError):
        return None
