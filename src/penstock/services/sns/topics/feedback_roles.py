"""Whether a caller may hand the roles to SNS as which a topic's delivery status is written.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Mapping

from penstock.arn import Arn
from penstock.server import Call
from penstock.services.sns.arns import SERVICE
from penstock.services.sns.errors import invalid_parameter
from penstock.services.sns.topics.attributes import is_role

_ROLES = "FeedbackRoleArn"


async def check_feedback_roles(call: Call, account: str, attributes: Mapping[str, str]) -> None:
    """Returns when the caller may pass every role among a topic's ``attributes`` on; AwsError.

    They must be of ``account``, the topic's. What is no role is refused with the other attributes.
    """
    roles = {value: None for name, value in attributes.items() if name.endswith(_ROLES) and is_role(value)}
    for role in roles:
        if Arn.parse(role).account != account:
            raise invalid_parameter("Cross-account pass role is not allowed.")
        await call.authorize("iam:PassRole", role, {"iam:PassedToService": SERVICE})
