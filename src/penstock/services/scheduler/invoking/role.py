"""Execution roles: whether a caller may hand one over, and whether EventBridge Scheduler may assume it.

Policies see the schedule's group as ``aws:SourceArn``.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
"""

import hashlib

from penstock.access import Principal
from penstock.arn import Arn
from penstock.identities import Identities
from penstock.server import Call
from penstock.services.scheduler.arns import GroupKey
from penstock.services.scheduler.errors import validation
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx

SERVICE = "scheduler.amazonaws.com"


async def check_role(scheduler: SchedulerState, call: Call, group: GroupKey, role: str) -> None:
    """Returns when the caller may pass the role on, and it lets EventBridge Scheduler in; AwsError."""
    try:
        account = Arn.parse(role).account
    except ValueError:
        raise validation(f"Provided role '{role}' is not in correct format.") from None
    if account != call.account:
        raise validation("Cross-account pass role is not allowed.")
    await call.authorize("iam:PassRole", role, {"iam:PassedToService": SERVICE})
    if await scheduler.store.read(role_principal, scheduler.identities, group, role) is None:
        raise validation(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        )


def role_principal(tx: ReadTx, identities: Identities, group: GroupKey, role: str) -> Principal | None:
    """Returns whom the role makes of EventBridge Scheduler now; None when it may not assume it."""
    session = hashlib.sha256(group.arn.encode()).hexdigest()[:32]
    return identities.keeper.role_principal(tx, role, service=SERVICE, session=session, source=group.arn)
