"""Permissions boundaries: the managed policy that bounds what a role or user may do.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from penstock.server import Params
from penstock.services.iam import errors
from penstock.services.iam.api.authorize import checked_arn
from penstock.services.iam.entities.managed_policy import find_policy
from penstock.store import ReadTx


def checked_boundary(tx: ReadTx, account: str, arn: str) -> str:
    """Returns the ARN of a policy that may bound; AwsError ``InvalidInput``, ``NoSuchEntity``."""
    policy = find_policy(tx, checked_arn(arn))
    if policy is None or policy.account not in ("aws", account):
        raise errors.not_attachable(arn)
    return arn


def shown_boundary(arn: str | None) -> Params:
    """Returns how a role or a user shows what bounds it."""
    if arn is None:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}}
