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

    @property
    def qualified_arn(self) -> str:
        """Returns the ARN with what was asked for, if anything was."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn

    @property
    def qualified_name(self) -> str:
        """Returns the name with what was asked for, if anything was."""
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


def resolve(text: str, qualifier: str | None, *, account: str, region: str) -> FunctionName:
    """Returns the function that ``text`` names for a caller of ``account`` in ``region``.

    Whether it is there, and has such a version or alias, is not looked at.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise function_not_found(arn("lambda", region, account, f"function:{text}"))
    if found["region"] and found["region"] != region:
        raise not_found(f"Functions from '{found['region']}' are not reachable in this region ('{region}')")
    if qualifier and found["qualifier"] and qualifier != found["qualifier"]:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    return FunctionName(
        found["account"] or account,
        region,
        found["name"],
        qualifier or found["qualifier"] or "",
    )


def named(function_arn: str) -> FunctionName | None:
    """Returns the function that a full ARN names; None when it names none that could be there."""
    try:
        _, _, service, region, account, resource = function_arn.split(":", 5)
        if service != "lambda" or not resource.startswith("function:"):
            return None
        return resolve(function_arn, None, account=account, region=region)
    except (ValueError, AwsError):
        return None
