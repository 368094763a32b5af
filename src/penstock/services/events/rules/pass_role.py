"""Whether a caller may hand a role to EventBridge.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from penstock.arn import Arn
from penstock.server import Call
from penstock.services.events.arns import SERVICE
from penstock.services.events.errors import validation


async def check_pass_role(call: Call, role: str) -> None:
    """Returns when the caller may pass the role on; AwsError."""
    try:
        parts = Arn.parse(role)
    except ValueError:
        parts = None
    if parts is None or parts.service != "iam" or not parts.resource.startswith("role/"):
        raise validation("Parameter RoleArn is not valid. Reason: Provided Arn is not in correct format.")
    if parts.account != call.account:
        raise validation("Cross-account pass role is not allowed.")
    await call.authorize("iam:PassRole", role, {"iam:PassedToService": SERVICE})
