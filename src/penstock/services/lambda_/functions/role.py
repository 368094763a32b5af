"""A function's role: whether Lambda may assume it, and what it may do then."""

from dataclasses import replace

from penstock.access import Keys, Principal
from penstock.arn import Arn
from penstock.delivery import Source
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.server import Call
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.credentials import SERVICE, assume_role, session_name
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.names import FunctionName
from penstock.services.service import Parts
from penstock.store import ReadTx

_SENDING = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "events": "events:PutEvents"}


async def check_role(parts: Parts, call: Call, role: str, name: FunctionName) -> Principal:
    """Returns whom the role makes of a function; AwsError when it may not be passed on, or Lambda not assume it.

    It must be of the function's account, which another account's caller may be allowed to configure.
    """
    if Arn.parse(role).account != name.account:
        raise invalid("Cross-account pass role is not allowed.")
    asked: Keys = {"iam:PassedToService": SERVICE, "iam:AssociatedResourceArn": name.arn}
    await call.authorize("iam:PassRole", role, asked)
    try:
        return await role_principal(parts, name.account, name.region, name.name, role)
    except AwsError:
        raise invalid("The role defined for the function cannot be assumed by Lambda.") from None


async def role_principal(parts: Parts, account: str, region: str, name: str, role: str) -> Principal:
    """Returns whom the role makes of the function ``name``; AwsError when Lambda may not assume it."""
    credentials = await assume_role(parts, account, region, name, role)
    principal = await parts.call.identify(credentials["AccessKeyId"], credentials["SessionToken"])
    return replace(principal, session_keys=())  # only its code's own calls carry the function's ARN


async def check_may(call: Call, principal: Principal, action: str, arn: str) -> None:
    """Raises AwsError when ``principal`` may not do ``action`` (``sqs:SendMessage``) on the ARN."""
    try:
        await replace(call, principal=principal).authorize(action, arn)
    except AwsError:
        service, _, operation = action.partition(":")
        raise invalid(
            f"The provided execution role does not have permissions to call {operation} on {service.upper()}"
        ) from None


async def check_may_send(call: Call, principal: Principal, arn: str) -> None:
    """Raises AwsError when ``principal`` may not send to the queue, topic or event bus ``arn``."""
    await check_may(call, principal, _SENDING[Arn.parse(arn).service], arn)


def role_source(tx: ReadTx, identities: Identities, function: Function) -> Source | None:
    """Returns Lambda sending for the function in its role; None when Lambda may not assume that now."""
    session = session_name(function.name)
    principal = identities.keeper.role_principal(
        tx, function.role, service=SERVICE, session=session, source=function.arn
    )
    return Source.of_role(SERVICE, principal, function.arn) if principal else None
